import ArgumentParser
import Artifacts
import Cutover
import Foundation
import Kafka
import PipelineMessages
import Threads

/// `hashiflex audit`.
struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Check every prediction against the cut-over rule, reading nothing but the topics.",
        discussion: """
            Fails if an image was predicted twice with different bytes, if a record carries another head than its \
            offset demands (than its backbone holds, where the head is frozen), or, with --images, if their number is another. \
            With --shards also if a shard was left out: below others that have predictions, with neither a prediction nor \
            a dead letter, and not passed over by a move on the record, or if a prediction names a partition that the \
            topic has not. \
            Refuses (65) a published head that states another preprocessing than its backbone; with --shards also \
            tensors that were predicted by a backbone of another preprocessing. Remembers about 16 bytes an image \
            and 48 a shard.
            """)

    @OptionGroup var connection: ConnectionOptions
    @Option(help: "How many distinct images there must be.") var images: Int?
    @Flag(help: "Read the shards as well: look for some left out, and compare the preprocessing of tensors.")
    var shards = false
    @Flag(help: "Print the findings as JSON.") var json = false

    /// How many predictions of partitions that are not there are named.
    private static let strangeMax = 4

    func validate() throws { try requireRange("--images", images, in: OptionRange.count) }

    func run() throws {
        try runCommand {
            let link = try connection.connect(as: "audit", \.predictions, \.control)
            if shards { try link.require([link.topics.shards, link.topics.receipts]) }
            try requirePlaces(link)
            // What was read of the predictions is let go of before the shards are read.
            var (findings, predicted) = try readPredictions(link)
            if shards { try findUnscored(predicted, &findings, link) }
            report(findings)
            try checkPreprocessing(predicted, link)
            guard findings.isSound else { throw Exit.mismatch }
            guard findings.undecided == 0 else {
                throw CommandError(
                    Exit.late,
                    "\(Format.count(findings.undecided)) predictions are of cut-overs that are not committed: audit again once "
                        + "head list shows them")
            }
        }
    }

    private func readPredictions(
        _ link: Connection
    ) throws -> (findings: StampAudit.Findings, predicted: PredictedShards) {
        let reader = try PredictionReader(link)
        var records = PendingPredictions()
        var unreadable = 0
        // Of a partition that is not there, no end would ever be read.
        var strange: [String] = []
        let lines = LineLimiter(linesPerPeriod: 20) { Terminal.complain(Terminal.oneLine($0)) }
        defer { lines.settle() }
        var audit: StampAudit?
        var patience = CutoverPatience("audit")
        var view: ControlView?
        var predicted = try PredictedShards(partitions: shards ? link.partitions : 0)
        // Once is enough: a fleet that publishes faster than this reads would never let it end.
        while !reader.hasSeenEnd {
            switch try reader.next(timeoutMs: 500) {
            case .record(let prediction, let bytes):
                records.add(prediction, bytes)
                let address = prediction.address
                if shards, address.topic == link.topics.shards {
                    let isThere = predicted.learn(
                        partition: address.partition, offset: address.offset, backbone: prediction.backbone)
                    if !isThere, strange.count < Self.strangeMax { strange.append("\(address)") }
                }
            case .unreadable(let problem):
                unreadable += 1
                lines.say(problem, kind: "unreadable")
            case .idle: break
            }
            if records.isFull { try drain(&records, &audit, &view, &patience, link) }
        }
        reader.sayHeldBack()
        try drain(&records, &audit, &view, &patience, link)
        var findings = audit?.findings ?? StampAudit(activations: ActivationLog()).findings
        findings.unreadable = unreadable
        findings.imagesWanted = images
        findings.unknownPlaces = shards ? predicted.unknownPlaces : nil
        for place in strange where findings.examples.count < 10 {
            findings.examples.append("\(place): a prediction, but the topic has no such partition")
        }
        return (findings, predicted)
    }

    /// Refuses topics in which some shards can have no prediction; who may not see the shards can not know.
    private func requirePlaces(_ link: Connection) throws {
        guard link.isVisible(link.topics.shards) else { return }
        let (shards, predictions) = (
            try link.partitions, try link.topic(link.topics.predictions).partitions.count
        )
        guard predictions < shards else { return }
        throw CommandError(
            Exit.mismatch,
            "topic \(link.topics.predictions) has \(predictions) partitions, \(link.topics.shards) has \(shards): shards of "
                + "partitions \(predictions) to \(shards - 1) can have no prediction; add partitions to "
                + "\(link.topics.predictions)")
    }

    private func findUnscored(
        _ predicted: PredictedShards, _ findings: inout StampAudit.Findings, _ link: Connection
    ) throws {
        let unscored = try UnscoredShards(predicted, moves: try ControlView(link).moves.map(\.move), link)
        findings.unscoredShards = unscored.count
        for place in unscored.examples where findings.examples.count < 10 {
            findings.examples.append(
                "\(link.topics.shards)/\(place.partition)@\(place.offset): neither a prediction nor a dead letter"
            )
        }
    }

    private func checkPreprocessing(
        _ predicted: PredictedShards, _ link: Connection
    ) throws {
        let audit = try PreprocessingAudit(link)
        guard audit.isStated else {
            return Terminal.note("no worker has stated its preprocessing; heads and shards were not compared")
        }
        var found = FoundMismatches()
        try audit.findHeads(link, &found)
        if shards {
            let compared = try audit.find(shards: predicted, link, &found)
            Terminal.note("compared the preprocessing of \(Format.count(compared)) shards of tensors")
        }
        guard found.count > 0 else { return }
        for line in found.lines { Terminal.complain(Terminal.oneLine(line)) }
        throw Exit.badInput
    }

    private func drain(
        _ records: inout PendingPredictions, _ audit: inout StampAudit?, _ known: inout ControlView?,
        _ patience: inout CutoverPatience, _ link: Connection
    ) throws {
        // Read on after the predictions: every cut-over that they can carry is in it.
        let view = try known ?? ControlView(link)
        if known != nil { try view.readOn() }
        known = view
        try patience.wait(view)
        let log = view.log
        if audit == nil {
            let (frozen, open) = try backbones(link)
            audit = StampAudit(activations: log, frozenHeads: frozen, openBackbones: open)
        } else {
            audit?.update(log)
        }
        for (prediction, bytes) in records.records { audit?.take(prediction, bytes: bytes) }
        records = PendingPredictions()
    }

    /// The heads that backbones hold frozen, and the backbones that hold none, as far as heartbeats say; else their records say it.
    private func backbones(
        _ link: Connection
    ) throws -> (frozen: [ContentDigest: ContentDigest], open: Set<ContentDigest>) {
        var (frozen, open): ([ContentDigest: ContentDigest], Set<ContentDigest>) = ([:], [])
        for worker in try FleetSnapshot.readIfAllowed(link).workers.values {
            if let head = worker.frozenHead {
                frozen[worker.backbone] = head.head
            } else {
                open.insert(worker.backbone)
            }
        }
        return (frozen, open)
    }

    private func report(_ findings: StampAudit.Findings) {
        if json { return Terminal.printJSON(findings) }
        Terminal.print("images            \(Format.count(findings.images))")
        if let wanted = findings.imagesWanted { Terminal.print("  wanted          \(Format.count(wanted))") }
        Terminal.print("  with an error   \(Format.count(findings.errors))")
        Terminal.print("repeated, same    \(Format.count(findings.identicalDuplicates))")
        Terminal.print("repeated, differ  \(Format.count(findings.differingDuplicates))")
        if findings.frozen > 0 { Terminal.print("frozen head       \(Format.count(findings.frozen))") }
        if findings.undeclaredFrozen > 0 {
            Terminal.print(
                "  undeclared      \(Format.count(findings.undeclaredFrozen))  (of backbones that no heartbeat names)"
            )
        }
        if findings.undecided > 0 { Terminal.print("undecided         \(Format.count(findings.undecided))") }
        Terminal.print("wrong head        \(Format.count(findings.wrongHeads))")
        Terminal.print("unreadable        \(Format.count(findings.unreadable))")
        if let unscored = findings.unscoredShards {
            Terminal.print("shards left out   \(Format.count(unscored))")
        }
        if let unknown = findings.unknownPlaces {
            Terminal.print("no such partition \(Format.count(unknown))")
        }
        for example in findings.examples { Terminal.print("  \(Terminal.oneLine(example))") }
    }
}
