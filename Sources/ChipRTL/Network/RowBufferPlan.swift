public import ChipModel
import HardenedBackbone
import QuantizedTensors

/// How many rows each buffer of the emitted pipeline has, and when a row of it may be overwritten.
///
/// A layer takes a free row of the buffer behind it when it starts an output row, and writes it from `depth - 1`
/// cycles later on. The reader gives rows back a fixed number of beats into the row that reads them last:
/// it reads from left to right without a pause, and so does the writer write, so the writer only has to stay
/// behind. Free rows are counted in registers: a row given back in one cycle can be taken in the next.
///
/// The row counts are the most rows taken at once under ``RowSchedule``: with them no start of the schedule
/// waits for a free row, with one less some start would.
public struct RowBufferPlan: Hashable, Sendable {
    /// One buffer.
    public struct Buffer: Hashable, Sendable {
        /// Rows it holds.
        public let rows: Int
        /// Beat of the last reading row in which the row is given back, from 0.
        public let releaseBeat: Int
    }

    /// The buffer in front of each layer.
    public let inputs: [Buffer]
    /// The buffer of the residual operand of each layer, where there is one.
    public let residuals: [Buffer?]

    /// Plans the buffers of a schedule of at least two images.
    public init(_ schedule: RowSchedule) {
        let layers = schedule.plan.network.layers
        let writers = layers.indices.map { index in
            index == 0
                ? Writer(
                    begin: schedule.inputBegins, lanes: schedule.plan.input.lanes, delay: 0)
                : Writer(schedule, layer: index - 1)
        }
        inputs = layers.indices.map { index in
            let layer = layers[index]
            let lanes = schedule.plan.layers[index]
            let release = Self.release(writers[index], columns: layer.input.width) { column in
                let first = layer.kernelSize == 1 ? column : column + 1
                return min(lanes.cyclesPerRow - 1, first / (lanes.lanes * layer.stride))
            }
            let given = writers[index].begin.indices.map { row in
                let image = row / layer.input.height
                let reader = layer.lastReader(of: row % layer.input.height)
                return schedule.layers[index].begin[image * lanes.rows + reader] + release
            }
            return Buffer(
                rows: max(layer.kernelSize, RowSchedule.peak(writers[index].begin, given)),
                releaseBeat: release - 1)
        }
        residuals = layers.indices.map { index in
            guard let source = layers[index].residualSource else { return nil }
            let writer = Writer(schedule, layer: source)
            let lanes = schedule.plan.layers[index]
            let release = Self.release(writer, columns: layers[index].output.width) { $0 / lanes.lanes }
            let given = schedule.layers[index].begin.map { $0 + release }
            return Buffer(rows: RowSchedule.peak(writer.begin, given), releaseBeat: release - 1)
        }
    }

    /// Who writes a buffer.
    private struct Writer {
        let begin: [Int]
        let lanes: Int
        /// Cycles from the start of a row to the write of its first beat.
        let delay: Int

        init(begin: [Int], lanes: Int, delay: Int) {
            (self.begin, self.lanes, self.delay) = (begin, lanes, delay)
        }

        init(_ schedule: RowSchedule, layer: Int) {
            self.init(
                begin: schedule.layers[layer].begin, lanes: schedule.plan.layers[layer].lanes,
                delay: schedule.depth.layers[layer] - 1)
        }
    }

    /// The fewest cycles, at least one, from the start of the last reading row to the start of the row that
    /// overwrites, such that no column is written before it was read.
    private static func release(_ writer: Writer, columns: Int, lastBeat: (Int) -> Int) -> Int {
        (0..<columns).reduce(1) { max($0, lastBeat($1) - $1 / writer.lanes - writer.delay) }
    }

    /// Bytes of activations in all buffers.
    public func bytes(_ plan: LanePlan) -> Int {
        zip(plan.network.layers, zip(inputs, residuals)).reduce(0) { sum, next in
            let (layer, (input, residual)) = next
            return sum + input.rows * layer.input.width * layer.input.channels
                + (residual?.rows ?? 0) * layer.output.width * layer.output.channels
        }
    }
}

extension RowSchedule {
    /// Cycle in which each input row's first beat enters: its last one enters right before the row is there.
    public var inputBegins: [Int] {
        let rows = plan.input.rows
        return (0..<images * rows).map { row in
            let arrival = ((row + 1) * plan.cyclesPerImage - 1) / rows + 1
            return arrival - plan.input.cyclesPerRow
        }
    }
}
