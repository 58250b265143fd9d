/// A shard that was handed to the client library and is not answered.
package struct UnansweredShard: Sendable {
    /// Where it goes.
    let partition: Int32
    /// Its stream, which is the record's key.
    let stream: String
    /// The record's value.
    let bytes: [UInt8]

    /// A shard for `partition`.
    package init(partition: Int32, stream: String, bytes: [UInt8]) {
        self.partition = partition
        self.stream = stream
        self.bytes = bytes
    }
}
