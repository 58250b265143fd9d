public import ChipModel
public import HardenedBackbone
import QuantizedTensors

/// The hardened network, or consecutive layers of it, as SystemVerilog.
///
/// Deterministic: equal artefacts and designs give equal bytes.
public struct NetworkRTL: Sendable {
    /// The artefact whose constants become wires.
    public let artifact: BackboneArtifact
    /// When every row passes every layer; four images, which is past the start.
    public let schedule: RowSchedule
    /// The rows of all buffers.
    public let buffers: RowBufferPlan
    /// The layers that are written.
    public let range: Range<Int>
    /// The programmable head's unit; `nil` for a part of the network, which has no pool and no head.
    public let npu: NPUShape?
    /// Images under way at most.
    public let credits: Int
    let header: FileHeader

    /// Depths that a layer's core can have, in register stages.
    public static let depths = 3...DepthPlan.range.upperBound
    /// Most images under way: the depth of the feature queue.
    public static let creditsMax = 1_024

    /// The whole network with a pool and an NPU.
    ///
    /// - Parameter credits: images under way at most; by default as few as never hold the pipeline up.
    /// - Throws: ``NetworkRTLError``.
    public init(
        _ artifact: BackboneArtifact,
        plan: LanePlan,
        depth: DepthPlan,
        npu: NPUShape,
        credits: Int? = nil,
        generator: String
    ) throws(NetworkRTLError) {
        try self.init(
            artifact, plan: plan, depth: depth, range: artifact.network.layers.indices, npu: npu,
            credits: credits, generator: generator)
    }

    /// Consecutive layers alone, as they stand in the whole network: same lanes, same buffers.
    ///
    /// - Throws: ``NetworkRTLError``.
    public init(
        _ artifact: BackboneArtifact,
        plan: LanePlan,
        depth: DepthPlan,
        layers range: Range<Int>,
        generator: String
    ) throws(NetworkRTLError) {
        try self.init(
            artifact, plan: plan, depth: depth, range: range, npu: nil, credits: nil, generator: generator)
    }

    private init(
        _ artifact: BackboneArtifact,
        plan: LanePlan,
        depth: DepthPlan,
        range: Range<Int>,
        npu: NPUShape?,
        credits: Int?,
        generator: String
    ) throws(NetworkRTLError) {
        let network = artifact.network
        precondition(
            plan.network == network && network.layers.indices.contains(range.lowerBound)
                && range.upperBound <= network.layers.count && !range.isEmpty, "a plan for another network")
        guard plan.cyclesPerImage >= network.inputSize else {
            throw .severalRowsPerCycle(cycles: plan.cyclesPerImage, rows: network.inputSize)
        }
        for (layer, depth) in zip(network.layers, depth.layers) where !Self.depths.contains(depth) {
            throw .badDepth(layer: layer.name, found: depth)
        }
        for index in range {
            guard let source = network.layers[index].residualSource, source < range.lowerBound - 1 else {
                continue
            }
            throw .cutResidual(layer: network.layers[index].name, first: network.layers[source + 1].name)
        }
        self.artifact = artifact
        self.range = range
        self.npu = npu
        schedule = RowSchedule(plan: plan, depth: depth, images: 4)
        buffers = RowBufferPlan(schedule)
        let service = npu.map { $0.words } ?? 0
        let fullRate = HeadService(weights: max(1, service), macs: 1).fullRateCredits(
            interval: plan.cyclesPerImage, latency: schedule.latency)
        self.credits = credits ?? min(Self.creditsMax, fullRate)
        header = FileHeader(artifact, generator: generator)
    }

    /// The schedule of `images` images back to back.
    public func schedule(images: Int) -> RowSchedule {
        RowSchedule(plan: schedule.plan, depth: schedule.depth, images: max(1, images))
    }

    /// Module that a bench instantiates: the whole chip, or a part with valid and ready at its input.
    public var topModule: String { npu == nil ? BlockText.module : TopText.module }

    /// Pixels of one input beat.
    public var inputLanes: LanePlan.Layer {
        range.lowerBound == 0 ? schedule.plan.input : schedule.plan.layers[range.lowerBound - 1]
    }

