/// How many of a number of images were classified correctly.
public struct Accuracy: Sendable, Hashable {
    /// How many were right.
    public let correct: Int
    /// How many there were.
    public let total: Int

    /// `correct` of `total`.
    public init(correct: Int, total: Int) {
        precondition(0 <= correct && correct <= total, "more images are correct than there are")
        self.correct = correct
        self.total = total
    }

    /// Classifies `count` images with `bank` and compares with `labels`.
    ///
    /// - Shape: `features` is `[count, features]`, `labels` is `[count]`.
    /// - Range: labels are class indices of the head; others never count as correct.
    public init(
        of bank: NPUBank,
        features: UnsafeBufferPointer<UInt8>,
        count: Int,
        labels: [Int]
    ) {
        precondition(labels.count == count, "there is not one label for each image")
        precondition(features.count == count * bank.featureCount, "features are not [count, features]")
        var correct = 0
        var logits = [Int32](repeating: 0, count: min(count, Self.batchCount) * bank.classCount)
        for first in stride(from: 0, to: count, by: Self.batchCount) {
            let batch = min(Self.batchCount, count - first)
            let rows = UnsafeBufferPointer(
                rebasing: features[(first * bank.featureCount)..<((first + batch) * bank.featureCount)]
            )
            logits.withUnsafeMutableBufferPointer { logits in
                let logits = UnsafeMutableBufferPointer(rebasing: logits[..<(batch * bank.classCount)])
                bank.logits(features: rows, count: batch, into: logits)
                for image in 0..<batch {
                    let row = logits[(image * bank.classCount)..<((image + 1) * bank.classCount)]
                    let best = TopK.select(UnsafeBufferPointer(rebasing: row), k: 1)[0].classIndex
                    if best == labels[first + image] { correct += 1 }
                }
            }
        }
        self.init(correct: correct, total: count)
    }

    /// The share of correct images; 0 where there are none.
    public var fraction: Double { total == 0 ? 0 : Double(correct) / Double(total) }

    /// Where the true share lies with a confidence of 95 %.
    ///
    /// - Range: within `0...1`; all of it where there are no images.
    /// - Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927.
    public var wilson95: ClosedRange<Double> {
        guard total > 0 else { return 0...1 }
        let z = 1.959963984540054
        let count = Double(total)
        let centre = fraction + z * z / (2 * count)
        let spread = z * (fraction * (1 - fraction) / count + z * z / (4 * count * count)).squareRoot()
        let width = 1 + z * z / count
        // At 0 and at 1 the exact bound is 0 and 1; rounding may miss it by a little.
        let lower = correct == 0 ? 0 : max(0, (centre - spread) / width)
        let upper = correct == total ? 1 : min(1, (centre + spread) / width)
        return lower...upper
    }

    private static let batchCount = 64
}

extension Accuracy: CustomStringConvertible {
    /// For example `97.31 % (96.94 to 97.64)`.
    public var description: String {
        let interval = wilson95
        return "\(Self.percent(fraction)) % (\(Self.percent(interval.lowerBound)) to "
            + "\(Self.percent(interval.upperBound)))"
    }

    private static func percent(_ fraction: Double) -> String {
        let hundredths = Int((fraction * 10_000).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
