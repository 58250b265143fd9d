public import ChipModel
import ChipRTL
import ChipTools
import Foundation
public import HardenedBackbone

/// Takes all cores of a network, or some layers, through Yosys, part by part.
///
/// Texts are written, synthesised and removed part by part: a whole MobileNetV2 is a gigabyte of them. Results
/// stay in `results/`, so that a run that was stopped goes on where it was.
public struct NetworkSynthesis {
    /// What is synthesised.
    public struct Design: Sendable {
        /// The artefact.
        public let artifact: BackboneArtifact
        /// Register stages of each layer.
        public let depth: DepthPlan
        /// Rows at the cut by fan-in.
        public let cut: CutPlan
        /// Rows at a cut before that one; `nil` for one cut.
        public let earlyCutRows: Int?
        /// Whether pairs of inputs are added once for all channels.
        public let sharesPairs: Bool
        /// Layers, by index.
        public let layers: [Int]
        /// Program and version, for headers.
        public let generator: String

        /// A design of the given parts.
        public init(
            artifact: BackboneArtifact,
            depth: DepthPlan,
            cut: CutPlan,
            earlyCutRows: Int? = nil,
            sharesPairs: Bool,
            layers: [Int],
            generator: String
        ) {
            self.artifact = artifact
            self.depth = depth
            self.cut = cut
            self.earlyCutRows = earlyCutRows
            self.sharesPairs = sharesPairs
            self.layers = layers
            self.generator = generator
        }

        /// The core of one layer.
        func files(_ index: Int) -> CoreFiles {
            CoreFiles(
                artifact, layer: index, depth: depth.layers[index], cut: cut, earlyCutRows: earlyCutRows,
                sharesPairs: sharesPairs, vectorCount: NetworkSynthesis.vectorCount, generator: generator)
        }
    }

    /// Test vectors for each core.
    public static let vectorCount = 64

    let design: Design
    let tools: SynthesisTools
    let path: String
    let timeLimit: Int

    /// A synthesis; nothing is written yet.
    ///
    /// - Parameters:
    ///   - path: folder for texts and results; made if missing.
    ///   - timeLimit: seconds that one part may take.
    public init(_ design: Design, tools: SynthesisTools, path: String, timeLimit: Int) {
        (self.design, self.tools, self.path, self.timeLimit) = (design, tools, path, timeLimit)
    }

    /// Synthesises all layers.
    ///
    /// - Parameter progress: gets each part's result as it comes, and whether it was there already.
    /// - Returns: a result for each layer.
    /// - Throws: the first error; results of parts before it stay.
    public func run(progress: (PartResult, Bool) -> Void) throws -> [LayerResult] {
        let manager = FileManager.default
        let scratch = "\(path)/scratch-\(ProcessInfo.processInfo.processIdentifier)"
        defer { try? manager.removeItem(atPath: scratch) }
        for folder in ["\(path)/results", "\(scratch)/cores", "\(scratch)/vectors", "\(scratch)/yosys"] {
            do {
                try manager.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw FlowError.notWritten(path: folder, reason: error.localizedDescription)
            }
        }
        let run = try tools.run(workFolder: "\(scratch)/yosys", timeLimit: timeLimit)
        return try design.layers.map { try layer($0, run: run, scratch: scratch, progress) }
    }

    private func layer(
        _ index: Int,
        run: YosysRun,
        scratch: String,
        _ progress: (PartResult, Bool) -> Void
    ) throws -> LayerResult {
        let files = design.files(index)
        let entry = files.entry
        for file in files.files { try write(file, to: scratch) }
        let manifest = RTLManifest(
            generator: design.generator, artifact: design.artifact, style: "area", layers: [entry])
        let synthesis = PartSynthesis(
            folder: RTLFolder(path: scratch, manifest: manifest), libraries: tools.libraries,
            wrappers: tools.wrappers, run: run, results: "\(path)/results", toolIdentity: tools.identity)
        var parts: [PartResult] = []
        func take(_ part: RTLManifest.Part) throws {
            let (result, wasThere) = try synthesis.result(part, of: entry)
            parts.append(result)
            progress(result, wasThere)
            unlink("\(scratch)/\(part.file)")
        }
        if let pairs = entry.pairs { try take(pairs) }
        for part in entry.parts.indices {
            try write(files.part(part), to: scratch)
            try take(entry.parts[part])
        }
        return LayerResult(
            layer: entry.name, fanIn: entry.fanIn, channels: entry.channels, pairs: entry.pairs?.count ?? 0,
            parts: parts)
    }

    private func write(_ file: CoreFiles.File, to folder: String) throws(FlowError) {
        let name = "\(folder)/\(file.name)"
        do {
            try Data(file.bytes).write(to: URL(fileURLWithPath: name))
        } catch {
            throw .notWritten(path: name, reason: error.localizedDescription)
        }
    }
}
