/// What is known of offsets of one partition that mostly come in ascending order. Pure.
///
/// Memory: 8 bytes and a value for each offset, up to twice that while the arrays grow; about 60 bytes for one that came below a
/// higher one.
package struct OffsetTable<Value: Sendable>: Sendable {
    private var offsets: [Int64] = []
    private var values: [Value] = []
    private var late: [Int64: Value] = [:]

    /// Knows of none.
    package init() {}

    /// How many offsets are known.
    package var count: Int { offsets.count + late.count }

    /// How many of them came below a higher one.
    package var lateCount: Int { late.count }

    /// The highest; `nil` of none.
    package var highest: Int64? { offsets.last }

    /// What is known of an offset.
    package subscript(_ offset: Int64) -> Value? {
        if let place = place(of: offset) { return values[place] }
        return late.isEmpty ? nil : late[offset]
    }

    /// Learns of an offset, in place of what was known of it.
    package mutating func set(_ value: Value, at offset: Int64) {
        guard let last = offsets.last, offset <= last else {
            offsets.append(offset)
            values.append(value)
            return
        }
        if let place = place(of: offset) {
            values[place] = value
        } else {
            late[offset] = value
        }
    }

    /// How many have a value that fits.
    package func count(where fits: (Value) -> Bool) -> Int {
        values.count(where: fits) + late.values.count(where: fits)
    }

    /// The lowest of those that have a value that fits, `limit` at most.
    package func lowest(_ limit: Int, where fits: (Value) -> Bool) -> [Int64] {
        var found: [Int64] = []
        for (offset, value) in zip(offsets, values) {
            guard found.count < limit else { break }
            if fits(value) { found.append(offset) }
        }
        found += late.filter { fits($0.value) }.keys
        return Array(found.sorted().prefix(limit))
    }

    private func place(of offset: Int64) -> Int? {
        var (low, high) = (0, offsets.count)
        // Records of one shard follow each other.
        if let last = offsets.last, offset >= last { low = high - 1 }
        while low < high {
            let middle = (low + high) / 2
            if offsets[middle] < offset { low = middle + 1 } else { high = middle }
        }
        return low < offsets.count && offsets[low] == offset ? low : nil
    }
}
