import CShiftKernels

/// The instruction set that the kernels use; every tier computes the same bytes.
public enum ISATier: String, Hashable, Sendable, CaseIterable, Comparable, CustomStringConvertible {
    /// Plain C, on every machine.
    case scalar
    /// 256-bit vectors of x86-64.
    case avx2
    /// 512-bit vectors of x86-64 with byte dot products.
    case avx512vnni
    /// 128-bit vectors of AArch64 with byte dot products.
    case neondot

    /// Name of the environment variable that selects a tier.
    public static let environmentVariable = "HASHIFLEX_ISA"

    /// The tiers that this CPU and its operating system support, slowest first; the environment is not asked.
    public static var supported: [ISATier] { allCases.filter { hsf_tier_is_supported($0.tier) == 1 } }

    /// The tier to use: the best supported one, or the one that the environment asks for.
    ///
    /// - Throws: ``ISATierError`` if the environment names an unknown tier or one that this CPU lacks. There
    ///   is no fallback: whoever sets the variable wants to know what runs.
    public static func best() throws(ISATierError) -> ISATier {
        try best(requested: hsf_requested_isa().map { String(cString: $0) })
    }

    /// The tier named `requested`, or the best supported one for `nil`.
    ///
    /// - Throws: ``ISATierError`` for an unknown name or a tier that this CPU lacks.
    package static func best(requested: String?) throws(ISATierError) -> ISATier {
        guard let requested else { return supported.last ?? .scalar }
        guard let tier = ISATier(rawValue: requested) else {
            throw .unknown(requested: requested, supported: supported)
        }
        guard supported.contains(tier) else {
            throw .unsupported(requested: tier, supported: supported)
        }
        return tier
    }

    /// The raw name.
    public var description: String { rawValue }

    /// Slower tiers come first.
    public static func < (left: ISATier, right: ISATier) -> Bool { left.tier.rawValue < right.tier.rawValue }

    /// The tier in the kernel table's words.
    package var tier: hsf_tier {
        switch self {
        case .scalar: HSF_TIER_SCALAR
        case .avx2: HSF_TIER_AVX2
        case .avx512vnni: HSF_TIER_AVX512VNNI
        case .neondot: HSF_TIER_NEONDOT
        }
    }
}

/// Why no tier could be chosen.
public enum ISATierError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There is no tier of that name.
    case unknown(requested: String, supported: [ISATier])
    /// This CPU or its operating system lacks the tier.
    case unsupported(requested: ISATier, supported: [ISATier])

    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .unknown(let requested, let supported):
            "\(ISATier.environmentVariable) names unknown tier '\(requested)'; "
                + "use one of \(Self.list(supported)), or unset it"
        case .unsupported(let requested, let supported):
            "instruction set tier \(requested) is not supported by this CPU; "
                + "use one of \(Self.list(supported)), or unset \(ISATier.environmentVariable)"
        }
    }

    private static func list(_ tiers: [ISATier]) -> String {
        tiers.map(\.rawValue).joined(separator: ", ")
    }
}
