internal import HardenedBackbone

/// Where a framework's file keeps each layer.
enum LayerNames: CaseIterable {
    /// `features.N....`, as torchvision names them.
    case torchvision
    /// `conv_stem.first_conv`, `layer.N....`, `conv_1x1`, as Hugging Face's transformers names them.
    case huggingFace
    /// The same with the prefix that a network with a classifier has.
    case huggingFaceClassifier
    /// `conv_stem`, `blocks.S.B....`, `conv_head`, as timm names them.
    case timm

    /// The framework.
    var framework: ImportedNetwork.Framework {
        switch self {
        case .torchvision: .torchvision
        case .timm: .timm
        case .huggingFace, .huggingFaceClassifier: .huggingFace
        }
    }

    /// In words.
    var title: String { framework == .huggingFace ? "Hugging Face" : framework.rawValue }

    /// What batch normalisations have under the root where nothing states it.
    var epsilon: Double { framework == .huggingFace ? 1e-3 : 1e-5 }

    /// Where networks with these names pad by themselves, unless something states otherwise.
    var padding: LayerDraft.Padding { framework == .huggingFace ? .behind : .around }

    /// Whether a node or tensor of a graph is called after the first convolution: exporters put dots and slashes
    /// between its parts.
    func isStem(_ name: String) -> Bool {
        let parts = name.split { $0 == "." || $0 == "/" }
        let wanted = layers[0].convolution.split(separator: ".")
        return parts.indices.contains { parts[$0...].starts(with: wanted) }
    }

    /// A tensor that every file with these names has.
    var mark: String {
        switch self {
        case .torchvision: "features.0.0.weight"
        case .timm: "conv_stem.weight"
        case .huggingFace: "conv_stem.first_conv.convolution.weight"
        case .huggingFaceClassifier: "mobilenet_v2.conv_stem.first_conv.convolution.weight"
        }
    }

    /// Prefix of the final layer's tensors.
    var classifier: String {
        switch self {
        case .torchvision: "classifier.1"
        case .timm, .huggingFace, .huggingFaceClassifier: "classifier"
        }
    }

    /// Prefixes of convolution and batch normalisation, in the order of the network's layers.
    var layers: [(convolution: String, normalization: String)] {
        switch self {
        case .torchvision: torchvision
        case .timm: timm
        case .huggingFace: huggingFace("")
        case .huggingFaceClassifier: huggingFace("mobilenet_v2.")
        }
    }

    private var torchvision: [(convolution: String, normalization: String)] {
        var names = [("features.0.0", "features.0.1")]
        for block in 1...17 {
            let prefix = "features.\(block).conv."
            // Within a block, layers that clip are pairs (convolution, normalisation); the projection is flat.
            let pairs = block == 1 ? 1 : 2
            for pair in 0..<pairs { names.append(("\(prefix)\(pair).0", "\(prefix)\(pair).1")) }
            names.append(("\(prefix)\(pairs)", "\(prefix)\(pairs + 1)"))
        }
        names.append(("features.18.0", "features.18.1"))
        return names
    }

    private var timm: [(convolution: String, normalization: String)] {
        var names = [("conv_stem", "bn1")]
        for (stage, repeats) in [1, 2, 3, 4, 3, 3, 1].enumerated() {
            for block in 0..<repeats {
                let prefix = "blocks.\(stage).\(block)."
                let layers = stage == 0 ? ["conv_dw", "conv_pw"] : ["conv_pw", "conv_dw", "conv_pwl"]
                for (index, layer) in layers.enumerated() {
                    names.append((prefix + layer, "\(prefix)bn\(index + 1)"))
                }
            }
        }
        names.append(("conv_head", "bn2"))
        return names
    }

    private func huggingFace(_ prefix: String) -> [(convolution: String, normalization: String)] {
        var names = ["conv_stem.first_conv", "conv_stem.conv_3x3", "conv_stem.reduce_1x1"]
        for block in 0..<16 {
            names += ["expand_1x1", "conv_3x3", "reduce_1x1"].map { "layer.\(block).\($0)" }
        }
        return (names + ["conv_1x1"]).map { ("\(prefix)\($0).convolution", "\(prefix)\($0).normalization") }
    }
}
