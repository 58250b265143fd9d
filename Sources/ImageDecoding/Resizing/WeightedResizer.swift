/// The product's own resize of one geometry, in integers: kernels `area` and `linear`.
///
/// Specification `hsf-resize-1`. Each axis is treated alike and apart. Let an axis have `n` source and `m`
/// target samples; all divisions below round down. For target `i`:
///
/// - `m < n`, area average (kernel `area` only). In units of `1/m` of a source sample, target `i` covers
///   `[i*n, (i+1)*n)` and source `j` covers `[j*m, (j+1)*m)`. Walking its sources upwards, let `c` be the
///   length covered so far, the present source included; then `W = (2*c*4096 + n) / (2*n)`, and the
///   source's weight is `W` less the previous `W` (0 at first).
/// - else linear with half-pixel centres. `p = (2*i+1)*n - m`; `low = p / (2*m)` (toward negative
///   infinity), `r = p - low*2*m`; the weight of source `low+1` is `(r*4096 + m) / (2*m)`, that of `low`
///   is 4096 less that. A source index outside the axis is moved to the nearest inside.
///
/// Weights of a target sum to 4096 on each axis. With `v` the sum over both axes of
/// `weightY * weightX * sample`, each channel of the result is `(v + 2^23) >> 24`: one rounding, half up,
/// so the order of the passes does not matter.
///
/// - Overflow: none; `v + 2^23 <= 255 * 2^24 + 2^23 < 2^32`.
struct WeightedResizer: Sendable, Hashable {
    private let columns: ResizeAxis
    private let rows: ResizeAxis
    /// The pixels of a source row that are read.
    private let span: Range<Int>

    init(_ geometry: ImageGeometry, antialiases: Bool, isTurned: Bool) {
        columns = ResizeAxis(geometry.columns, antialiases: antialiases, isReversed: isTurned)
        // Rows are computed in their order in the source, and written from the last up.
        rows = ResizeAxis(geometry.rows, antialiases: antialiases, isReversed: false)
        span = columns.sources
    }

    /// - Cost: about three multiplications for each sample that some kept target reads, along each axis;
    ///   allocates only when `scratch` is smaller than a source row.
    func resize(_ source: SourceRegion, into target: TargetRegion, scratch: inout ResizeScratch) {
        if columns.isIdentity && rows.isIdentity {
            for y in 0..<rows.count {
                target.row(y).update(from: source.row(y), count: columns.count * 3)
            }
            return
        }
        scratch.withSums(count: span.count * 3) { row in
            for y in 0..<rows.count {
                blendRows(source, y, into: row)
                blendColumns(row - span.lowerBound * 3, into: target.row(y))
            }
        }
    }

    /// The weighted sum of the source rows of target row `y`; 20 bits per sample.
    private func blendRows(_ source: SourceRegion, _ y: Int, into row: UnsafeMutablePointer<UInt32>) {
        let count = span.count * 3
        let first = rows.firsts[y]
        let taps = rows.weights[rows.starts[y]..<rows.starts[y + 1]]
        for (index, weight) in taps.enumerated() {
            let from = source.row(first + index) + span.lowerBound * 3
            if index == 0 {
                for x in 0..<count { row[x] = weight &* UInt32(from[x]) }
            } else {
                for x in 0..<count { row[x] &+= weight &* UInt32(from[x]) }
            }
        }
    }

    /// The weighted sum along a blended row, rounded to samples.
    private func blendColumns(_ row: UnsafePointer<UInt32>, into target: UnsafeMutablePointer<UInt8>) {
        columns.withTaps { firsts, starts, weights in
            for x in 0..<columns.count {
                var red: UInt32 = 1 << 23
                var green: UInt32 = 1 << 23
                var blue: UInt32 = 1 << 23
                var from = row + firsts[x] * 3
                for tap in starts[x]..<starts[x + 1] {
                    let weight = weights[tap]
                    red &+= weight &* from[0]
                    green &+= weight &* from[1]
                    blue &+= weight &* from[2]
                    from += 3
                }
                target[x * 3] = UInt8(truncatingIfNeeded: red >> 24)
                target[x * 3 + 1] = UInt8(truncatingIfNeeded: green >> 24)
                target[x * 3 + 2] = UInt8(truncatingIfNeeded: blue >> 24)
            }
        }
    }
}
