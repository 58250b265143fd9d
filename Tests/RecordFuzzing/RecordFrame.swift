/// What one record of a fuzz input is.
package enum RecordKind: UInt8, CaseIterable, Sendable {
    /// A shard record as it stands in its topic.
    case shard
    /// Two bytes of length, a shard's header of that length, its body: framed with the right checksum.
    case shardParts
    /// A marker's value.
    case marker
    case prediction, receipt, deadLetter
    case workerStatus, coordinatorStatus, fleetStatus
    case cutover, manifest
    /// The index of a chunk, then its bytes.
    case chunk
    case command
    /// What stands beside an offset of the workers' group.
    case progress
    /// A key of the control topic, an address, a slot or a label.
    case key
    /// A head's file; published under a manifest that fits.
    case head
    /// No record: so many times 50 ms pass.
    case tick
    /// No record: what was in the topics is read.
    case caughtUp
    /// No record: leadership and partitions are lost and given again.
    case change
    /// That a partition goes on elsewhere.
    case move
    /// That the ledger starts anew.
    case ledgerReset
    /// Where a partition stood.
    case checkpoint

    /// The kind of the records of a schema; `nil` of one that is part of another.
    package init?(schema: String) {
        let kinds: [String: RecordKind] = [
            "prediction": .prediction, "receipt": .receipt, "cutover-record": .cutover, "marker": .marker,
            "head-manifest": .manifest, "fleet-command": .command, "worker-status": .workerStatus,
            "coordinator-status": .coordinatorStatus, "fleet-status": .fleetStatus,
            "dead-letter": .deadLetter, "partition-progress": .progress, "position-move": .move,
            "ledger-reset": .ledgerReset, "position-checkpoint": .checkpoint,
        ]
        guard let kind = kinds[schema] else { return nil }
        self = kind
    }
}

/// One record of a fuzz input, which is a list of them: a byte of kind, two of length (little endian), the bytes.
package struct RecordFrame: Equatable, Sendable {
    /// What it is.
    package var kind: RecordKind
    /// What was written.
    package var bytes: [UInt8]

    /// Most records of an input.
    package static let countMax = 64

    /// A record.
    package init(_ kind: RecordKind, _ bytes: [UInt8] = []) {
        self.kind = kind
        self.bytes = bytes
    }

    /// A shard's header and body, to be framed with the right checksum.
    package init(header: [UInt8], body: [UInt8]) {
        let length = [UInt8(truncatingIfNeeded: header.count), UInt8(truncatingIfNeeded: header.count >> 8)]
        self.init(.shardParts, length + header + body)
    }

    /// Reads any bytes; the last record may be cut short.
    package static func list(_ input: [UInt8]) -> [RecordFrame] {
        var frames: [RecordFrame] = []
        var at = 0
        while at + 3 <= input.count, frames.count < countMax {
            let kind = RecordKind(rawValue: input[at] % UInt8(RecordKind.allCases.count)) ?? .tick
            let end = min(at + 3 + Int(input[at + 1]) + Int(input[at + 2]) << 8, input.count)
            frames.append(RecordFrame(kind, Array(input[(at + 3)..<end])))
            at = end
        }
        return frames
    }

    /// The input that reads as `frames`.
    package static func input(_ frames: [RecordFrame]) -> [UInt8] {
        frames.flatMap { frame in
            let bytes = frame.bytes.prefix(65_535)
            return [frame.kind.rawValue, UInt8(bytes.count & 255), UInt8(bytes.count >> 8)] + bytes
        }
    }
}
