/// Pillow's resize of one geometry: two passes, each rounded to bytes, in Pillow's order.
///
/// Rows are resampled when the next target row needs them, and kept in a ring no longer than a target's
/// taps: an image is read once, and memory does not grow with it.
struct PillowResizer: Sendable, Hashable {
    private let columns: PillowAxis
    private let rows: PillowAxis
    private let isVerticalFirst: Bool

    init(_ geometry: ImageGeometry, kernel: ResizeKernel, curve: PillowCurve, isTurned: Bool) {
        columns = PillowAxis(geometry.columns, curve: curve, isReversed: isTurned)
        // Rows are computed in their order in the source, and written from the last up.
        rows = PillowAxis(geometry.rows, curve: curve, isReversed: false)
        isVerticalFirst = kernel.isVerticalFirst(
            from: PixelSize(width: geometry.columns.cutCount, height: geometry.rows.cutCount),
            to: PixelSize(width: geometry.columns.resizedCount, height: geometry.rows.resizedCount))
    }

    /// Bytes of a row of targets.
    private var outputBytes: Int { columns.count * 3 }

    func resize(
        _ source: SourceRegion, into target: TargetRegion, kernels: ResampleKernels,
        scratch: inout ResizeScratch
    ) {
        if let first = rows.identityFirst {
            resizeColumns(source, from: first, into: target, kernels, &scratch)
        } else if let first = columns.identityFirst {
            blendRows(into: target, kernels, byteCount: outputBytes) { source.row($0) + first * 3 }
        } else if isVerticalFirst {
            resizeRowsFirst(source, into: target, kernels, &scratch)
        } else {
            resizeColumnsFirst(source, into: target, kernels, &scratch)
        }
    }

    // MARK: One pass

    private func resizeColumns(
        _ source: SourceRegion, from first: Int, into target: TargetRegion, _ kernels: ResampleKernels,
        _ scratch: inout ResizeScratch
    ) {
        if let column = columns.identityFirst {
            for index in 0..<rows.count {
                target.row(index).update(from: source.row(first + index) + column * 3, count: outputBytes)
            }
            return
        }
        scratch.withRows(padded, count: 2) { copies in
            for index in stride(from: 0, to: rows.count, by: 2) {
                let hasSecond = index + 1 < rows.count
                let second = hasSecond ? readableRow(source, first + index + 1, copies[1]) : nil
                kernels.columns(
                    columns, rows: (readableRow(source, first + index, copies[0]), second),
                    into: (target.row(index), hasSecond ? target.row(index + 1) : nil))
            }
        }
    }

    /// Target rows from whole source rows, `row` giving where a source row's part begins.
    private func blendRows(
        into target: TargetRegion, _ kernels: ResampleKernels, byteCount: Int,
        row: (Int) -> UnsafePointer<UInt8>
    ) {
        var taps = [UnsafePointer<UInt8>?](repeating: nil, count: rows.taps)
        for index in 0..<rows.count {
            setTaps(&taps, of: index, row: row)
            kernels.rows(rows, index, from: taps, into: target.row(index), byteCount: byteCount)
        }
    }

    // MARK: Two passes

    private func resizeColumnsFirst(
        _ source: SourceRegion, into target: TargetRegion, _ kernels: ResampleKernels,
        _ scratch: inout ResizeScratch
    ) {
        let ring = rows.taps + 2
        scratch.withRows(max(padded, outputBytes), count: ring + 2) { buffers in
            var taps = [UnsafePointer<UInt8>?](repeating: nil, count: rows.taps)
            var next = Int(rows.firsts[0])
            for index in 0..<rows.count {
                let first = Int(rows.firsts[index])
                let end = min(first + rows.taps, rows.sourceEnd)
                next = max(next, first)
                while next < end {
                    let hasSecond = next + 1 < rows.sourceEnd
                    kernels.columns(
                        columns,
                        rows: (
                            readableRow(source, next, buffers[ring]),
                            hasSecond ? readableRow(source, next + 1, buffers[ring + 1]) : nil
                        ),
                        into: (buffers[next % ring], hasSecond ? buffers[(next + 1) % ring] : nil))
                    next += hasSecond ? 2 : 1
                }
                setTaps(&taps, of: index) { UnsafePointer(buffers[$0 % ring]) }
                kernels.rows(rows, index, from: taps, into: target.row(index), byteCount: outputBytes)
            }
        }
    }

    private func resizeRowsFirst(
        _ source: SourceRegion, into target: TargetRegion, _ kernels: ResampleKernels,
        _ scratch: inout ResizeScratch
    ) {
        // Only the pixels that some kept column reads.
        let low = Int(columns.firsts.min() ?? 0) * 3
        let byteCount = columns.sourceEnd * 3 - low
        scratch.withRows(padded, count: 1) { buffers in
            var taps = [UnsafePointer<UInt8>?](repeating: nil, count: rows.taps)
            for index in 0..<rows.count {
                setTaps(&taps, of: index) { source.row($0) + low }
                kernels.rows(rows, index, from: taps, into: buffers[0] + low, byteCount: byteCount)
                kernels.columns(columns, rows: (UnsafePointer(buffers[0]), nil), into: (target.row(index), nil))
            }
        }
    }

    // MARK: Parts

    /// Points at the rows of a target's taps; those of weight 0 beyond the source at one that exists.
    private func setTaps(
        _ taps: inout [UnsafePointer<UInt8>?], of index: Int, row: (Int) -> UnsafePointer<UInt8>
    ) {
        let first = Int(rows.firsts[index])
        for tap in taps.indices {
            taps[tap] = row(first + tap < rows.sourceEnd ? first + tap : first)
        }
    }

    /// How many bytes of a row the column kernels may read, from its first pixel on.
    private var padded: Int {
        let last = Int(max(columns.firsts.first ?? 0, columns.firsts.last ?? 0))
        return max(columns.sourceCount, last + (columns.taps + 3) & ~3) * 3 + 16
    }

    /// A source row, copied to `copy` if the kernels might read beyond the image.
    private func readableRow(
        _ source: SourceRegion, _ row: Int, _ copy: UnsafeMutablePointer<UInt8>
    ) -> UnsafePointer<UInt8> {
        guard source.readable(row) < padded else { return source.row(row) }
        copy.update(from: source.row(row), count: columns.sourceCount * 3)
        return UnsafePointer(copy)
    }
}
