// Only for its link directive: rounding and square roots of Double are calls into libm on some machines.
#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Loops over rows of doubles, eight lanes at a time.
package enum RowArithmetic {
    /// The sum of the products of the first `count` elements, in eight interleaved partial sums.
    @inline(__always)
    package static func dot(
        _ left: UnsafeBufferPointer<Double>,
        _ right: UnsafeBufferPointer<Double>,
        count: Int
    ) -> Double {
        precondition(count <= left.count && count <= right.count, "the rows are shorter than count")
        var sums = SIMD8<Double>.zero
        let (leftBytes, rightBytes) = (UnsafeRawBufferPointer(left), UnsafeRawBufferPointer(right))
        let whole = count & ~7
        for index in stride(from: 0, to: whole, by: 8) {
            let offset = index * MemoryLayout<Double>.stride
            sums +=
                leftBytes.loadUnaligned(fromByteOffset: offset, as: SIMD8<Double>.self)
                * rightBytes.loadUnaligned(fromByteOffset: offset, as: SIMD8<Double>.self)
        }
        var sum = sums.sum()
        for index in whole..<count { sum += left[index] * right[index] }
        return sum
    }

    /// Adds `factor` times the first `count` elements of `row` to those of `target`.
    @inline(__always)
    package static func add(
        _ factor: Double,
        times row: UnsafeBufferPointer<Double>,
        to target: UnsafeMutableBufferPointer<Double>,
        count: Int
    ) {
        precondition(count <= row.count && count <= target.count, "the rows are shorter than count")
        let (rowBytes, targetBytes) = (UnsafeRawBufferPointer(row), UnsafeMutableRawBufferPointer(target))
        let whole = count & ~7
        for index in stride(from: 0, to: whole, by: 8) {
            let offset = index * MemoryLayout<Double>.stride
            let sum =
                targetBytes.loadUnaligned(fromByteOffset: offset, as: SIMD8<Double>.self)
                + factor * rowBytes.loadUnaligned(fromByteOffset: offset, as: SIMD8<Double>.self)
            targetBytes.storeBytes(of: sum, toByteOffset: offset, as: SIMD8<Double>.self)
        }
        for index in whole..<count { target[index] += factor * row[index] }
    }
}
