/// What an ingest has achieved.
package struct IngestCounts: Sendable, Hashable {
    /// Images whose shard the broker confirmed.
    package internal(set) var images: Int64 = 0
    /// Shards likewise.
    package internal(set) var shards: Int64 = 0
    /// Bytes of those shards' records.
    package internal(set) var bytes: Int64 = 0
    /// Time that shards waited for room in a partition, milliseconds.
    package internal(set) var pacedMs: Int64 = 0
}

/// What an ingest has brought to the broker, and what not.
package struct IngestAccount: Sendable, Hashable, CustomStringConvertible {
    /// Images whose shard the broker confirmed.
    package let imagesConfirmed: Int64
    /// Images that were read and are not confirmed.
    package let imagesOpen: Int64
    /// Shards that the broker confirmed.
    package let shardsConfirmed: Int64
    /// Shards that were made and are not confirmed.
    package let shardsOpen: Int64
    /// The first shard of each stream that is not confirmed, by the number of the stream. Later ones may be.
    package let sendAgain: [IngestOrigin]

    /// Whether everything that was read is confirmed.
    package var isComplete: Bool { imagesOpen == 0 && shardsOpen == 0 }

    /// So many streams are named.
    private static let namedMax = 16

    /// For people, in one line.
    package var description: String {
        let numbers =
            "images: \(imagesConfirmed) confirmed, \(imagesOpen) not; "
            + "shards: \(shardsConfirmed) confirmed, \(shardsOpen) not"
        guard !sendAgain.isEmpty else { return numbers }
        let named = sendAgain.prefix(Self.namedMax).map { "stream \($0.name) from image \($0.image) on" }
        let others = sendAgain.count - named.count
        return "\(numbers); send again: \(named.joined(separator: ", "))"
            + (others > 0 ? ", and of \(others) more streams" : "")
    }
}

/// What will not arrive.
struct Unsent: Sendable {
    private(set) var shards = 0
    /// Those of the shards, and those that were never offered.
    var images = 0
    /// The first of each stream.
    private(set) var firsts: [Int: (flight: UInt64, origin: IngestOrigin)] = [:]

    /// Takes note of a shard that will not arrive.
    mutating func add(_ number: UInt64, _ flight: IngestMachine.Flight) {
        shards += 1
        images += flight.images
        Self.note(number, flight.origin, in: &firsts)
    }

    /// Keeps the first flight of a stream.
    static func note(
        _ number: UInt64, _ origin: IngestOrigin,
        in firsts: inout [Int: (flight: UInt64, origin: IngestOrigin)]
    ) {
        if let known = firsts[origin.stream], known.flight < number { return }
        firsts[origin.stream] = (number, origin)
    }
}

extension IngestMachine {
    /// What is confirmed by now, and what is not.
    package var account: IngestAccount {
        var firsts = unsent.firsts
        var images = Int64(unsent.images)
        for (number, flight) in flights {
            images += Int64(flight.images)
            Unsent.note(number, flight.origin, in: &firsts)
        }
        return IngestAccount(
            imagesConfirmed: counts.images, imagesOpen: images, shardsConfirmed: counts.shards,
            shardsOpen: Int64(unsent.shards + flights.count),
            sendAgain: firsts.sorted { $0.key < $1.key }.map { $0.value.origin })
    }
}
