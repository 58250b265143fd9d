/// How to harden a network.
public struct HardeningOptions: Hashable, Sendable {
    /// How many exponents weights may have: 0 and the `exponents` largest of ±1, ±2, ... ±64.
    ///
    /// - Range: `1...7`.
    public var exponents = 7

    /// The most powers of two in a weight, 1 or 2, for every layer, or for each.
    ///
    /// Single is what a wire and a sign do; a second term is one addition more for every weight that has one.
    public var terms = Terms.single

    /// Which layers may have weights that are sums of two powers of two.
    public enum Terms: Hashable, Sendable {
        /// None.
        case single
        /// All.
        case double
        /// Those of these indices in execution order.
        case layers(Set<Int>)

        /// The most terms of a weight of layer `index`.
        func count(_ index: Int) -> Int {
            switch self {
            case .single: 1
            case .double: 2
            case .layers(let layers): layers.contains(index) ? 2 : 1
            }
        }
    }

    /// The share of prunable weights that become zero before rounding.
    ///
    /// - Range: `0...0.95`.
    public var prune = 0.0

    /// Whether the stem and depthwise layers are pruned as well; they hold few weights and lose the most.
    public var prunesEveryLayer = false

    /// Whether all channels of a layer share one weight exponent.
    public var perTensorExponents = false

    /// The corrections to apply.
    public var steps = HardeningStep.standard

    /// Identity of the preprocessing that the calibration images went through; recorded in the artefact.
    public var preprocessing = "none"

    /// Names of the classes; without them classes are called `class 0`, `class 1`, ...
    public var classNames: [String]?

    /// Name of the head.
    public var headName = "head"

    /// Version of the head.
    public var headVersion: String? = "v1"

    /// Scale exponents of all layers instead of calibrated ones, for tests of single steps.
    package var activationExponents: [Int]?

    /// The most bytes that one layer's outputs take in memory within a block, over all images; beyond, they are
    /// computed again where they are needed. It decides what hardening costs, and nothing else.
    package var activationBytesMax = 256 << 20

    /// The standard options.
    public init() {}

    /// Legal numbers of exponents.
    public static let exponentRange = 1...7
    /// Legal numbers of powers of two in a weight.
    public static let termRange = 1...2
    /// Legal shares of pruned weights.
    public static let pruneRange = 0.0...0.95
    /// Legal numbers of calibration images.
    public static let imageRange = 1...4096
    /// Fewer images than this leave the corrections guessing.
    public static let imagesAdvised = 64

    /// What was done, for the artefact's description.
    func summary(images: Int) -> String {
        var parts = ["post-training power-of-two weights", "\(images) calibration images"]
        switch terms {
        case .single: break
        case .double: parts.append("sums of two in every layer")
        case .layers(let layers): parts.append("sums of two in \(layers.count) layers")
        }
        parts.append(exponents == 1 ? "1 exponent" : "\(exponents) exponents")
        if perTensorExponents { parts.append("one weight exponent a layer") }
        if prune > 0 { parts.append("\(DecimalText.percent(prune)) % of the 1x1 weights pruned") }
        let names = HardeningStep.allCases.filter(steps.contains).map(\.rawValue)
        parts.append("steps: " + (names.isEmpty ? "none" : names.joined(separator: " ")))
        return parts.joined(separator: ", ")
    }

    /// Whether a backbone's description says that channels were scaled anew, so that its layers are not the float
    /// network's.
    public static func isEqualised(_ description: String) -> Bool {
        description.components(after: "steps: ").contains(HardeningStep.equalise.rawValue)
    }

    func validate() throws(HardeningError) {
        guard Self.exponentRange.contains(exponents) else {
            throw .badOption(name: "exponents", found: "\(exponents)", expected: "1...7")
        }
        guard Self.pruneRange.contains(prune) else {
            throw .badOption(name: "prune", found: "\(prune)", expected: "0...0.95")
        }
    }
}

extension String {
    /// The words behind the last `mark`; none without it.
    fileprivate func components(after mark: String) -> [String] {
        guard let range = ranges(of: mark).last else { return [] }
        return self[range.upperBound...].split(separator: " ").map(String.init)
    }
}
