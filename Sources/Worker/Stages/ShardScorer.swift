package import Artifacts
package import ClassifierHead

/// What the NPU made of a shard.
package struct ShardScores: Sendable, Equatable {
    /// The best classes of each readable image, `[readable image, perImage]`.
    package let top: [RankedClass]
    /// Classes an image.
    package let perImage: Int
    /// SHA-256 over the shard's logits, little-endian int32.
    package let logitsDigest: ContentDigest
}

/// Scores features by one head, a bounded number of logits at a time.
package struct ShardScorer: ~Copyable {
    /// Most logits in memory at once, 64 MiB: a shard holds 4,096 images, a head 65,536 classes.
    package static let logitsMax = 16 << 20

    private let bank: NPUBank
    private let topK: Int
    private let rowsMax: Int

    /// A scorer that lists the `topK` best classes, with `logitsMax` logits or one image at a time.
    package init(_ bank: NPUBank, topK: Int, logitsMax: Int = logitsMax) {
        self.bank = bank
        self.topK = topK
        rowsMax = Self.rows(classes: bank.classCount, logitsMax: logitsMax)
    }

    /// Images whose logits are in memory at once.
    package static func rows(classes: Int, logitsMax: Int = logitsMax) -> Int { max(1, logitsMax / classes) }

    /// The scores of shards whose features, `[readable image, feature]`, stand one after the other; `counts` has the
    /// readable images of each.
    package func scores(_ features: [UInt8], counts: [Int]) -> [ShardScores] {
        let classes = bank.classCount
        let total = counts.reduce(0, +)
        var logits = [Int32](repeating: 0, count: min(rowsMax, total) * classes)
        /// The images whose logits are there.
        var ready = 0..<0
        var start = 0
        return counts.map { count in
            var hasher = ContentHasher()
            var top: [RankedClass] = []
            top.reserveCapacity(count * min(topK, classes))
            for row in start..<(start + count) {
                if !ready.contains(row) {
                    ready = row..<min(row + rowsMax, total)
                    score(features, ready, into: &logits)
                }
                let place = (row - ready.lowerBound) * classes
                logits.withUnsafeBufferPointer { all in
                    let image = UnsafeBufferPointer(rebasing: all[place..<(place + classes)])
                    Self.digest(image, &hasher)
                    TopK.append(image, k: topK, to: &top)
                }
            }
            start += count
            return ShardScores(top: top, perImage: min(topK, classes), logitsDigest: hasher.finalize())
        }
    }

    private func score(_ features: [UInt8], _ rows: Range<Int>, into logits: inout [Int32]) {
        let width = bank.featureCount
        features.withUnsafeBufferPointer { input in
            logits.withUnsafeMutableBufferPointer { output in
                bank.logits(
                    features: .init(
                        rebasing: input[(rows.lowerBound * width)..<(rows.upperBound * width)]),
                    count: rows.count, into: .init(rebasing: output[..<(rows.count * bank.classCount)]))
            }
        }
    }

    private static func digest(_ logits: UnsafeBufferPointer<Int32>, _ hasher: inout ContentHasher) {
        #if _endian(little)
        hasher.update(UnsafeRawBufferPointer(logits))
        #else
        for logit in logits { hasher.update(littleEndian: logit) }
        #endif
    }
}
