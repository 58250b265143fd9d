/// Pillow's resize of one geometry: two passes, each rounded to bytes, in Pillow's order.
///
/// Source rows are resampled along themselves by blocks when a target row needs them, and kept in a ring that is
/// what target rows need at once and a block long: an image is read once, and memory does not grow with it.
struct PillowResizer: Sendable, Hashable {
    private let columns: PillowAxis
    private let rows: PillowAxis
    private let isVerticalFirst: Bool
    /// Bytes of a row of the cut.
    private let cutBytes: Int
    /// Rows of the ring.
    private let ring: Int

    init(_ geometry: ImageGeometry, kernel: ResizeKernel, curve: PillowCurve, isTurned: Bool) {
        columns = PillowAxis(geometry.columns, curve: curve, isReversed: isTurned)
        // Rows are computed in their order in the source, and written from the last up.
        rows = PillowAxis(geometry.rows, curve: curve, isReversed: false)
        isVerticalFirst = kernel.isVerticalFirst(
            from: PixelSize(width: geometry.columns.cutCount, height: geometry.rows.cutCount),
            to: PixelSize(width: geometry.columns.resizedCount, height: geometry.rows.resizedCount))
        ring = rows.reach + ResampleKernels.rowsMax
        cutBytes = geometry.columns.cutCount * 3
    }

    /// Bytes of a row of targets.
    private var outputBytes: Int { columns.count * 3 }

    func resize(
        _ source: SourceRegion, into target: TargetRegion, kernels: ResampleKernels,
        scratch: inout ResizeScratch
    ) {
        let (rowFirst, columnFirst) = (rows.identityFirst, columns.identityFirst)
        switch (rowFirst, columnFirst) {
        case (let row?, let column?):
            for index in 0..<rows.count {
                target.row(index).update(from: source.row(row + index) + column * 3, count: outputBytes)
            }
        case (let row?, nil):
            scratch.withRows(0, count: 0, besides: ResampleKernels.scratchBytes(columns)) { _, work in
                blendColumns(kernels, work, count: rows.count) {
                    (source.row(row + $0), target.row($0))
                }
            }
        case (nil, let column?):
            blendRows(kernels, into: target, byteCount: outputBytes) { source.row($0) + column * 3 }
        case (nil, nil):
            if isVerticalFirst {
                resizeRowsFirst(source, into: target, kernels, &scratch)
            } else {
                resizeColumnsFirst(source, into: target, kernels, &scratch)
            }
        }
    }

    // MARK: Two passes

    private func resizeColumnsFirst(
        _ source: SourceRegion, into target: TargetRegion, _ kernels: ResampleKernels,
        _ scratch: inout ResizeScratch
    ) {
        scratch.withRows(
            outputBytes, count: ring, besides: ResampleKernels.scratchBytes(columns)
        ) { buffers, work in
            withTaps { taps in
                var next = rows.sources.lowerBound
                for index in 0..<rows.count {
                    let first = Int(rows.firsts[index])
                    let end = first + Int(rows.counts[index])
                    while next < end {
                        let (base, count) = (
                            next, min(ResampleKernels.rowsMax, rows.sources.upperBound - next)
                        )
                        blendColumns(kernels, work, count: count) {
                            (source.row(base + $0), buffers[(base + $0) % ring])
                        }
                        next += count
                    }
                    for row in first..<end { taps[row - first] = UnsafePointer(buffers[row % ring]) }
                    kernels.rows(
                        rows, index, from: UnsafeBufferPointer(taps), into: target.row(index),
                        byteCount: outputBytes)
                }
            }
        }
    }

    private func resizeRowsFirst(
        _ source: SourceRegion, into target: TargetRegion, _ kernels: ResampleKernels,
        _ scratch: inout ResizeScratch
    ) {
        // Only the pixels that some kept column reads.
        let low = columns.sources.lowerBound * 3
        let byteCount = columns.sources.count * 3
        let block = ResampleKernels.rowsMax
        scratch.withRows(
            cutBytes, count: block, besides: ResampleKernels.scratchBytes(columns)
        ) { buffers, work in
            withTaps { taps in
                for base in stride(from: 0, to: rows.count, by: block) {
                    let count = min(block, rows.count - base)
                    for index in 0..<count {
                        setTaps(taps, of: base + index) { source.row($0) + low }
                        kernels.rows(
                            rows, base + index, from: UnsafeBufferPointer(taps), into: buffers[index] + low,
                            byteCount: byteCount)
                    }
                    blendColumns(kernels, work, count: count) {
                        (UnsafePointer(buffers[$0]), target.row(base + $0))
                    }
                }
            }
        }
    }

    // MARK: One pass

    /// Resamples `count` rows along themselves, `row` giving where each begins and goes.
    private func blendColumns(
        _ kernels: ResampleKernels, _ work: UnsafeMutablePointer<UInt8>, count: Int,
        row: (Int) -> (UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>)
    ) {
        let most = ResampleKernels.rowsMax
        withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: most) { sources in
            withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<UInt8>?.self, capacity: most) { outputs in
                for base in stride(from: 0, to: count, by: most) {
                    let block = min(most, count - base)
                    for index in 0..<block {
                        let (source, output) = row(base + index)
                        sources.initializeElement(at: index, to: source)
                        outputs.initializeElement(at: index, to: output)
                    }
                    kernels.columns(
                        columns, rows: UnsafeBufferPointer(rebasing: sources[..<block]),
                        into: UnsafeBufferPointer(rebasing: outputs[..<block]), byteCount: cutBytes,
                        scratch: work)
                }
            }
        }
    }

    /// Target rows from whole source rows, `row` giving where a source row's part begins.
    private func blendRows(
        _ kernels: ResampleKernels, into target: TargetRegion, byteCount: Int,
        row: (Int) -> UnsafePointer<UInt8>
    ) {
        withTaps { taps in
            for index in 0..<rows.count {
                setTaps(taps, of: index, row: row)
                kernels.rows(
                    rows, index, from: UnsafeBufferPointer(taps), into: target.row(index),
                    byteCount: byteCount)
            }
        }
    }

    private func setTaps(
        _ taps: UnsafeMutableBufferPointer<UnsafePointer<UInt8>?>, of index: Int,
        row: (Int) -> UnsafePointer<UInt8>
    ) {
        let first = Int(rows.firsts[index])
        for tap in 0..<Int(rows.counts[index]) { taps[tap] = row(first + tap) }
    }

    private func withTaps(_ body: (UnsafeMutableBufferPointer<UnsafePointer<UInt8>?>) -> Void) {
        withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: rows.taps) { taps in
            taps.initialize(repeating: nil)
            body(taps)
        }
    }
}
