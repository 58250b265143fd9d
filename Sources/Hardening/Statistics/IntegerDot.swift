/// Exact dot products of 16-bit integers.
enum IntegerDot {
    /// Elements whose products fit a 32-bit sum: `128 * 255 * 32767 < 2^31`.
    private static let block = 128

    /// The sum of the products.
    ///
    /// - Range: one of the factors is within ±255 everywhere.
    static func dot(_ left: UnsafePointer<Int16>, _ right: UnsafePointer<Int16>, count: Int) -> Int64 {
        var total: Int64 = 0
        var start = 0
        while start < count {
            let end = min(start &+ block, count)
            var sum: Int32 = 0
            for index in start..<end { sum &+= Int32(left[index]) &* Int32(right[index]) }
            total &+= Int64(sum)
            start = end
        }
        return total
    }
}
