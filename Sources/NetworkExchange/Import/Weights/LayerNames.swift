internal import HardenedBackbone

/// Where a framework's file keeps each layer.
enum LayerNames: CaseIterable {
    /// `features.N....`, as torchvision names them.
    case torchvision
    /// `conv_stem`, `blocks.S.B....`, `conv_head`, as timm names them.
    case timm

    /// The framework.
    var framework: ImportedNetwork.Framework {
        switch self {
        case .torchvision: .torchvision
        case .timm: .timm
        }
    }

    /// The prefix of the first convolution, which exporters keep in names of tensors or of nodes.
    var stem: String { layers[0].convolution }

    /// A tensor that every file with these names has.
    var mark: String {
        switch self {
        case .torchvision: "features.0.0.weight"
        case .timm: "conv_stem.weight"
        }
    }

    /// Prefix of the final layer's tensors.
    var classifier: String {
        switch self {
        case .torchvision: "classifier.1"
        case .timm: "classifier"
        }
    }

    /// Prefixes of convolution and batch normalisation, in the order of the network's layers.
    var layers: [(convolution: String, normalization: String)] {
        switch self {
        case .torchvision: torchvision
        case .timm: timm
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
}
