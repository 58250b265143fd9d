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
        guard tier >= 0, let table = hsf_kernels_for_tier(hsf_tier(rawValue: UInt32(tier))) else {
            return nil
        }
        self.table = table
        self.tier = hsf_tier(rawValue: UInt32(tier))
    }

    /// Most rows that ``columns(_:rows:into:byteCount:scratch:)`` takes.
    static let rowsMax = Int(HSF_RESAMPLE_ROWS_MAX)

    /// Bytes of scratch that columns of `axis` need.
    static func scratchBytes(_ axis: PillowAxis) -> Int {
        hsf_resample_scratch_bytes(axis.sources.count, axis.count)
    }

    /// Resamples rows of pixels along themselves, up to ``rowsMax`` at once.
    ///
    /// - Parameter byteCount: bytes of a row.
    func columns(
        _ axis: PillowAxis, rows: UnsafeBufferPointer<UnsafePointer<UInt8>?>,
        into outputs: UnsafeBufferPointer<UnsafeMutablePointer<UInt8>?>, byteCount: Int,
        scratch: UnsafeMutablePointer<UInt8>
    ) {
        axis.firsts.withUnsafeBufferPointer { firsts in
            axis.counts.withUnsafeBufferPointer { counts in
                axis.words.withUnsafeBufferPointer { words in
                    axis.bounds.withUnsafeBufferPointer { bounds in
                        var arguments = hsf_resample_columns_args(
                            rows: rows.baseAddress, outputs: outputs.baseAddress, firsts: firsts.baseAddress,
                            counts: counts.baseAddress, words: words.baseAddress, bounds: bounds.baseAddress,
                            scratch: scratch, taps: axis.taps, targets: axis.count, row_count: rows.count,
                            bytes: byteCount, low: axis.sources.lowerBound, end: axis.sources.upperBound,
                            shift: axis.shift)
                        table.pointee.resample_columns(&arguments)
                    }
                }
            }
        }
    }

    /// Resamples across rows: target `index` of `axis` from the rows of its taps.
    func rows(
        _ axis: PillowAxis, _ index: Int, from rows: UnsafeBufferPointer<UnsafePointer<UInt8>?>,
        into output: UnsafeMutablePointer<UInt8>, byteCount: Int
    ) {
        axis.words.withUnsafeBufferPointer { words in
            axis.bounds.withUnsafeBufferPointer { bounds in
                guard let words = words.baseAddress, let bounds = bounds.baseAddress else { return }
                var arguments = hsf_resample_rows_args(
                    rows: rows.baseAddress, words: words + index * axis.taps, bounds: bounds + 2 * index,
                    output: output, count: Int(axis.counts[index]), bytes: byteCount, shift: axis.shift)
                table.pointee.resample_rows(&arguments)
            }
        }
    }
}
