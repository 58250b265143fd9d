import Foundation
import Kafka
import Testing

/// Partitions go on where a time says; the embedded broker knows no times.
@Suite(
    .serialized,
    .enabled(if: SecuredBroker.open != nil, "HASHIFLEX_TEST_BOOTSTRAP names no real broker"))
struct PositionTimeTests {
    private struct Place: Decodable { let begin: Int64, end: Int64 }
    private struct Move: Decodable { let to: Int64 }

    /// When a record came, as its broker says, milliseconds.
    private func arrival(of offset: Int64, _ topic: String, _ bootstrap: String) throws -> Int64 {
        let reader = try KafkaConsumer(KafkaConfiguration(brokers: bootstrap), groupID: nil)
        defer { _ = reader.close() }
        try reader.assign([(TopicPartition(topic: topic, partition: 0), .offset(offset))])
        var found: Int64?
        _ = eventually(seconds: 30) {
            if case .message(let message) = reader.poll(timeoutMs: 100) { found = message.timestampMs }
            return found != nil
        }
        return try #require(found)
    }

    @Test(.timeLimit(.minutes(3))) func aTimeIsTheFirstRecordThatIsNotOlder() throws {
        let bootstrap = try #require(SecuredBroker.open)
        let prefix = "hashiflex-test-\(UUID().uuidString.prefix(8).lowercased())"
        let link = ["--brokers", bootstrap, "--topic-prefix", prefix]
        @discardableResult func succeed(_ arguments: String...) throws -> Program.Outcome {
            let outcome = try Program.run(arguments + link, seconds: 60)
            try #require(outcome.code == 0, "\(arguments): \(outcome.output)\(outcome.errors)")
            return outcome
        }
        func ingest() throws {
            try succeed(
                "ingest", "cam=\(SampleTar.path)", "--images", "40", "--shard-images", "4", "--size", "32")
        }
        func end() throws -> Int64 {
            let line = try #require(try succeed("positions", "show", "--json").lines.first)
            return try JSONDecoder().decode(Place.self, from: Data(line.utf8)).end
        }
        func target(_ time: String) throws -> Int64 {
            let moved = try succeed(
                "positions", "move", "--partition", "0", "--to", time, "--reason", "r", "--json")
            return try JSONDecoder().decode(Move.self, from: Data(moved.output.utf8)).to
        }
        try succeed("topics", "create", "--partitions", "1")
        try ingest()
        let middle = try end()
        // Further apart than what is taken off below.
        usleep(1_000_000)
        try ingest()
        let last = try end()
        try #require(middle > 0 && last > middle)

        let came = try arrival(of: middle, "\(prefix).shards", bootstrap) - 100
        #expect(try target("@\(came)") == middle)
        let seconds = Double(came) / 1_000
        let utc = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        #expect(try target(Date(timeIntervalSince1970: seconds).formatted(utc)) == middle)
        // The same moment by the clocks of Kathmandu.
        let there = Date(timeIntervalSince1970: seconds + 20_700).formatted(utc)
        #expect(try target(there.replacingOccurrences(of: "Z", with: "+05:45")) == middle)

        let early = try succeed(
            "positions", "move", "--partition", "0", "--to", "1970-01-01T00:00Z", "--reason", "r")
        #expect(early.output.contains("from offset 0 to 0: written"), "\(early.output)")
        let late = try succeed(
            "positions", "move", "--partition", "0", "--to", "2100-01-01T00:00:00Z", "--reason", "r")
        #expect(
            late.output.contains("no record is from 2100-01-01T00:00:00Z or later, it ends at offset \(last)")
        )
        #expect(late.output.contains("from offset 0 to \(last): written"), "\(late.output)")
    }
}
