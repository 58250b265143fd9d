import CShiftKernels

/// The rate at which a tier could multiply if nothing but dot products had to be done.
package enum DatapathCeiling {
    /// Runs the tier's dot-product instructions with operands in registers; the caller holds the clock.
    ///
    /// - Returns: the products made, at least 1000 a round, or `nil` for a tier without a ceiling.
    package static func run(_ tier: ISATier, rounds: Int) -> Int? {
        guard let kernels = hsf_kernels_for_tier(tier.tier), let ceiling = kernels.pointee.ceiling else {
            return nil
        }
        return Int(ceiling(UInt64(rounds)))
    }
}
