import ChipRTL
import ChipTools

/// The widest channel of a layer between registers, as cells of a library; its bytes are those of the specification.
struct NeuronNetlist {
    /// The layer.
    let files: CoreFiles
    /// Output channel.
    let channel: Int
    /// The channel's entry.
    let part: RTLManifest.Part
    /// Without hierarchy.
    let netlist: GateNetlist
    /// Output bytes that were compared with the specification, all equal.
    let comparedBytes: Int

    /// Clocks from an input to the output: input register, cuts, output register.
    var clocks: Int { 3 + (files.entry.earlyCutRows == nil ? 0 : 1) }

    /// Synthesises and compares.
    ///
    /// - Parameter index: of a layer of the network.
    /// - Throws: ``ToolError``; ``SynthesisError`` for a netlist that gives a wrong byte.
    init(_ index: Int, of design: NetworkSynthesis.Design, tools: SynthesisTools, run: YosysRun) throws {
        files = design.files(index)
        let entry = files.entry
        channel = files.widestChannel
        let neuron = files.timedNeuron(channel)
        part = neuron.part
        let product = try run.synthesise(part.module, text: neuron.text, isFlat: true)
        var blif = BLIFDesign()
        try blif.add(product.netlist, named: part.module)
        let vectors = try VectorFile(
            files.files[0].bytes, file: entry.vectors, windowBytes: entry.windowBytes,
            channels: entry.channels, hasResidual: entry.hasResidual)
        comparedBytes = try NetlistComparison(layer: entry, vectors: vectors, inputStages: 1)
            .compare(try MappedNetlist(blif, top: part.module, libraries: tools.libraries), part)
        netlist = try GateNetlist(product.flatNetlist ?? [], file: part.module, top: part.module)
    }
}
