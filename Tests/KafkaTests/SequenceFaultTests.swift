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
