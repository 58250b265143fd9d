import Kafka
import Testing

/// A producer that an old library has ended says so: nobody looks for the fault in the cluster.
@Suite struct SequenceFaultTests {
    @Test(arguments: [(0x0200_02ff, true), (0x0202_00ff, true), (0x0203_00ff, false), (0x0210_01ff, false)])
    func anOldLibraryIsNamed(_ library: Int, _ isNamed: Bool) {
        let remark = SequenceFault.remark(on: KafkaError.Code.outOfOrderSequence, library: Int32(library))
        #expect((remark != nil) == isNamed)
        for words in ["4438", "2.3.0", "load a newer library"] {
            #expect(remark.map { $0.contains(words) } != false, "\(words)")
        }
    }

    @Test func theVersionIsSaidAndOtherErrorsAreNot() {
        let library: Int32 = 0x0201_01ff
        let remark = SequenceFault.remark(on: KafkaError.Code.outOfOrderSequence, library: library)
        #expect(remark?.hasPrefix("librdkafka 2.1.1 loses count") == true)
        #expect(SequenceFault.remark(on: KafkaError.Code.fatal, library: library) == nil)
        #expect(SequenceFault.remark(on: KafkaError.Code.fencedInstance, library: library) == nil)
    }
}

extension OnBroker {
    @Suite struct LostCounts {
        /// However it shows: as the error of a record, or as that of the producer.
        @Test func aRecordThatIsOutOfOrderSaysWhoseFaultItMayBe() throws {
            KafkaLog.setHandler { _ in }
            defer { KafkaLog.setHandler(nil) }
            let broker = try EmbeddedBroker(topics: [("t", 1)])
            defer { broker.close() }
            try broker.pushRequestErrors(
                .produce, codes: [Int32](repeating: KafkaError.Code.outOfOrderSequence, count: 50))
            let producer = try KafkaProducer(broker.configuration)
            for tag in UInt64(0)..<3 {
                try producer.produce(topic: "t", partition: 0, value: [1], tag: tag)
            }
            var failure: KafkaError?
            eventually("a failure") {
                failure = producer.poll(timeoutMs: 100).compactMap(\.error).first ?? producer.fatalError
                return failure != nil
            }
            let text = try #require(failure?.message)
            let isOld = LibraryVersion.rdkafkaNumber < 0x0203_00ff
            // The broker's words, or the library's.
            #expect(text.contains("out of order") || text.contains("sequence desync"), "\(text)")
            #expect(text.contains("librdkafka 4438") == isOld, "\(text)")
        }
    }
}
