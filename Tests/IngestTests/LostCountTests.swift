import ImageDecoding
import Ingest
import Kafka
import PipelineMessages
import Synchronization
import Testing
import TestSupport
import Threads

/// A camera whose client library has lost count of what it sent: what is there is found, the rest is written again.
@Suite struct LostCountTests {
    /// A library before 2.3.0 makes the producer useless by that answer; later ones go on by themselves.
    @Test(.timeLimit(.minutes(2))) func aProducerThatLostCountIsMadeAnewAndNothingIsLostOrDoubled() throws {
        let deployment = try IngestDeployment()
        let lines = Mutex<[String]>([])
        let service = try deployment.service(
            streams: ["a", "b"], log: { line in lines.withLock { $0.append(line) } }
        ) { broker, count in
            if count == 5 {
                do {
                    try broker.pushRequestErrors(.produce, codes: [KafkaError.Code.outOfOrderSequence])
                } catch { Issue.record(error) }
            }
            return count < 20
        }
        let summary = try service.run()
        #expect(summary.images == 40 && summary.shards == 40)
        let found = try deployment.shards(40)
        #expect(found.count == 40 && Set(found).count == 40)
        let said = lines.withLock { $0 }
        let isOld = LibraryVersion.rdkafkaNumber < 0x0203_00ff
        #expect(said.contains { $0.contains("lost count of what it sent") } == isOld, "\(said)")
        #expect(said.contains { $0.contains("are written again") } == isOld, "\(said)")
    }

    /// A camera has no right to read what it wrote, unless somebody gives it.
    @Test func whyWhatWasWrittenCanNotBeLookedUpIsSaidBesideTheFault() {
        let fault = KafkaError(
            code: KafkaError.Code.outOfOrderSequence, doing: "", detail: "lost count", isFatal: true)
        let silence = KafkaError(code: KafkaError.Code.timedOut, doing: "asking", detail: "no answer")
        let silent = ShardSearch.failure(fault, search: silence, shards: "shards")
        #expect(
            silent.message
                == "lost count; what was written can not be looked up: asking: no answer [_TIMED_OUT -185]")
        #expect(silent.code == fault.code && silent.isFatal)
        let topicAuthorizationFailed: Int32 = 29
        let refusal = KafkaError(code: topicAuthorizationFailed, doing: "reading", detail: "refused")
        let refused = ShardSearch.failure(fault, search: refusal, shards: "shards")
        #expect(
            refused.message.hasPrefix("lost count; what was written can not be looked up: reading: refused")
                && refused.message.hasSuffix("a camera that is to go on by itself needs Read on topic shards"),
            "\(refused)")
        #expect(ShardSearch.failure(nil, search: silence, shards: "shards") == silence)
    }

    @Test func whatIsThereIsFoundByItsBytesFromWhereItCanBe() throws {
        let deployment = try IngestDeployment()
        let values: [[UInt8]] = [[1, 2, 3], [4], [1, 2, 4], [5, 6], [4, 4]]
        try deployment.write(values)
        func search(_ values: [[UInt8]], partition: Int32 = 0, from begin: Int64) throws -> [UInt64: Int64] {
            var search = ShardSearch(try deployment.options(), begins: [partition: begin])
            let open = values.enumerated().map {
                (UInt64($0.offset), UnansweredShard(partition: partition, stream: "a", bytes: $0.element))
            }
            return try search.find(
                Dictionary(uniqueKeysWithValues: open), until: Signal(), deadlineMs: Clock.steadyMs + 20_000)
        }
        #expect(try search([[1, 2, 4], [9], [4, 4], [4, 5]], from: 0) == [0: 2, 2: 4])
        #expect(try search([[1, 2, 3], [4, 4]], from: 1) == [1: 4], "below it there is nothing of ours")
        #expect(try search([[4, 4]], from: 5).isEmpty)
        #expect(try search([[1, 2, 3]], partition: 1, from: 0).isEmpty)
    }
}
