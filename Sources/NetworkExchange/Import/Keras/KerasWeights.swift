internal import Artifacts

/// The numbers of Keras's layers, by the names that its versions give them.
struct KerasWeights {
    /// What a number of a layer is for.
    enum Role: String, CaseIterable {
        case kernel, bias, gamma, beta
        case movingMean = "moving_mean"
        case movingVariance = "moving_variance"
        case mean, variance
    }

    /// Whether groups are named by class and count (Keras 3), not by layer.
    let isCounted: Bool
    private let file: SafetensorsFile
    /// Paths by layer and role, where groups are named by layer.
    private var paths: [String: [Role: String]] = [:]

    /// The numbers in what ``ImportOptions/hdf5`` made of a file.
    ///
    /// - Throws: `keras`, if two arrays are the same number of one layer.
    init(_ file: SafetensorsFile) throws(NetworkImportError) {
        self.file = file
        isCounted = file.tensors.keys.contains { $0.hasSuffix("/vars/0") }
        guard !isCounted else { return }
        for path in file.tensors.keys.sorted() {
            let parts = path.split(separator: "/")
            guard parts.count > 1, let role = Self.role(parts[parts.count - 1]) else { continue }
            let layer = String(parts[parts.count - 2])
            guard paths[layer, default: [:]].updateValue(path, forKey: role) == nil else {
                throw .keras(reason: "two layers are called \(shown(layer)); rename one")
            }
        }
    }

    /// `kernel:0`, `depthwise_kernel`, ...
    private static func role(_ name: Substring) -> Role? {
        let name = name.split(separator: ":").first ?? ""
        return name == "depthwise_kernel" ? .kernel : Role(rawValue: String(name))
    }

    /// The path of a number, or `nil` if the layer has none of this role.
    func path(_ role: Role, of layer: KerasLayer) -> String? {
        guard isCounted else { return paths[layer.name]?[role] }
        guard let index = Self.roles(of: layer).firstIndex(of: role) else { return nil }
        let path = "\(layer.place)/vars/\(index)"
        return file.tensors[path] == nil ? nil : path
    }

    /// The numbers that a layer has, in the order in which Keras 3 counts them.
    private static func roles(of layer: KerasLayer) -> [Role] {
        switch layer.className {
        case "BatchNormalization":
            let scaled: [Role] = layer.settings["scale"]?.flag ?? true ? [.gamma] : []
            let centred: [Role] = layer.settings["center"]?.flag ?? true ? [.beta] : []
            return scaled + centred + [.movingMean, .movingVariance]
        case "Normalization": return [.mean, .variance]
        default: return [.kernel, .bias]
        }
    }

    /// The array at `path`.
    func tensor(_ path: String) throws(NetworkImportError) -> (shape: [Int], values: [Float]) {
        guard let tensor = file.tensors[path] else { throw .missingTensor(name: path) }
        do {
            return (tensor.shape, try tensor.float32s())
        } catch {
            throw .safetensors(reason: "\(error)")
        }
    }

    /// The layers that have numbers, in the network's order, without a configuration to tell it.
    ///
    /// Legacy files list layers and numbers; those of Keras 3 count layers of each class, which says nothing between
    /// classes, so that only the order within each class holds.
    func layers() -> [KerasLayer] { isCounted ? countedLayers() : listedLayers() }

    private func listedLayers() -> [KerasLayer] {
        var layers: [KerasLayer] = []
        var seen: Set<String> = []
        let root = file.metadata["model_weights@layer_names"] == nil ? "" : "model_weights"
        for group in KerasJSON.texts(file.metadata["\(root)@layer_names"]) {
            let path = root.isEmpty ? group : "\(root)/\(group)"
            for weight in KerasJSON.texts(file.metadata["\(path)@weight_names"]) {
                let parts = weight.split(separator: "/")
                guard parts.count > 1 else { continue }
                let name = String(parts[parts.count - 2])
                guard seen.insert(name).inserted, let roles = paths[name] else { continue }
                let kind = className(roles.keys.contains, roles[.kernel])
                layers.append(Self.layer(kind, name, place: ""))
            }
        }
        return layers
    }

    private func countedLayers() -> [KerasLayer] {
        var found: [(depth: Int, group: String, count: Int, place: String)] = []
        for path in file.tensors.keys where path.hasSuffix("/vars/0") {
            let place = path.dropLast("/vars/0".count)
            let parts = place.split(separator: "/")
            guard let last = parts.last else { continue }
            let group = last.split(separator: "_")
            let count = group.last.flatMap { Int($0) }
            found.append(
                (
                    -parts.count, group.dropLast(count == nil ? 0 : 1).joined(separator: "_"), count ?? 0,
                    String(place)
                ))
        }
        // A network within a network comes before what is put behind it.
        found.sort { ($0.depth, $0.group, $0.count) < ($1.depth, $1.group, $1.count) }
        let classes = [
            "conv2d": "Conv2D", "depthwise_conv2d": "DepthwiseConv2D", "dense": "Dense",
            "batch_normalization": "BatchNormalization", "normalization": "Normalization",
        ]
        return found.map { entry in
            let name = KerasJSON.texts(file.metadata["\(entry.place)/vars@name"]).first
            return Self.layer(classes[entry.group] ?? entry.group, name ?? entry.place, place: entry.place)
        }
    }

    /// What a layer with these numbers is.
    private func className(_ has: (Role) -> Bool, _ kernel: String?) -> String {
        if has(.movingMean) { return "BatchNormalization" }
        if has(.mean) { return "Normalization" }
        guard let shape = kernel.flatMap({ file.tensors[$0]?.shape }) else { return "unknown" }
        if shape.count == 2 { return "Dense" }
        return shape.count == 4 && shape[3] == 1 && shape[0] == 3 ? "DepthwiseConv2D" : "Conv2D"
    }

    private static func layer(_ className: String, _ name: String, place: String) -> KerasLayer {
        KerasLayer(
            className: className, name: name, id: name, place: place, settings: .object([:]), arguments: [])
    }
}
