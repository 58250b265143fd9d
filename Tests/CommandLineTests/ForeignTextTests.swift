import Artifacts
import Foundation
import PipelineMessages
import RecordFuzzing
import Testing

/// Names, reasons and images' ids that anyone may choose, as commands print them.
@Suite struct ForeignTextTests {
    /// Hidden characters, and a line end of its own.
    private let awkward = "a\u{200D}b\u{AD}c\u{202E}d\u{E0001}e\u{2028}f"

    private struct Named: Decodable {
        let id: String?
        let worker: String?
        let request: String?
    }

    private func parsed(_ outcome: Program.Outcome) throws -> [Named] {
        let isRaw = outcome.output.unicodeScalars.contains {
            $0.properties.generalCategory == .format || $0.value == 0x2028
        }
        #expect(!isRaw, "\(outcome.output.debugDescription)")
        // Whoever reads it splits at line ends and parses each line.
        return try outcome.output.split(separator: "\n").map {
            try JSONDecoder().decode(Named.self, from: Data($0.utf8))
        }
    }

    @Test func jsonOfForeignTextIsReadBackAsItWas() throws {
        let deployment = try Deployment(workers: 0)
        let specimen = try #require(Specimen.of("prediction").first { $0.name == "prediction, full" })
        var prediction = try Prediction(json: specimen.bytes)
        prediction.id = awkward
        let json = prediction.json
        let spaced = Array(String(decoding: json, as: UTF8.self).replacing(",", with: ",\n").utf8)
        let wide = String(decoding: json, as: UTF8.self).utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
        // As it is written here, on many lines behind a byte-order mark, and in UTF-16.
        for bytes in [json, [0xEF, 0xBB, 0xBF] + spaced, wide] {
            try deployment.produce(topic: "hashiflex.predictions", key: "anyone", bytes)
        }
        let printed = try parsed(deployment.succeed("predictions"))
        #expect(printed.map(\.id) == [awkward, awkward, awkward])

        var heartbeat = WorkerStatus(
            worker: awkward, incarnation: "i", host: "h", pid: 1,
            startedAtMs: Int64(Date().timeIntervalSince1970 * 1_000), backbone: ContentDigest(of: [1]),
            isa: "scalar", replicas: 1)
        heartbeat.state = .running
        try deployment.produce(
            topic: "hashiflex.status", key: "worker/anyone", JSONRecord.encode(heartbeat))
        let workers = try parsed(deployment.succeed("fleet", "status", "--json"))
        #expect(workers.contains { $0.worker == awkward })

        let label = try #require(HeadLabel("evil@v1"))
        let request = CutoverRecord(
            request: awkward, slot: .standard, head: ContentDigest(of: [2]), label: label, deadlineMs: 1,
            requestedAtMs: 1)
        try deployment.produce(
            topic: "hashiflex.control", key: "cutover/\(awkward)", JSONRecord.encode(request))
        let cutovers = try parsed(deployment.succeed("head", "status", "--json"))
        #expect(cutovers.contains { $0.request == awkward })
    }

    @Test func aRowOfCommaSeparatedValuesIsALineOfBoundedLength() throws {
        let deployment = try Deployment(workers: 0)
        let specimen = try #require(Specimen.of("prediction").first { $0.name == "prediction, full" })
        var prediction = try Prediction(json: specimen.bytes)
        prediction.id = "two\nlines" + String(repeating: "x", count: 100_000)
        try deployment.produce(topic: "hashiflex.predictions", key: "anyone", prediction.json)
        let printed = try deployment.succeed("predictions", "--format", "csv")
        #expect(printed.lines.count == 2 && printed.output.utf8.count < 4_000)
        #expect(printed.output.contains(#"two\nlinesxxx"#) && printed.output.contains("xxx..."))
    }

    /// Quotation marks are doubled: what is cut must be cut before, or a row swallows those that follow.
    @Test func rowsOfForeignTextEndWhereTheyEnd() throws {
        let deployment = try Deployment(workers: 0)
        let specimen = try #require(Specimen.of("prediction").first { $0.name == "prediction, full" })
        var prediction = try Prediction(json: specimen.bytes)
        // What is escaped grows sixfold.
        let bell = String(repeating: "\u{07}", count: RecordBounds.name.upperBound)
        for text in [String(repeating: "\"", count: RecordBounds.name.upperBound), bell] {
            (prediction.id, prediction.stream) = (text, text)
            prediction.error = "," + text
            prediction.top = [Prediction.Candidate(index: 0, name: text, logit: 1)]
            try deployment.produce(topic: "hashiflex.predictions", key: "anyone", prediction.json)
        }
        let rows = try deployment.succeed("predictions", "--format", "csv").lines
        #expect(rows.count == 3)
        for row in rows { #expect(row.filter { $0 == "\"" }.count.isMultiple(of: 2), "\(row)") }
    }
}
