internal import CShiftKernels

/// The resampling kernels of one instruction set tier.
///
/// Unchecked, because the table is a constant of the C target.
struct ResampleKernels: @unchecked Sendable {
    private let table: UnsafePointer<hsf_kernels>
    private let tier: hsf_tier

    /// The tier that `HASHIFLEX_ISA` names, or the best of this CPU.
    ///
    /// A value that names no usable tier counts as unset here; who runs a backbone has refused it before.
    static let usual: ResampleKernels = {
        let requested = hsf_select_tier(hsf_requested_isa())
        guard let kernels = ResampleKernels(tier: requested >= 0 ? requested : hsf_select_tier(nil)) else {
            preconditionFailure("every machine has the scalar tier")
        }
        return kernels
    }()

    /// The tier called `name`; `nil` for an unknown name or a tier that this CPU lacks.
    init?(tierName: String) { self.init(tier: hsf_select_tier(tierName)) }

    /// Name of the tier.
    var tierName: String { String(cString: hsf_tier_name(tier)) }

    private init?(tier: Int32) {
        guard tier >= 0, let table = hsf_kernels_for_tier(hsf_tier(rawValue: UInt32(tier))) else { return nil }
        self.table = table
        self.tier = hsf_tier(rawValue: UInt32(tier))
    }

    /// Resamples one or two rows of pixels along themselves.
    func columns(
        _ axis: PillowAxis, rows: (UnsafePointer<UInt8>, UnsafePointer<UInt8>?),
        into outputs: (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt8>?)
    ) {
        axis.firsts.withUnsafeBufferPointer { firsts in
            axis.words.withUnsafeBufferPointer { words in
                var arguments = hsf_resample_columns_args(
                    rows: (rows.0, rows.1), firsts: firsts.baseAddress, words: words.baseAddress,
                    outputs: (outputs.0, outputs.1), taps: axis.taps, targets: axis.count)
                table.pointee.resample_columns(&arguments)
            }
        }
    }

    /// Resamples across rows: target `index` of `axis` from the rows of its taps.
    func rows(
        _ axis: PillowAxis, _ index: Int, from rows: [UnsafePointer<UInt8>?],
        into output: UnsafeMutablePointer<UInt8>, byteCount: Int
    ) {
        rows.withUnsafeBufferPointer { rows in
            axis.words.withUnsafeBufferPointer { words in
                guard let base = words.baseAddress else { return }
                var arguments = hsf_resample_rows_args(
                    rows: rows.baseAddress, words: base + index * axis.taps, output: output, taps: axis.taps,
                    bytes: byteCount)
                table.pointee.resample_rows(&arguments)
            }
        }
    }
}
