import ArgumentParser
import Artifacts
import ClassifierHead
import ImageDecoding
import Kafka
import PipelineMessages
import Threads

/// Whether heads and shards state the preprocessing of the backbones that used them, as far as the topics say.
struct PreprocessingAudit {
    /// What workers have said of their backbones.
    private let backbones: [ContentDigest: StatedPreprocessing]

    /// Reads what the heartbeats say, those of stopped workers included.
    init(_ link: Connection) throws {
        var found: [ContentDigest: StatedPreprocessing] = [:]
        for worker in try FleetSnapshot.readIfAllowed(link).workers.values {
            if let text = worker.preprocessing { found[worker.backbone] = StatedPreprocessing(text) }
        }
        backbones = found
    }

    /// Whether there is anything to compare with.
    var isStated: Bool { !backbones.isEmpty }

    /// Finds published heads whose preprocessing is not that of the backbone they were fitted for; reads the control topic, and keeps
    /// no head.
    func findHeads(_ link: Connection, _ found: inout FoundMismatches) throws {
        var differing: [ContentDigest: PreprocessingMismatch] = [:]
        _ = try ControlView(link) { manifest, file in
            guard let head = try? ClassifierHead(decoding: file), let text = head.preprocessing,
                let backbone = backbones[head.backboneDigest]
            else { return }
            differing[manifest.head] = PreprocessingMismatch(
                "head \(manifest.head.short)", StatedPreprocessing(text), "its backbone", backbone,
                advice: "fit the head again on that backbone, and push it")
        }
        for (_, mismatch) in differing.sorted(by: { $0.key < $1.key }) { found.take(mismatch) }
    }

    /// Finds shards of tensors that were predicted though they state another preprocessing than the backbone; reads the
    /// whole topic, without what retention takes meanwhile.
    ///
    /// - Parameter predicted: the shards that have predictions, and the backbone that made them.
    /// - Returns: how many shards were compared.
    func find(
        shards predicted: PredictedShards, _ link: Connection, _ found: inout FoundMismatches
    ) throws -> Int {
        let count = try link.partitions
        let reading = try TopicReading(
            link, link.topics.shards, (0..<Int32(count)).map { $0 },
            TopicReading.wholeTopic(.earliest))
        var compared = 0
        var ended: Set<Int32> = []
        while ended.count < count {
            switch try reading.next(timeoutMs: 500) {
            case .message(let message):
                let (partition, offset) = (message.partition, message.offset)
                guard
                    let backbone = predicted.backbone(partition: partition, offset: offset)
                        .flatMap({ backbones[$0] })
                else { continue }
                let text = message.withPayload { try? ShardCodec.tensorPreprocessing($0) }
                guard let text = text ?? nil else { continue }
                compared += 1
                let mismatch = PreprocessingMismatch(
                    "shard \(link.topics.shards)/\(partition)@\(offset)",
                    StatedPreprocessing(text),
                    "the backbone that predicted it", backbone,
                    advice:
                        "its predictions are of other pictures than the backbone was made for: ingest again")
                found.take(mismatch)
            case .partitionEnd(let tp, _): ended.insert(tp.partition)
            case .error(let error) where error.isFatal: throw error
            default: break
            }
        }
        return compared
    }
}
