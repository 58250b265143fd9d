package import Artifacts
package import PipelineMessages

/// Remembers of each image what came of it first, to tell a repetition with the same bytes from one with others. Pure.
///
/// Memory: 16 bytes an image, half of its record's SHA-256, and 16 bytes a shard, up to 32 while the list grows; up to 64 KiB more
/// for each partition. Images that do not follow each other in their shard from 0 on, and shards that come below a higher one, take
/// about 100 bytes an image. Two records of one image whose halves are equal by chance are taken for equal: one of 2^128.
package struct ImageDigests: Sendable {
    /// What a record is to the one that was remembered.
    package enum Finding: Sendable, Equatable {
        /// There was none.
        case first
        /// It has the same bytes.
        case same
        /// It has other bytes.
        case different
    }

    private struct Place: Hashable {
        let topic: String
        let partition: Int32
    }

    private var lanes: [Place: Lane] = [:]

    /// Knows of none.
    package init() {}

    /// Images that are remembered.
    package var count: Int { lanes.values.reduce(0) { $0 + $1.count + $1.strays.count } }

    /// Those of them that take more memory.
    package var strayCount: Int { lanes.values.reduce(0) { $0 + $1.strays.count } }

    /// Takes the digest of a record of an image.
    package mutating func take(_ address: ImageAddress, _ digest: ContentDigest) -> Finding {
        lanes[Place(topic: address.topic, partition: address.partition), default: Lane()]
            .take(address.offset, address.index, HalfDigest(digest))
    }
}

/// The first 16 bytes of a digest.
private struct HalfDigest: Sendable, Equatable {
    let high: UInt64
    let low: UInt64

    init(_ digest: ContentDigest) {
        func number(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
        high = number(digest.bytes.prefix(8))
        low = number(digest.bytes.dropFirst(8).prefix(8))
    }
}

/// The images of one partition, shard after shard.
private struct Lane: Sendable {
    struct Stray: Hashable {
        let offset: Int64
        let index: Int
    }

    /// In pieces, so that growing copies little.
    private static let pieceCount = 4_096
    private var pieces: [[HalfDigest]] = []
    /// Images in the pieces.
    private(set) var count = 0
    /// The shards by ascending offset, and which is the first image of each.
    private var shards: [(offset: Int64, first: Int)] = []
    private(set) var strays: [Stray: HalfDigest] = [:]

    mutating func take(_ offset: Int64, _ index: Int, _ digest: HalfDigest) -> ImageDigests.Finding {
        if !strays.isEmpty, let known = strays[Stray(offset: offset, index: index)] {
            return known == digest ? .same : .different
        }
        if offset > shards.last?.offset ?? -1, index == 0 {
            shards.append((offset, count))
            append(digest)
            return .first
        }
        if let shard = shard(at: offset), index >= 0 {
            let isLast = shard == shards.count - 1
            let place = shards[shard].first + index
            if place < (isLast ? count : shards[shard + 1].first) {
                return self[place] == digest ? .same : .different
            }
            if isLast, place == count {
                append(digest)
                return .first
            }
        }
        strays[Stray(offset: offset, index: index)] = digest
        return .first
    }

    private subscript(_ place: Int) -> HalfDigest { pieces[place / Self.pieceCount][place % Self.pieceCount] }

    private mutating func append(_ digest: HalfDigest) {
        if count % Self.pieceCount == 0 {
            var piece: [HalfDigest] = []
            // Anyone may name any number of partitions: the first piece grows as it is needed.
            if !pieces.isEmpty { piece.reserveCapacity(Self.pieceCount) }
            pieces.append(piece)
        }
        pieces[pieces.count - 1].append(digest)
        count += 1
    }

    private func shard(at offset: Int64) -> Int? {
        var (low, high) = (0, shards.count)
        if let last = shards.last, offset >= last.offset { low = high - 1 }
        while low < high {
            let middle = (low + high) / 2
            if shards[middle].offset < offset { low = middle + 1 } else { high = middle }
        }
        return low < shards.count && shards[low].offset == offset ? low : nil
    }
}
