import HardenedBackbone
import QuantizedTensors

/// The row pipeline as a machine: registers and counters that all step in every cycle.
///
/// It knows nothing of ``RowSchedule``: a layer counts the rows that it has been given, works on one row for so
/// many cycles, and hands it on through a shift register of as many stages as the layer is deep. The two must
/// agree to the cycle, for every row of every layer.
public struct RowMachine: Sendable {
    /// One layer's registers, and what was seen of them.
    public struct Stage: Sendable {
        /// Cycle in which each output row was begun, images one after the other.
        public fileprivate(set) var begin: [Int] = []
        /// Cycle in which each output row could first be read.
        public fileprivate(set) var available: [Int] = []
        /// Most input rows held at once.
        public fileprivate(set) var inputRows = 0
        /// Most rows of the block's input held at once for the residual addition.
        public fileprivate(set) var residualRows = 0
        /// What the layer did, cycle by cycle.
        public fileprivate(set) var cycles = StageCycles()

        /// Rows of one image, in and out.
        fileprivate let inputHeight: Int
        fileprivate let outputHeight: Int
        fileprivate let stride: Int
        /// Whether a window has a row above and one below its middle.
        fileprivate let isWindow: Bool
        /// The layer whose output is added.
        fileprivate let residualSource: Int?
        fileprivate let cyclesPerRow: Int
        fileprivate let depth: Int
        /// Input rows given so far, of all images.
        fileprivate var received = 0
        /// Input rows that no row to come reads any more.
        fileprivate var released = 0
        /// Cycles left of the row in progress; 0 when there is none.
        fileprivate var remaining = 0
        /// Rows that went into the register stages, and rows that came out.
        fileprivate var finished = 0
        fileprivate var sent = 0
        /// Bit `k`: a finished row is in register stage `k`.
        fileprivate var registers: UInt32 = 0
    }

    /// The layers in order.
    public private(set) var stages: [Stage]
    /// Cycles stepped so far.
    public private(set) var cycle = 0

    private let cyclesPerImage: Int
    private let inputRows: Int
    private var isEntering = false
    /// Pixels of the row that is entering, in units of `1 / T` row.
    private var filled = 0
    private var entered = 0

    /// An empty pipeline.
    public init(plan: LanePlan, depth: DepthPlan) {
        precondition(depth.layers.count == plan.layers.count, "one depth per layer")
        cyclesPerImage = plan.cyclesPerImage
        inputRows = plan.network.inputSize
        stages = plan.network.layers.indices.map {
            Stage(
                layer: plan.network.layers[$0], cyclesPerRow: plan.layers[$0].cyclesPerRow,
                depth: depth.layers[$0])
        }
    }

    /// Steps until one image from each of `entries` has left the last layer.
    ///
    /// - Range: `entries` rising, at least `T` apart, from the current cycle on.
    public mutating func run(entries: [Int]) {
        let last = stages.count - 1
        let target = stages[last].sent + entries.count * stages[last].outputHeight
        var next = 0
        while stages[last].sent < target {
            let enters = next < entries.count && entries[next] == cycle
            if enters { next += 1 }
            step(imageEnters: enters)
        }
    }

    /// One cycle of everything.
    public mutating func step(imageEnters: Bool) {
        if isEntering { stepInput() }
        if imageEnters {
            precondition(!isEntering, "the image before has not entered yet")
            (isEntering, filled, entered) = (true, 0, 0)
        }
        // Upstream first: a layer without register stages hands its row on in the same cycle.
        for index in stages.indices {
            var sends = false
            let depth = stages[index].depth
            if depth > 0 {
                sends = stages[index].registers >> UInt32(depth - 1) & 1 == 1
                stages[index].registers <<= 1
            }
            if sends { send(from: index) }
            if work(index) {
                if depth == 0 { send(from: index) } else { stages[index].registers |= 1 }
            }
        }
        cycle += 1
    }

    private mutating func stepInput() {
        filled += inputRows
        while filled >= cyclesPerImage, entered < inputRows {
            filled -= cyclesPerImage
            entered += 1
            stages[0].receive()
        }
        if entered == inputRows { isEntering = false }
    }

    private mutating func send(from index: Int) {
        stages[index].sent += 1
        stages[index].available.append(cycle)
        if index + 1 < stages.count { stages[index + 1].receive() }
    }

    /// Whether the layer finished a row in this cycle.
    private mutating func work(_ index: Int) -> Bool {
        if stages[index].remaining == 0 {
            let residual = stages[index].residualSource.map { stages[$0].sent }
            guard stages[index].begins(at: cycle, residual: residual) else { return false }
        }
        stages[index].remaining -= 1
        stages[index].cycles.working += 1
        if let source = stages[index].residualSource {
            let held = stages[source].sent - stages[index].finished
            if held > stages[index].residualRows { stages[index].residualRows = held }
        }
        guard stages[index].remaining == 0 else { return false }
        stages[index].finish()
        return true
    }
}

extension RowMachine.Stage {
    fileprivate init(layer: NetworkLayer, cyclesPerRow: Int, depth: Int) {
        (inputHeight, outputHeight) = (layer.input.height, layer.output.height)
        (stride, isWindow) = (layer.stride, layer.kernelSize == 3)
        residualSource = layer.residualSource
        (self.cyclesPerRow, self.depth) = (cyclesPerRow, depth)
    }

    fileprivate mutating func receive() {
        received += 1
        inputRows = max(inputRows, received - released)
    }

    /// Begins the next row if all that it reads is there; `residual` counts the rows of the block's input.
    fileprivate mutating func begins(at cycle: Int, residual: Int?) -> Bool {
        let image = finished / outputHeight
        let row = finished % outputHeight
        // A 3x3 window reaches one row below its middle, except at the bottom of the image.
        let reach = isWindow ? row * stride + 1 : row
        let rows = image * inputHeight + min(reach + 1, inputHeight)
        guard received >= rows, residual.map({ $0 > finished }) ?? true else {
            if row == 0 { cycles.waitingForImage += 1 } else { cycles.waitingForRow += 1 }
            return false
        }
        begin.append(cycle)
        remaining = cyclesPerRow
        return true
    }

    /// Ends a row: the rows above the next window are free.
    fileprivate mutating func finish() {
        let row = finished % outputHeight + 1
        let image = finished / outputHeight
        finished += 1
        let top = isWindow ? row * stride - 1 : row
        released =
            image * inputHeight + (row == outputHeight ? inputHeight : max(0, top))
    }
}