    /// All files but the layers' cores.
    public var files: [RTLFile] {
        let layers = artifact.network.layers
        var files = range.map { index in
            let stage = stage(index)
            return RTLFile(
                module: stage.module, folder: "network/", header: header,
                facts: FileHeader.facts(layers[index], artifact.layers[index])
                    + [
                        "\(stage.lanes.lanes) lanes, \(stage.lanes.cyclesPerRow) beats a row, depth \(stage.depth)"
                    ],
                text: stage.text)
        }
        func add(_ module: String, _ text: String, facts: [String] = []) {
            files.append(
                RTLFile(module: module, folder: "network/", header: header, facts: facts, text: text))
        }
        let backbone = backbone
        let first = range.lowerBound
        add(BackboneText.module, backbone.text)
        var bufferRows = [buffers.inputs[first].rows]
        if let reader = backbone.inputReader, let residual = buffers.residuals[reader] {
            bufferRows.append(residual.rows)
        }
        add(
            AdmissionText.module,
            AdmissionText(
                rows: layers[first].input.height, beats: inputLanes.cyclesPerRow,
                dataBits: backbone.inputBits,
                bufferRows: bufferRows, credits: npu == nil ? nil : credits
            ).text)
        guard let npu else {
            add(BlockText.module, BlockText(backbone: backbone).text)
            return files
        }
        let last = schedule.plan.layers[layers.count - 1]
        add(
            PoolText.module,
            PoolText(
                network: artifact.network, lanes: last.lanes, cyclesPerRow: last.cyclesPerRow,
                shift: Int(artifact.poolShift)
            ).text)
        for (module, bits) in [(TopText.featureQueue, npu.features * 8), (TopText.tagQueue, 65)] {
            add(module, QueueText(module: module, bits: bits, depth: credits).text)
        }
        let unit = NPUText(shape: npu)
        add(NPUText.module, unit.text)
        let top = TopText(backbone: backbone, features: npu.features, npu: unit)
        add(TopText.module, top.text, facts: TopText.protocolText(lanes: inputLanes.lanes))
        return files
    }

    /// Files of the core of layer `index`.
    public func core(_ index: Int, style: CoreStyle) -> [RTLFile] {
        let (layer, parameters) = (artifact.network.layers[index], artifact.layers[index])
        let depth = schedule.depth.layers[index]
        switch style {
        case .simulation: return SimulationCore(layer, parameters, depth: depth).files(header)
        case .area:
            let core = AreaCore(layer, parameters, depth: depth)
            return ((0..<core.partCount).map(core.part) + [core.top()]).map { part in
                RTLFile(
                    module: part.module, folder: "cores/", header: header,
                    facts: FileHeader.facts(layer, parameters), text: part.text)
            }
        }
    }

    /// Files that all cores of a style share.
    public func sharedFiles(style: CoreStyle) -> [RTLFile] {
        guard style == .area else { return [] }
        return [
            RTLFile(
                name: "cores/\(CellWrappers.fileName)",
                bytes: Array((header.text(module: "adders", facts: []) + CellWrappers.behaviour).utf8))
        ]
    }

    /// The files of a bench and of everything under it, in simulation order.
    public func allFiles(style: CoreStyle) -> [RTLFile] {
        files + range.flatMap { core($0, style: style) } + sharedFiles(style: style)
    }

    private var backbone: BackboneText {
        let layers = artifact.network.layers
        return BackboneText(
            layers: layers, range: range, stages: range.map(stage),
            inputBits: inputLanes.lanes * layers[range.lowerBound].input.channels * 8)
    }

    private func stage(_ index: Int) -> StageText {
        let layers = artifact.network.layers
        let plan = schedule.plan
        let readers = BackboneText.readers(of: index, layers: layers, range: range).map { reader in
            StageReader(
                rows: reader.isResidual
                    ? buffers.residuals[reader.layer]?.rows ?? 1 : buffers.inputs[reader.layer].rows)
        }
        return StageText(
            layer: layers[index], lanes: plan.layers[index],
            writeLanes: index == 0 ? plan.input.lanes : plan.layers[index - 1].lanes,
            residualLanes: layers[index].residualSource.map { plan.layers[$0].lanes } ?? 0,
            depth: schedule.depth.layers[index], input: buffers.inputs[index],
            residual: buffers.residuals[index], readers: readers, padding: artifact.inputMean)
    }
}
