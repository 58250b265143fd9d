import CShiftKernels

/// A zeroed block of memory at a kernel-friendly address, freed with its last owner.
///
/// - Range: aligned to 64 bytes; the readable slack that kernels ask for follows the stated size.
final class AlignedStorage {
    /// Start of the block.
    let base: UnsafeMutableRawPointer
    /// Stated size, without the slack.
    let byteCount: Int

    init(byteCount: Int) {
        let total = byteCount + Int(HSF_READ_SLACK_BYTES)
        base = .allocate(byteCount: total, alignment: Int(HSF_ALIGNMENT_BYTES))
        base.initializeMemory(as: UInt8.self, repeating: 0, count: total)
        self.byteCount = byteCount
    }

    /// Copies `values` into a new block, which starts with them.
    convenience init<Value: BitwiseCopyable>(_ values: [Value]) {
        self.init(byteCount: values.count * MemoryLayout<Value>.stride)
        values.withUnsafeBytes {
            base.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(base), byteCount: $0.count)
        }
    }

    deinit { base.deallocate() }

    /// The block as bytes.
    var bytes: UnsafeMutablePointer<UInt8> { base.assumingMemoryBound(to: UInt8.self) }

    /// The block as values of another trivial type.
    func pointer<Value: BitwiseCopyable>(to type: Value.Type) -> UnsafeMutablePointer<Value> {
        base.assumingMemoryBound(to: type)
    }
}
