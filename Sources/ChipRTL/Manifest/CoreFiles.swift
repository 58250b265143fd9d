import ChipModel
public import HardenedBackbone
import QuantizedTensors

/// The files of one layer's core in area style, and its entry in the manifest.
public struct CoreFiles: Sendable {
    /// A file of the folder.
    public struct File: Sendable {
        /// Its name in the folder.
        public let name: String
        /// Its bytes.
        public let bytes: [UInt8]
    }

    /// The entry.
    public let entry: RTLManifest.Layer
    /// The core's own file and its vectors; parts come one by one, see ``part(_:)``.
    public let files: [File]
    private let core: AreaCore
    private let header: @Sendable (String) -> String

    /// The core of layer `index`.
    ///
    /// - Parameters:
    ///   - depth: register stages; grows to what shared pairs and a second cut need.
    ///   - earlyCutRows: rows at a cut before the one of `cut`; `nil` for one cut.
    ///   - sharesPairs: whether pairs of inputs are added once for all channels.
    ///   - vectorCount: test vectors, a multiple of 64.
    public init(
        _ artifact: BackboneArtifact,
        layer index: Int,
        depth: Int,
        cut: CutPlan,
        earlyCutRows: Int? = nil,
        sharesPairs: Bool,
        vectorCount: Int,
        generator: String
    ) {
        let layer = artifact.network.layers[index]
        let parameters = artifact.layers[index]
        let sharing = sharesPairs ? PairSharing(layer, parameters) : nil
        let core = AreaCore(
            layer, parameters,
            depth: max(depth, 3 + (sharing == nil ? 0 : 1) + (earlyCutRows == nil ? 0 : 1)), cut: cut,
            earlyCutRows: earlyCutRows, sharing: sharing)
        self.core = core
        let digest = "\(artifact.digest)"
        let name = layer.name
        header = { "// \(name) of artefact \(digest)\n// \($0)\n// \(generator)\n\n" }
        func file(_ module: String) -> String { "cores/\(module).sv" }
        let perChannel = layer.weightsPerChannel
        let parts = (0..<core.partCount).map { part in
            let channels = core.channels(part)
            let weights = parameters.weights[
                channels.lowerBound * perChannel..<channels.upperBound * perChannel]
            let module = "\(core.module)_p\(part)"
            return RTLManifest.Part(
                module: module, file: file(module), firstChannel: channels.lowerBound, count: channels.count,
                nonZeroWeights: weights.reduce(0) { $0 + (WeightTerms(value: $1)?.count ?? 0) })
        }
        let pairsPart = core.pairsPart()
        entry = RTLManifest.Layer(
            name: layer.name, module: core.module, file: file(core.module),
            windowBytes: LayerWindow(layer).bytes, channels: layer.output.channels,
            hasResidual: layer.residualSource != nil, fanIn: perChannel, depth: core.depth,
            cutRows: core.cutRows, earlyCutRows: earlyCutRows, parts: parts,
            pairs: pairsPart.map {
                RTLManifest.Part(
                    module: $0.module, file: file($0.module), firstChannel: 0,
                    count: sharing?.pairs.count ?? 0, nonZeroWeights: 0)
            },
            pairLayout: sharing?.pairs.map { pair in
                let terms = pair.adder(isSigned: layer.inputType == .s8).terms
                return [
                    pair.low, pair.distance, Int(terms[0].complement), pair.high, Int(terms[1].complement),
                ]
            } ?? [],
            vectors: "vectors/\(core.module).txt")
        let vectors = CoreVectors(layer, parameters, count: vectorCount, seed: UInt64(index) &+ 1)
        let top = core.top()
        var files = [
            File(name: entry.vectors, bytes: Self.text(vectors)),
            File(name: entry.file, bytes: Array(header("core: input stages and parts").utf8) + top.text),
        ]
        if let pairsPart, let pairs = entry.pairs {
            files.append(
                File(
                    name: pairs.file,
                    bytes: Array(header("\(pairs.count) shared pairs").utf8) + pairsPart.text))
        }
        self.files = files
    }

    /// The file of part `index`.
    public func part(_ index: Int) -> File {
        let part = entry.parts[index]
        let line =
            "channels \(part.firstChannel) to \(part.firstChannel + part.count - 1), "
            + "\(part.nonZeroWeights) weights that are not zero, cut at \(entry.cutRows) rows"
        return File(name: part.file, bytes: Array(header(line).utf8) + core.part(index).text)
    }

    /// Some channels as a part of its own, for measurements of less than a whole one.
    ///
    /// - Parameter channels: within the layer, at least one.
    public func part(channels: Range<Int>) -> (part: RTLManifest.Part, file: File) {
        let module = "\(entry.module)_c\(channels.lowerBound)_\(channels.count)"
        let part = RTLManifest.Part(
            module: module, file: "cores/\(module).sv", firstChannel: channels.lowerBound,
            count: channels.count, nonZeroWeights: channels.reduce(0) { $0 + core.nonZeroWeights($1) })
        return (part, File(name: part.file, bytes: core.part(named: module, channels).text))
    }

    /// One channel between registers, and its entry; the file is for timing only.
    public func timedNeuron(_ channel: Int) -> (part: RTLManifest.Part, text: [UInt8]) {
        let neuron = core.timedNeuron(channel)
        let part = RTLManifest.Part(
            module: neuron.module, file: "\(neuron.module).sv", firstChannel: channel, count: 1,
            nonZeroWeights: core.nonZeroWeights(channel))
        return (part, neuron.text)
    }

    /// The channel with the most weights that are not zero, the first of several.
    public var widestChannel: Int {
        (0..<entry.channels).reduce(0) {
            core.nonZeroWeights($1) > core.nonZeroWeights($0) ? $1 : $0
        }
    }

    /// Adder levels and flip-flops of one channel: at the cut, and at the earlier one (or where it would be).
    public func registers(_ channel: Int) -> (levels: Int, cut: Int, earlyCut: Int) {
        let tree = core.tree(channel)
        return (tree.levels, tree.cutBits, tree.earlyCutBits)
    }

    /// A line for each vector: window, residual (or `-`) and outputs, hexadecimal, last byte first.
    static func text(_ vectors: CoreVectors) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        func add(_ bytes: [UInt8]) {
            for byte in bytes.reversed() {
                text.append(digits[Int(byte >> 4)])
                text.append(digits[Int(byte & 15)])
            }
        }
        for index in vectors.windows.indices {
            add(vectors.windows[index])
            text.append(32)
            if vectors.residuals.isEmpty { text.append(45) } else { add(vectors.residuals[index]) }
            text.append(32)
            add(vectors.outputs[index])
            text.append(10)
        }
        return text
    }
}
