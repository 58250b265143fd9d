/// Messages for one partition, one after the other in one buffer.
///
/// One call hands all of them to the library, and one buffer serves batch after batch. The batch knows which of
/// its messages were queued already, so ``KafkaProducer/produce(topic:partition:batch:tag:)`` may be repeated.
public struct MessageBatch: Sendable {
    /// Where a message ends: its key begins at the previous message's end, its value at `key`.
    struct Ends {
        let key: Int
        let value: Int
    }

    private(set) var bytes: [UInt8] = []
    private(set) var ends: [Ends] = []
    /// Numbers of the messages that are not queued yet, in order.
    var unqueued: [Int] = []

    /// An empty batch.
    public init() {}

    /// Number of messages.
    public var count: Int { ends.count }

    /// Bytes of all keys and values.
    public var byteCount: Int { bytes.count }

    /// Whether all messages are queued.
    public var isQueued: Bool { unqueued.isEmpty }

    /// Adds a message; both closures append to the buffer and must not touch what is in it.
    public mutating func append(key: (inout [UInt8]) -> Void, value: (inout [UInt8]) -> Void) {
        let start = bytes.count
        key(&bytes)
        let keyEnd = bytes.count
        value(&bytes)
        precondition(keyEnd >= start && bytes.count >= keyEnd, "a message is appended, nothing is removed")
        unqueued.append(ends.count)
        ends.append(Ends(key: keyEnd, value: bytes.count))
    }

    /// Forgets the messages and keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        unqueued.removeAll(keepingCapacity: true)
    }
}
