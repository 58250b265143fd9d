import ArgumentParser
import Artifacts
import ClassifierHead
import Cutover
import Foundation
import HardenedModel
import ImageDecoding
import Kafka
import PipelineMessages
import Threads

/// `hashiflex replay`.
struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Compute a prediction again from its source bytes and compare it with the record.",
        discussion: """
            Runs the slow reference and the fast executor over the image, with the head that the markers give its \
            offset, or the one that is frozen into --model. Prints MATCH, or what differs first. Exit code 0 only for MATCH.
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var model: ModelOptions
    @Argument(help: "TOPIC/PARTITION@OFFSET#INDEX, as in the record.") var address: String
    @Flag(help: "Print the outcome as JSON.") var json = false

    struct Outcome: Codable {
        var address: String
        var match: Bool
        var differs: String?
        var head: String?
        var top: String?
    }

    func run() throws {
        try runCommand {
            guard let address = ImageAddress(address) else {
                throw CommandError(
                    ExitCode(64), "an address is TOPIC/PARTITION@OFFSET#INDEX, not '\(self.address)'")
            }
            let link = try connection.connect(as: "replay", \.predictions, \.control)
            let partitions = try link.topic(address.topic).partitions.count
            guard address.partition < partitions else {
                throw CommandError(
                    Exit.badInput,
                    "topic \(address.topic) has \(partitions) partitions, from 0: there is no \(address.partition)"
                )
            }
            let hardened = try model.load()
            let shard = try readShard(address, link)
            guard shard.images.indices.contains(address.index) else {
                throw CommandError(
                    Exit.badInput, "the shard has \(shard.images.count) images, there is no #\(address.index)"
                )
            }
            let record = try readRecord(address, link)
            let view = try ControlView(link)
            var patience = CutoverPatience("replay")
            try patience.wait(view)
            if let open = view.log.undecided(record) {
                throw CommandError(
                    Exit.late,
                    "\(address) was scored by cut-over \(open.request) to \(open.label), which is not committed: where it "
                        + "begins is not known yet; try again once head list shows it")
            }
            let outcome = try compare(record, shard, address, hardened, view)
            if json {
                Terminal.printJSON(outcome)
            } else if outcome.match {
                Terminal.print(
                    Terminal.oneLine(
                        "MATCH \(address): \(outcome.top ?? "error record") by \(outcome.head ?? "no head")"))
            } else {
                Terminal.print(Terminal.oneLine("DIFFERS \(address): \(outcome.differs ?? "")"))
            }
            guard outcome.match else { throw Exit.mismatch }
        }
    }

    private func compare(
        _ record: Prediction, _ shard: ImageShard, _ address: ImageAddress, _ hardened: HardenedModel,
        _ view: ControlView
    ) throws -> Outcome {
        var outcome = Outcome(address: address.description, match: false, head: record.headName?.description)
        guard record.backbone == hardened.digest else {
            outcome.differs =
                "the record's backbone is \(record.backbone), this one is \(hardened.digest); pass --model"
            return outcome
        }
        var replay = PredictionReplay(model: hardened, view: view)
        replay.topK = max(1, record.top.count)
        let recomputed: PredictionReplay.Result
        do {
            recomputed = try replay.predict(shard, address: address)
        } catch let unfit as UnfitHead {
            outcome.differs = unfit.text
            return outcome
        }
        if let differs = recomputed.selfDifference {
            outcome.differs = differs
        } else if recomputed.prediction.json != record.json {
            outcome.differs = Self.firstDifference(record, recomputed.prediction)
        } else {
            outcome.match = true
        }
        outcome.top = record.top.first.map { "\($0.name) (logit \($0.logit))" }
        return outcome
    }

    private static func firstDifference(_ record: Prediction, _ replay: Prediction) -> String {
        if record.head != replay.head || record.cutover != replay.cutover {
            return "head: the record has \(record.headName?.description ?? "none"), the markers give "
                + (replay.headName?.description ?? "none")
        }
        if record.top != replay.top {
            return "logits: the record has \(record.top.map(\.logit)), the replay \(replay.top.map(\.logit))"
        }
        if record.logitsDigest != replay.logitsDigest { return "logits digest of the shard" }
        if record.error != replay.error {
            return "error: the record has \(record.error ?? "none"), the replay \(replay.error ?? "none")"
        }
        return "a descriptive field (id, stream, sequence, label or time)"
    }

    private func readShard(_ address: ImageAddress, _ link: Connection) throws -> ImageShard {
        let message = try readOne(
            TopicPartition(topic: address.topic, partition: address.partition), at: address.offset, link)
        guard let message, message.offset == address.offset else {
            throw CommandError(
                Exit.badInput,
                "\(address.topic)/\(address.partition)@\(address.offset) is no longer (or not yet) in the topic"
            )
        }
        return try message.withPayload { payload in
            do {
                return try ShardCodec.decode(payload)
            } catch {
                throw CommandError(Exit.badInput, "\(error)")
            }
        }
    }

    private func readOne(_ tp: TopicPartition, at offset: Int64, _ link: Connection) throws -> KafkaMessage? {
        let reading = try TopicReading(
            link, tp.topic, [tp.partition], from: .offset(offset),
            ConsumerOptions(offsetReset: .error, reportsPartitionEnd: true))
        while true {
            switch try reading.next(timeoutMs: 200) {
            case .message(let message): return message
            case .partitionEnd: return nil
            case .error(let error):
                if error.code == KafkaError.Code.noOffsetToResetTo { return nil }
                if error.isFatal { throw error }
            case .assigned, .revoked, nil: break
            }
        }
    }

    /// The record lies in the predictions partition of the same number; it is searched from the start.
    private func readRecord(_ address: ImageAddress, _ link: Connection) throws -> Prediction {
        let partitions = try link.topic(link.topics.predictions).partitions.count
        guard address.partition < partitions else {
            throw CommandError(
                Exit.badInput,
                "\(link.topics.predictions) has \(partitions) partitions, from 0: there is no \(address.partition)"
            )
        }
        let reader = try PredictionReader(link, only: address.partition)
        // Once is enough: on a fleet that goes on publishing, all partitions need never be at their end at once.
        while !reader.hasSeenEnd {
            if case .record(let prediction, _) = try reader.next(timeoutMs: 500),
                prediction.address == address
            {
                return prediction
            }
        }
        reader.sayHeldBack()
        throw CommandError(
            Exit.badInput, "there is no prediction for \(address) in \(link.topics.predictions)")
    }
}
