import Artifacts
public import ChipRTL
public import ChipTools
import Foundation

/// Takes the parts of an RTL folder through Yosys one by one and simulates every netlist to the byte.
///
/// Results are files of their own, so that a run that was stopped goes on where it was.
public struct PartSynthesis {
    let folder: RTLFolder
    let libraries: [LibertyLibrary]
    let wrappers: LibraryWrappers
    let run: YosysRun
    /// Folder of the results.
    let results: String
    /// Identity of library and program.
    let toolIdentity: String

    /// - Parameters:
    ///   - results: folder for one result a part; made by the caller.
    ///   - toolIdentity: version of the program and digest of the library.
    public init(
        folder: RTLFolder,
        libraries: [LibertyLibrary],
        wrappers: LibraryWrappers,
        run: YosysRun,
        results: String,
        toolIdentity: String
    ) {
        self.folder = folder
        self.libraries = libraries
        self.wrappers = wrappers
        self.run = run
        self.results = results
        self.toolIdentity = toolIdentity
    }

    /// The result of a part, from its file where one of the same identity is there.
    ///
    /// - Returns: the result, and whether it was there already.
    /// - Throws: ``FlowError``, ``ToolError``, ``SynthesisError``.
    public func result(
        _ part: RTLManifest.Part,
        of layer: RTLManifest.Layer
    ) throws -> (result: PartResult, wasThere: Bool) {
        let text = try folder.read(part.file)
        let vectorText = try folder.read(layer.vectors)
        let identity = "\(ContentDigest(of: text + vectorText)) \(toolIdentity)"
        let file = "\(results)/\(part.module).json"
        if let data = FileManager.default.contents(atPath: file),
            let known = try? JSONDecoder().decode(PartResult.self, from: data), known.identity == identity
        {
            return (known, true)
        }
        let product = try run.synthesise(part.module, text: text)
        var design = BLIFDesign()
        try design.add(product.netlist, named: part.module)
        let netlist = try MappedNetlist(design, top: part.module, libraries: libraries)
        guard netlist.cells == product.cells else {
            throw SynthesisError.badNetlist(
                module: part.module, reason: "Yosys counts other cells than the netlist holds")
        }
        let vectors = try VectorFile(
            vectorText, file: layer.vectors, windowBytes: layer.windowBytes, channels: layer.channels,
            hasResidual: layer.hasResidual)
        let compared = try NetlistComparison(layer: layer, vectors: vectors).compare(netlist, part)
        let result = try result(part, of: layer, product, compared: compared, identity: identity)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        do {
            try encoder.encode(result).write(to: URL(fileURLWithPath: file), options: .atomic)
        } catch {
            throw FlowError.notWritten(path: file, reason: error.localizedDescription)
        }
        return (result, false)
    }

    private func result(
        _ part: RTLManifest.Part,
        of layer: RTLManifest.Layer,
        _ product: YosysRun.Product,
        compared: Int,
        identity: String
    ) throws(SynthesisError) -> PartResult {
        var areas: [String: LibertyCell] = [:]
        for cell in libraries.lazy.flatMap(\.cells) where areas[cell.name] == nil { areas[cell.name] = cell }
        var (gates, memory, flipFlops) = (0.0, 0.0, 0)
        for (name, count) in product.cells.sorted(by: { $0.key < $1.key }) {
            guard let cell = areas[name], let area = cell.area else {
                throw .unknownCell(module: part.module, cell: name)
            }
            if cell.memory == nil {
                gates += area * Double(count)
            } else {
                memory += area * Double(count)
                flipFlops += count
            }
        }
        return PartResult(
            module: part.module, layer: layer.name, count: part.count, nonZeroWeights: part.nonZeroWeights,
            cells: product.cells, fullAdders: product.cells[wrappers.cells["hs_fa"] ?? ""] ?? 0,
            combinationalArea: gates, flipFlops: flipFlops, flipFlopArea: memory, comparedBytes: compared,
            seconds: product.seconds, identity: identity)
    }
}
