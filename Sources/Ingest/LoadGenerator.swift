internal import ImageDecoding
internal import Kafka
internal import PipelineMessages
internal import Synchronization
internal import Threads

/// Sends the same packed shards again and again, as fast as the backlog bound lets it: load for
/// measurements that costs the cores next to nothing. Image ids and sequence numbers repeat.
public final class LoadGenerator: Sendable {
    private let options: IngestOptions
    private let shards: [ShardPacker.Encoded]
    private let stop = Signal()
    private let isPaused = Atomic(false)

    /// Packs `tensors`, each `[side, side, 3]`, once.
    public init(_ options: IngestOptions, tensors: [[UInt8]]) {
        self.options = options
        var packer = ShardPacker(
            stream: "load", side: options.preparation.size, imagesMax: options.shardImages,
            recordBytesMax: options.recordBytesMax, preprocessing: options.preparation.identity)
        var shards: [ShardPacker.Encoded] = []
        for (index, tensor) in tensors.enumerated() {
            shards += packer.add(.tensor(ShardImage(id: "load/\(index)"), tensor), nowMs: 0).shards
        }
        self.shards = shards + packer.close(nowMs: 0).shards
    }

    /// Ends sending.
    public func requestStop() { stop.set() }

    /// Holds sending, or goes on.
    public func pause(_ paused: Bool) { isPaused.store(paused, ordering: .releasing) }

    /// Sends until stopped, or until `imagesMax` images. Blocks; call from a thread of its own.
    public func run(imagesMax: Int = .max) throws -> IngestSummary {
        guard !shards.isEmpty else { return IngestSummary() }
        let partitions = try KafkaAdmin(options.kafka).partitionCount(
            of: options.topics.shards, timeoutMs: 15_000)
        let conductor = try IngestConductor(
            options, partitions: partitions, stop: stop, asked: stop, say: { _ in })
        let carriers = conductor.run()
        send(through: conductor, imagesMax: imagesMax)
        conductor.finish(carriers)
        try conductor.check()
        return conductor.summary
    }

    private func send(through conductor: IngestConductor, imagesMax: Int) {
        var turn = 0
        var sent = 0
        while !stop.isSet, sent < imagesMax {
            if isPaused.load(ordering: .acquiring) {
                _ = stop.wait(milliseconds: 5)
                continue
            }
            let shard = shards[turn % shards.count]
            guard conductor.send(shard, stream: "load", number: 0, turn: turn) else { return }
            turn += 1
            sent += shard.images
        }
    }
}
