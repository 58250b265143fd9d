import ControlPlane
import Kafka
import PipelineMessages

extension Connection {
    /// How long one attempt to write may take, milliseconds.
    private static let writingMs: Int32 = 30_000

    /// Writes a record to the control topic, and asks again while its leader changes.
    ///
    /// - Parameter key: Of a record that may stand there twice: after a time-out it is not known whether it was written.
    func writeControl(key: ControlKey, _ value: [UInt8]) throws(KafkaError) {
        let writer = try RecordWriter(kafka)
        let record = RecordWriter.Record(topic: topics.control, key: key.bytes, value: value)
        try patience.wait(for: "the leader of topic \(topics.control)", callMs: Self.writingMs) {
            timeoutMs throws(KafkaError) in
            _ = try writer.write(record, timeoutMs: Int64(timeoutMs))
        }
    }
}
