private import CShiftKernels

/// Numbers that never change, at an address as the kernels want it.
///
/// Swift aligns arrays to 16 bytes at most, whatever they hold.
final class AlignedConstants: @unchecked Sendable {
    // Safety: the memory is written before the initialiser returns and only read after it; it is freed
    // with the last reference.
    let bytes: UnsafeRawBufferPointer

    /// Copies `values` into memory of their own.
    init<Value: BitwiseCopyable>(_ values: [Value]) {
        let copy = UnsafeMutableRawBufferPointer.allocate(
            byteCount: values.count * MemoryLayout<Value>.stride,
            alignment: Int(HSF_ALIGNMENT_BYTES)
        )
        values.withUnsafeBytes { copy.copyMemory(from: $0) }
        bytes = UnsafeRawBufferPointer(copy)
    }

    deinit { bytes.deallocate() }
}
