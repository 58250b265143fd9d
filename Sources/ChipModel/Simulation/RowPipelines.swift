import HardenedBackbone
import QuantizedTensors

/// The rows of several datapaths, event by event, where neighbours may share one copy of a layer.
///
/// A copy works on one row at a time. Rows of several datapaths that wait for it are taken in turn. Each datapath
/// keeps its own rows: line buffers and residual FIFOs are not shared.
struct RowPipelines: Sendable {
    /// One layer of one datapath.
    private struct Lane {
        var received = 0
        var begun = 0
        var finished = 0
        var released = 0
    }

    /// One copy of a layer.
    private struct Copy {
        /// The datapath whose row it works on.
        var owner: Int?
        /// The datapath that had its last row.
        var last = -1
    }

    /// Most input rows of a layer that one datapath held at once, by layer.
    private(set) var inputRows: [Int]
    /// Most rows of a block's input that one datapath held for the residual addition, by layer.
    private(set) var residualRows: [Int]

    private let plan: LanePlan
    private let depth: DepthPlan
    private let datapaths: Int
    /// How many datapaths use one copy, by layer.
    private let sharers: [Int]
    private var lanes: [[Lane]]
    private var copies: [[Copy]]

    init(plan: LanePlan, depth: DepthPlan, datapaths: Int, sharers: [Int]) {
        (self.plan, self.depth, self.datapaths, self.sharers) = (plan, depth, datapaths, sharers)
        let count = plan.layers.count
        inputRows = Array(repeating: 0, count: count)
        residualRows = inputRows
        lanes = Array(repeating: Array(repeating: Lane(), count: datapaths), count: count)
        copies = sharers.map { Array(repeating: Copy(), count: (datapaths - 1) / $0 + 1) }
    }

    /// An image enters `datapath` at `cycle`: its input rows will arrive.
    func enter(_ datapath: Int, at cycle: Int, _ events: inout EventQueue) {
        let rows = plan.network.inputSize
        for row in 1...rows {
            let arrival = cycle + (row * plan.cyclesPerImage - 1) / rows + 1
            events.push(ChipEvent(cycle: arrival, kind: .row, unit: Int32(datapath)))
        }
    }

    /// An input row has come to a layer.
    mutating func receive(_ event: ChipEvent, _ events: inout EventQueue) {
        let (layer, datapath) = (Int(event.layer), Int(event.unit))
        lanes[layer][datapath].received += 1
        let lane = lanes[layer][datapath]
        inputRows[layer] = max(inputRows[layer], lane.received - lane.released)
        begin(layer, copy: datapath / sharers[layer], at: event.cycle, &events)
    }

    /// A copy has ended its row.
    mutating func end(_ event: ChipEvent, _ events: inout EventQueue) {
        let (layer, copy) = (Int(event.layer), Int(event.unit))
        guard let datapath = copies[layer][copy].owner else { return }
        copies[layer][copy].owner = nil
        let description = plan.network.layers[layer]
        let row = lanes[layer][datapath].finished
        if let source = description.residualSource {
            // The layer behind the source has received the rows that the source has handed on.
            let held = lanes[source + 1][datapath].received - row
            residualRows[layer] = max(residualRows[layer], held)
        }
        let image = row / description.output.height
        let next = row % description.output.height + 1
        lanes[layer][datapath].finished += 1
        let top = description.kernelSize == 3 ? max(0, next * description.stride - 1) : next
        lanes[layer][datapath].released =
            image * description.input.height
            + (next == description.output.height ? description.input.height : top)
        begin(layer, copy: copy, at: event.cycle, &events)
    }

    /// Begins a row on a free copy: the next datapath in turn whose row can begin.
    private mutating func begin(_ layer: Int, copy: Int, at cycle: Int, _ events: inout EventQueue) {
        guard copies[layer][copy].owner == nil else { return }
        let first = copy * sharers[layer]
        let count = min(sharers[layer], datapaths - first)
        let turn = copies[layer][copy].last
        for step in 1...count {
            let datapath = turn < 0 ? first + step - 1 : first + (turn - first + step) % count
            guard canBegin(layer, datapath) else { continue }
            copies[layer][copy] = Copy(owner: datapath, last: datapath)
            lanes[layer][datapath].begun += 1
            let end = cycle + plan.layers[layer].cyclesPerRow
            events.push(
                ChipEvent(cycle: end, kind: .rowEnd, layer: Int32(layer), unit: Int32(copy)))
            hand(on: layer, datapath, at: end - 1 + depth.layers[layer], &events)
            return
        }
    }

    private func hand(on layer: Int, _ datapath: Int, at cycle: Int, _ events: inout EventQueue) {
        if layer + 1 < plan.layers.count {
            events.push(
                ChipEvent(cycle: cycle, kind: .row, layer: Int32(layer + 1), unit: Int32(datapath)))
        } else if lanes[layer][datapath].begun % plan.layers[layer].rows == 0 {
            events.push(ChipEvent(cycle: cycle, kind: .features, unit: Int32(datapath)))
        }
    }

    private func canBegin(_ layer: Int, _ datapath: Int) -> Bool {
        let lane = lanes[layer][datapath]
        let description = plan.network.layers[layer]
        let image = lane.begun / description.output.height
        let needed = description.lastInputRow(of: lane.begun % description.output.height)
        return lane.received > image * description.input.height + needed
    }
}
