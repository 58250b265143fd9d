/// Sums of products of 16-bit integers: the inner loop of accumulating samples.
enum DotProducts {
    /// How many rows one pass over a vector serves.
    static let rows = 4

    /// The sums of the products of `vector` with each of up to four rows.
    ///
    /// - Shape: `vector` is `[n]`, `block` is `[1...4, n]`; sums of rows that are not there are 0.
    /// - Overflow: the caller guarantees that no sum of absolute products reaches 2^31.
    @inline(__always)
    static func sums(
        of vector: UnsafeBufferPointer<Int16>,
        with block: UnsafeBufferPointer<Int16>
    ) -> SIMD4<Int32> {
        let count = vector.count
        precondition(block.count <= rows * count, "at most four rows")
        if block.count == rows * count { return four(vector, block, count) }
        var sums = SIMD4<Int32>.zero
        for row in 0..<(block.count / max(count, 1)) {
            var sum: Int32 = 0
            for index in 0..<count { sum &+= Int32(vector[index]) &* Int32(block[row * count + index]) }
            sums[row] = sum
        }
        return sums
    }

    /// Written so that the compiler finds the multiply-and-add-pairs instruction in it.
    @inline(__always)
    private static func four(
        _ vector: UnsafeBufferPointer<Int16>,
        _ block: UnsafeBufferPointer<Int16>,
        _ count: Int
    ) -> SIMD4<Int32> {
        guard count > 0, let vector = vector.baseAddress, let first = block.baseAddress else { return .zero }
        let (second, third, fourth) = (first + count, first + 2 * count, first + 3 * count)
        var (sum0, sum1, sum2, sum3) = (Int32(0), Int32(0), Int32(0), Int32(0))
        for index in 0..<count {
            let value = Int32(vector[index])
            sum0 &+= value &* Int32(first[index])
            sum1 &+= value &* Int32(second[index])
            sum2 &+= value &* Int32(third[index])
            sum3 &+= value &* Int32(fourth[index])
        }
        return SIMD4(sum0, sum1, sum2, sum3)
    }
}
