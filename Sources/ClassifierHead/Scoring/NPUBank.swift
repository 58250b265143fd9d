private import CShiftKernels

/// A head laid out for speed, as the weight bank of an NPU would hold it.
///
/// Gives the logits of ``HeadReference`` to the bit, in every instruction set tier. Read-only after it is
/// made, so any number of threads may use one bank at the same time.
public struct NPUBank: Sendable {
    /// How many classes the head tells apart.
    public let classCount: Int

    /// How many features the head takes.
    public let featureCount: Int

    /// The instruction set tier that computes, as `HASHIFLEX_ISA` names it.
    public var tierName: String { String(cString: hsf_tier_name(tier)) }

    private let tier: hsf_tier

    /// The weights in the kernels' dot-product order, `[class blocks, groups, 16 classes, 4 features]`.
    private let weights: AlignedConstants

    /// The bias, `[class blocks, 16 classes]`.
    private let bias: AlignedConstants

    /// Lays out `head` for the tier that `HASHIFLEX_ISA` names, or for the best of this CPU.
    ///
    /// A value that names no usable tier counts as unset here; who runs a backbone has refused it before.
    public init(_ head: ClassifierHead) {
        self.init(
            weights: head.weights,
            bias: head.bias,
            classCount: head.classCount,
            featureCount: head.featureCount,
            tier: Self.usualTier
        )
    }

    /// Lays out `head` for a tier; `nil` for an unknown name or a tier that this CPU lacks.
    public init?(_ head: ClassifierHead, tierName: String) {
        let tier = hsf_select_tier(tierName)
        guard tier >= 0 else { return nil }
        self.init(
            weights: head.weights,
            bias: head.bias,
            classCount: head.classCount,
            featureCount: head.featureCount,
            tier: hsf_tier(rawValue: UInt32(tier))
        )
    }

    /// Lays out the numbers of a head that has no name yet.
    init(weights: [Int8], bias: [Int32], classCount: Int, featureCount: Int) {
        self.init(
            weights: weights,
            bias: bias,
            classCount: classCount,
            featureCount: featureCount,
            tier: Self.usualTier
        )
    }

    private init(weights: [Int8], bias: [Int32], classCount: Int, featureCount: Int, tier: hsf_tier) {
        self.classCount = classCount
        self.featureCount = featureCount
        self.tier = tier
        let (depth, width) = (Self.padded(featureCount, to: 4), Self.padded(classCount, to: 16))
        var packed = [Int8](repeating: 0, count: width * depth)
        for classIndex in 0..<classCount {
            let lane = classIndex / 16 * 16 * depth + classIndex % 16 * 4
            for feature in 0..<featureCount {
                packed[lane + feature / 4 * 64 + feature % 4] = weights[classIndex * featureCount + feature]
            }
        }
        self.weights = AlignedConstants(packed)
        self.bias = AlignedConstants(bias + [Int32](repeating: 0, count: width - classCount))
    }

    private static var usualTier: hsf_tier {
        let requested = hsf_select_tier(hsf_requested_isa())
        return hsf_tier(rawValue: UInt32(requested >= 0 ? requested : hsf_select_tier(nil)))
    }

    private static func padded(_ count: Int, to multiple: Int) -> Int {
        (count + multiple - 1) / multiple * multiple
    }

    /// The memory that the bank occupies.
    public var memoryBytes: Int { weights.bytes.count + bias.bytes.count }

    /// How many multiplications and additions `count` images take.
    public func multiplyAccumulates(count: Int) -> Int { count * classCount * featureCount }
}

// MARK: - Scoring

extension NPUBank {
    /// Computes the logits of `count` images.
    ///
    /// - Shape: `features` is `[count, features]`, `logits` is `[count, classes]`.
    /// - Cost: copies features that are no multiple of 4, and logits that are no multiple of 16.
    public func logits(
        features: UnsafeBufferPointer<UInt8>,
        count: Int,
        into logits: UnsafeMutableBufferPointer<Int32>
    ) {
        precondition(
            count >= 0 && features.count == count * featureCount,
            "features are not [count, features]"
        )
        precondition(logits.count == count * classCount, "logits are not [count, classes]")
        let (depth, width) = (Self.padded(featureCount, to: 4), Self.padded(classCount, to: 16))
        for first in stride(from: 0, to: count, by: Self.imagesPerPass) {
            let images = min(Self.imagesPerPass, count - first)
            let input = UnsafeBufferPointer(
                rebasing: features[(first * featureCount)..<((first + images) * featureCount)]
            )
            let output = UnsafeMutableBufferPointer(
                rebasing: logits[(first * classCount)..<((first + images) * classCount)]
            )
            Self.withPaddedRows(input, width: featureCount, to: depth, rows: images) { input in
                if width == classCount {
                    run(input, images: images, into: output)
                } else {
                    withUnsafeTemporaryAllocation(of: Int32.self, capacity: images * width) { wide in
                        run(input, images: images, into: wide)
                        for image in 0..<images {
                            for classIndex in 0..<classCount {
                                output[image * classCount + classIndex] = wide[image * width + classIndex]
                            }
                        }
                    }
                }
            }
        }
    }

    /// How many images the copies hold at most.
    private static let imagesPerPass = 64

    /// Gives `body` the rows of `input` with zeros behind each, as they are where none are needed.
    private static func withPaddedRows(
        _ input: UnsafeBufferPointer<UInt8>,
        width: Int,
        to depth: Int,
        rows: Int,
        _ body: (UnsafeBufferPointer<UInt8>) -> Void
    ) {
        guard depth > width else { return body(input) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: rows * depth) { copy in
            copy.initialize(repeating: 0)
            for row in 0..<rows {
                for index in 0..<width { copy[row * depth + index] = input[row * width + index] }
            }
            body(UnsafeBufferPointer(copy))
        }
    }

    /// Runs the kernel over padded rows.
    private func run(
        _ input: UnsafeBufferPointer<UInt8>,
        images: Int,
        into output: UnsafeMutableBufferPointer<Int32>
    ) {
        guard let kernels = hsf_kernels_for_tier(tier), let kernel = kernels.pointee.dense_u8s8_s32 else {
            preconditionFailure("tier \(tierName) was supported when the bank was made")
        }
        var arguments = hsf_dense_args()
        arguments.features = input.baseAddress
        arguments.weights = weights.bytes.assumingMemoryBound(to: Int8.self).baseAddress
        arguments.bias = bias.bytes.assumingMemoryBound(to: Int32.self).baseAddress
        arguments.logits = output.baseAddress
        arguments.images = images
        arguments.depth = Self.padded(featureCount, to: 4)
        arguments.classes = Self.padded(classCount, to: 16)
        withExtendedLifetime((weights, bias)) { kernel(&arguments) }
    }
}
