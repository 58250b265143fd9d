import ClassifierHead
import Cutover
import Foundation
import Kafka
import PipelineMessages

/// The demo's summary: what went in, what came out, and what does not agree.
struct DemoReport: Codable {
    struct HeadResult: Codable {
        let head: String
        let images: Int
        let correct: Int
        let accuracy: String
    }

    struct WorkerResult: Codable {
        let worker: String
        let images: Int64
        let imagesPerSecond: Double
    }

    struct PartitionHead: Codable {
        let partition: Int32
        let head: String
        let from: Int64
    }

    let backbone: String
    let ingested: Int64
    let findings: StampAudit.Findings
    let heads: [HeadResult]
    let workers: [WorkerResult]
    let imagesPerSecond: Double
    let partitions: [PartitionHead]
    let ledgerImages: Int64
    let committedImages: Int64
    let failures: [String]

    init(
        link: Connection, wanted: Int64, ingested: Int64, records: [(prediction: Prediction, bytes: [UInt8])],
        unreadable: Int, seconds: Double, backbone: String, classNames: [String]
    ) throws {
        let log = try ControlView(link).log
        var audit = StampAudit(activations: log)
        var tallies: [HeadLabel: (images: Int, correct: Int)] = [:]
        for (prediction, bytes) in records {
            guard audit.take(prediction, bytes: bytes), let label = prediction.headName else { continue }
            let old = tallies[label] ?? (0, 0)
            // By name: the heads number their classes differently, the stream's labels count all ten.
            let truth = prediction.label.flatMap { classNames.indices.contains($0) ? classNames[$0] : nil }
            let isCorrect = truth != nil && prediction.top.first?.name == truth
            tallies[label] = (old.images + 1, old.correct + (isCorrect ? 1 : 0))
        }
        let snapshot = try FleetSnapshot.read(link)
        let coordinator = snapshot.coordinator
        let committed = try CommittedProgress.read(link).values.map(\.images).saturatingSum
        let elapsed = max(0.001, seconds)
        self.backbone = backbone
        self.ingested = ingested
        var found = audit.findings
        found.unreadable = unreadable
        findings = found
        heads = tallies.sorted { $0.key.description < $1.key.description }.map { label, tally in
            HeadResult(
                head: label.description, images: tally.images, correct: tally.correct,
                accuracy: Accuracy(correct: tally.correct, total: tally.images).description)
        }
        workers = (coordinator?.ledger ?? []).map {
            WorkerResult(worker: $0.worker, images: $0.images, imagesPerSecond: Double($0.images) / elapsed)
        }
        imagesPerSecond = Double(audit.findings.images) / elapsed
        partitions = (0..<Int32(try link.partitions)).compactMap { partition in
            log.inForce(partition: partition, below: .max).first { $0.slot == .standard }.map {
                PartitionHead(partition: partition, head: $0.label.description, from: $0.marker)
            }
        }
        ledgerImages = coordinator?.imagesCommitted ?? 0
        committedImages = committed
        failures = Self.failures(
            wanted: wanted, ingested: ingested, findings: audit.findings, unreadable: unreadable,
            heads: heads,
            ledger: coordinator, committed: committed)
    }

    private static func failures(
        wanted: Int64, ingested: Int64, findings: StampAudit.Findings, unreadable: Int, heads: [HeadResult],
        ledger: CoordinatorStatus?, committed: Int64
    ) -> [String] {
        var failures: [String] = []
        if ingested != wanted { failures.append("only \(ingested) of \(wanted) images went in") }
        let difference = ingested - Int64(findings.images)
        if difference > 0 { failures.append("\(difference) images were lost") }
        if difference < 0 { failures.append("\(-difference) images more came out than went in") }
        if findings.differingDuplicates > 0 {
            failures.append("\(findings.differingDuplicates) repeated records differ")
        }
        if findings.identicalDuplicates > 0 {
            failures.append("\(findings.identicalDuplicates) records are doubled though nothing was killed")
        }
        if findings.wrongHeads > 0 {
            failures.append("\(findings.wrongHeads) stamps disagree with the cut-over")
        }
        if findings.errors > 0 { failures.append("\(findings.errors) images could not be read") }
        if unreadable > 0 { failures.append("\(unreadable) records are no predictions") }
        if heads.count < 2 { failures.append("the second head never came into force") }
        if ledger?.imagesCommitted != ingested {
            failures.append("the ledger counted \(ledger?.imagesCommitted ?? 0) images, \(ingested) went in")
        }
        if committed != ingested { failures.append("\(committed) images are committed, \(ingested) went in") }
        return failures + (ledger?.alarms ?? []).map { "ledger alarm: \($0)" } + findings.examples
    }

    /// The summary for people.
    var lines: [String] {
        var lines = [
            "", "images in         \(Format.count(ingested))",
            "images out        \(Format.count(findings.images))  (distinct, read back from the topic)",
            "repeated records  \(Format.count(findings.identicalDuplicates + findings.differingDuplicates))",
            "wrong heads       \(Format.count(findings.wrongHeads))  (every stamp checked against the markers)",
            "ledger            \(Format.count(ledgerImages)) images, sum over workers; committed "
                + Format.count(committedImages),
        ]
        lines.append("accuracy on Fashion-MNIST test images, integer engine, labels of all ten classes:")
        for head in heads {
            lines.append("  \(head.head)      \(head.accuracy), n = \(Format.count(head.images))")
        }
        lines.append("throughput (measured, predictions read back):")
        for worker in workers {
            lines.append(
                "  \(worker.worker)         \(Format.rate(worker.imagesPerSecond)) images/s, "
                    + "\(Format.count(worker.images)) images")
        }
        lines.append("  fleet           \(Format.rate(imagesPerSecond)) images/s")
        lines.append("head in force per partition, from offset:")
        for chunk in stride(from: 0, to: partitions.count, by: 4) {
            let some = partitions[chunk..<min(chunk + 4, partitions.count)]
            lines.append(
                "  " + some.map { "p\($0.partition) \($0.head) @\($0.from)" }.joined(separator: "   "))
        }
        lines.append("backbone: \(backbone)")
        lines.append(failures.isEmpty ? "PASS" : "FAIL")
        return lines + failures.map { "  \($0)" }
    }
}
