public import Artifacts

/// The final layer of a classifier: the only part of the network that changes after hardening.
///
/// `logits[c] = bias[c] + sum over f of weights[c, f] * features[f]`, in exact integers.
///
/// - Shape: `weights` is `[classes, features]`, row after row; `bias` is `[classes]`.
/// - Range: features `0...255`; every possible logit lies in ``logitRange``, checked when a head is made,
///   so that 32-bit sums never overflow in any order.
/// - Source: the head of the numeric specification (u8 times s8 into s32, one scale for the whole tensor so
///   that the largest integer is the answer; the lowest class index wins ties).
public struct ClassifierHead: Sendable, Equatable {
    /// The family of heads: 1 to 64 of `[A-Za-z0-9._-]`. Not part of ``digest``.
    public let name: String

    /// The member of the family, in the alphabet of `name`. Not part of ``digest``.
    public let version: String?

    /// What each class is called; names may repeat.
    public let classNames: [String]

    /// How many features each row of weights takes.
    public let featureCount: Int

    /// The weights, `[classes, features]`.
    public let weights: [Int8]

    /// The bias of each class, in ``biasRange``.
    public let bias: [Int32]

    /// The real logit that one integer unit stands for; for display only.
    public let scale: Double

    /// The backbone whose features the head was fitted on.
    public let backboneDigest: ContentDigest

    /// The preprocessing of the images that the head was fitted on, as their backbone states it; `nil` in heads
    /// made before heads said so.
    public let preprocessing: String?

    /// How the head was fitted, for people.
    public let summary: String

    /// The identity of the head: a digest over everything but `name` and `version`.
    ///
    /// Computed as ``SafetensorsFile/contentDigest(excludingMetadata:)`` of the encoded head, without the
    /// metadata `name`, `version` and `digest`. Relabelling a head keeps its identity.
    public let digest: ContentDigest

    /// How many classes the head tells apart.
    public var classCount: Int { classNames.count }

    /// A head of the given parts.
    ///
    /// - Throws: the `bad…` cases of ``HeadError``, `tooLarge` and `logitsTooLarge`.
    public init(
        name: String,
        version: String?,
        classNames: [String],
        featureCount: Int,
        weights: [Int8],
        bias: [Int32],
        scale: Double,
        backboneDigest: ContentDigest,
        preprocessing: String? = nil,
        summary: String
    ) throws(HeadError) {
        guard Self.isLabel(name) else { throw .badName(name) }
        if let version, !Self.isLabel(version) { throw .badVersion(version) }
        guard Self.classCountRange.contains(classNames.count) else { throw .badClassCount(classNames.count) }
        guard Self.featureCountRange.contains(featureCount) else { throw .badFeatureCount(featureCount) }
        guard weights.count <= Self.maximumWeightCount else {
            throw .tooLarge(byteCount: weights.count, maximum: Self.maximumWeightCount)
        }
        guard weights.count == classNames.count * featureCount else {
            throw .badShape(
                tensor: "weights",
                expected: [classNames.count * featureCount],
                actual: [weights.count]
            )
        }
        guard bias.count == classNames.count else {
            throw .badShape(tensor: "bias", expected: [classNames.count], actual: [bias.count])
        }
        guard scale.isFinite, scale > 0 else { throw .badScale(scale) }
        guard summary.utf8.count <= Self.maximumSummaryByteCount else {
            throw .badSummary(byteCount: summary.utf8.count)
        }
        if let preprocessing, !Self.isPreprocessing(preprocessing) { throw .badPreprocessing }
        if let index = classNames.firstIndex(where: { !Self.isClassName($0) }) {
            throw .badClassName(classIndex: index)
        }
        try Self.checkLogits(weights: weights, bias: bias, featureCount: featureCount)

        self.name = name
        self.version = version
        self.classNames = classNames
        self.featureCount = featureCount
        self.weights = weights
        self.bias = bias
        self.scale = scale
        self.backboneDigest = backboneDigest
        self.preprocessing = preprocessing
        self.summary = summary
        let file = Self.file(
            classNames: classNames,
            featureCount: featureCount,
            weights: weights,
            bias: bias,
            scale: scale,
            backboneDigest: backboneDigest,
            preprocessing: preprocessing,
            summary: summary
        )
        digest = file.contentDigest(excludingMetadata: [])
    }

