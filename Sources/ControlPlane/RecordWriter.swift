public import Kafka
import PipelineMessages
import Synchronization
import Threads

/// Writes small records and waits until the broker has them.
public final class RecordWriter: Sendable {
    private let producer: KafkaProducer
    private let turn = Mutex(())

    /// Connects on first use.
    public init(_ kafka: KafkaConfiguration) throws(KafkaError) {
        producer = try KafkaProducer(kafka, options: ProducerOptions())
    }

    /// One record to write.
    public struct Record: Sendable {
        let topic: String
        let partition: Int32
        let key: [UInt8]
        let value: [UInt8]
        let headers: [(String, [UInt8])]

        /// A record for one partition.
        public init(
            topic: String, partition: Int32 = 0, key: [UInt8], value: [UInt8],
            headers: [(String, [UInt8])] = []
        ) {
            self.topic = topic
            self.partition = partition
            self.key = key
            self.value = value
            self.headers = headers
        }
    }

    /// Writes records in order and waits for all of them.
    ///
    /// - Returns: the offset of each.
    /// - Throws: the first delivery's error, or a time-out; some records may have been written.
    public func write(_ records: [Record], timeoutMs: Int64 = 30_000) throws(KafkaError) -> [Int64] {
        let result = turn.withLock { _ in
            Result { () throws(KafkaError) in try writeAlone(records, timeoutMs: timeoutMs) }
        }
        return try result.get()
    }

    /// Writes one record; returns its offset.
    @discardableResult
    public func write(_ record: Record, timeoutMs: Int64 = 30_000) throws(KafkaError) -> Int64 {
        try write([record], timeoutMs: timeoutMs)[0]
    }

    private func writeAlone(_ records: [Record], timeoutMs: Int64) throws(KafkaError) -> [Int64] {
        for (index, record) in records.enumerated() {
            try producer.produce(
                topic: record.topic, partition: record.partition, key: record.key, value: record.value,
                headers: record.headers, tag: UInt64(index))
        }
        var offsets = [Int64?](repeating: nil, count: records.count)
        let deadline = Clock.steadyMs + timeoutMs
        while offsets.contains(nil) {
            guard Clock.steadyMs < deadline else {
                producer.purge()
                throw KafkaError(code: KafkaError.Code.timedOut)
            }
            for delivery in producer.poll(timeoutMs: 50) {
                if let error = delivery.error { throw error }
                offsets[Int(delivery.tag)] = delivery.offset
            }
        }
        return offsets.map { $0 ?? 0 }
    }
}
