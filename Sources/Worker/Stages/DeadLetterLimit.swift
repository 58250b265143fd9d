package import Kafka
internal import PipelineMessages

/// How much dead letters may repeat of their records: less, each time one was refused for its size.
///
/// The limits of topics and brokers (`max.message.bytes`) are not known here, and may be changed while all runs. A letter that can not
/// leave would end every worker in turn.
package struct DeadLetterLimit {
    /// Most bytes of a record's key, value and headers.
    package private(set) var bytesMax = DeadLetter.copyBytesMax
    /// Letters on their way: bytes that each repeats, and records of its flight that are not answered.
    private var flights: [UInt64: (bytes: Int, records: Int)] = [:]

    /// Nothing was refused yet.
    package init() {}

    /// A letter is about to be sent, in a flight of so many records.
    package mutating func sending(_ flight: UInt64, repeating bytes: Int, records: Int) {
        if bytes > 0 { flights[flight] = (bytes, records) }
    }

    /// Records of a flight were answered, well or badly.
    package mutating func answered(_ flight: UInt64, records: Int) {
        guard let known = flights[flight] else { return }
        flights[flight] = known.records > records ? (known.bytes, known.records - records) : nil
    }

    /// Takes the failure of a flight; returns what to say where a letter that repeats less may pass: half as much, so that a sender
    /// of ever smaller records is soon through.
    package mutating func refused(_ error: KafkaError, _ flight: UInt64) -> String? {
        guard error.isTooLarge, let letter = flights.removeValue(forKey: flight) else { return nil }
        bytesMax = min(bytesMax, letter.bytes / 2)
        return
            "a dead letter with \(letter.bytes) bytes of its record is too large for its topic; from now on "
            + "\(bytesMax) at most are copied (raise max.message.bytes of the dead letters to keep more): \(error)"
    }

    /// Nothing of what is on its way will be answered.
    package mutating func forget() { flights = [:] }
}