    /// The same head under another label; its ``digest`` stays.
    ///
    /// - Throws: `badName` or `badVersion`.
    public func relabelled(name: String, version: String?) throws(HeadError) -> ClassifierHead {
        try ClassifierHead(
            name: name,
            version: version,
            classNames: classNames,
            featureCount: featureCount,
            weights: weights,
            bias: bias,
            scale: scale,
            backboneDigest: backboneDigest,
            preprocessing: preprocessing,
            summary: summary
        )
    }

    /// Checks that the head belongs to the backbone `digest`, which gives `featureCount` features of images
    /// that went through `preprocessing`.
    ///
    /// - Throws: `wrongWidth`, then `otherPreprocessing`, then `otherBackbone`.
    public func verify(
        fits digest: ContentDigest, featureCount: Int, preprocessing: String
    ) throws(HeadError) {
        guard featureCount == self.featureCount else {
            throw .wrongWidth(expected: featureCount, actual: self.featureCount)
        }
        if let stated = self.preprocessing, stated != preprocessing {
            throw .otherPreprocessing(expected: preprocessing, actual: stated)
        }
        guard digest == backboneDigest else {
            throw .otherBackbone(expected: digest, actual: backboneDigest)
        }
    }
}

// MARK: - Limits

extension ClassifierHead {
    /// How many classes a head may have.
    public static let classCountRange = 2...65_536

    /// How many features a head may take.
    public static let featureCountRange = 1...4_096

    /// The values that a bias may have.
    public static let biasRange = -(1 << 24)...(1 << 24)

    /// The values that a logit may have, for the worst features possible.
    ///
    /// 1,280 features of any weight and any legal bias stay inside: 1280 * 255 * 128 + 2^24 < 2^26.
    public static let logitRange = (1 - (1 << 26))...((1 << 26) - 1)

    /// The most weights that a head may have.
    public static let maximumWeightCount = 1 << 27

    /// The longest class name, in bytes of UTF-8.
    public static let maximumClassNameByteCount = 128

    /// The longest summary, in bytes of UTF-8.
    public static let maximumSummaryByteCount = 4_096

    /// The largest head file that is read: the most weights, and 32 MiB for everything else.
    public static let maximumFileByteCount = maximumWeightCount + (1 << 25)

    private static func isLabel(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// The longest preprocessing, in bytes of UTF-8.
    public static let maximumPreprocessingByteCount = 512

    private static func isPreprocessing(_ text: String) -> Bool {
        text.utf8.count <= maximumPreprocessingByteCount
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }

    /// Whether a class may be called this: not empty, not long, no control characters.
    package static func isClassName(_ text: String) -> Bool {
        (1...maximumClassNameByteCount).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }

    private static func checkLogits(
        weights: [Int8],
        bias: [Int32],
        featureCount: Int
    ) throws(HeadError) {
        for (index, value) in bias.enumerated() {
            guard biasRange.contains(Int(value)) else { throw .badBias(classIndex: index, value: Int(value)) }
            var highest = Int(value)
            var lowest = Int(value)
            for weight in weights[(index * featureCount)..<((index + 1) * featureCount)] {
                if weight > 0 { highest += 255 * Int(weight) } else { lowest += 255 * Int(weight) }
            }
            guard logitRange.contains(highest) else {
                throw .logitsTooLarge(classIndex: index, bound: highest)
            }
            guard logitRange.contains(lowest) else {
                throw .logitsTooLarge(classIndex: index, bound: lowest)
            }
        }
    }
}
