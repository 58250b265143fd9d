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
    /// Arrays without real numbers.
    private let skipped: Set<String>
    /// What legacy files list in the group of each outermost layer, in their order.
    private var listed: [(group: String, weights: [Listed])] = []

    /// One array of a legacy file.
    private struct Listed {
        /// The layer by its variable's name, `Conv1` or `model/Conv1`.
        let owner: String
        /// `kernel`, `depthwise_kernel`, `lora_kernel_a`, ...
        let name: String
        let path: String

        var role: Role? { name == "depthwise_kernel" ? .kernel : Role(rawValue: name) }
    }

    /// The numbers in what ``ImportOptions/hdf5`` made of a file.
    init(_ file: SafetensorsFile) {
        self.file = file
        skipped = Set(KerasJSON.texts(file.metadata["@skipped"]))
        isCounted = file.tensors.keys.contains { $0.hasSuffix("/vars/0") }
        guard !isCounted else { return }
        let root = file.metadata["model_weights@layer_names"] == nil ? "" : "model_weights"
        for group in KerasJSON.texts(file.metadata["\(root)@layer_names"]) {
            let place = root.isEmpty ? group : "\(root)/\(group)"
            let weights = KerasJSON.texts(file.metadata["\(place)@weight_names"]).compactMap {
                weight -> Listed? in
                let parts = weight.split(separator: "/")
                guard let last = parts.last?.split(separator: ":").first else { return nil }
                return Listed(
                    owner: parts.dropLast().joined(separator: "/"), name: String(last),
                    path: "\(place)/\(weight)")
            }
            listed.append((group, weights))
        }
    }

    /// The path of a number, or `nil` if the layer has none of this role.
    ///
    /// - Throws: `keras` if two arrays are it, or if the layer has more than its class knows; `unsupportedElementType` if
    ///   it is of no real numbers.
    func path(_ role: Role, of layer: KerasLayer) throws(NetworkImportError) -> String? {
        let path: String
        if isCounted {
            let roles = Self.roles(of: layer)
            if let more = Self.more(roles.count, file.tensors.keys, layer)
                ?? Self.more(roles.count, skipped, layer)
            {
                throw Self.unknown(more, layer)
            }
            guard let index = roles.firstIndex(of: role) else { return nil }
            path = "\(layer.place)/vars/\(index)"
        } else {
            let weights = (listed.first { $0.group == layer.group }?.weights ?? []).filter {
                // The group of an outermost layer is its own, whatever its variables are called.
                layer.id == layer.group || $0.owner == layer.name || $0.owner.hasSuffix("/" + layer.name)
            }
            if let more = weights.first(where: { $0.role == nil && !Self.counters.contains($0.name) }) {
                throw Self.unknown(more.path, layer)
            }
            let fitting = weights.filter { $0.role == role }
            guard fitting.count < 2 else {
                throw .keras(
                    reason: "two layers are called \(shown(layer.name)); rename one and save the model again")
            }
            guard let found = fitting.first else { return nil }
            path = found.path
        }
        guard !skipped.contains(path) else {
            throw .unsupportedElementType(tensor: path, found: "integers (quantised, or bfloat16)")
        }
        return file.tensors[path] == nil ? nil : path
    }

    /// What `Normalization` counts.
    private static let counters: Set<String> = ["count"]

    /// An array of `layer` behind the `count` that its class has.
    private static func more(_ count: Int, _ paths: some Sequence<String>, _ layer: KerasLayer) -> String? {
        let limit = layer.className == "Normalization" ? count + 1 : count
        let start = "\(layer.place)/vars/"
        return paths.first { $0.hasPrefix(start) && (Int($0.dropFirst(start.count)) ?? 0) >= limit }
    }

    private static func unknown(_ path: String, _ layer: KerasLayer) -> NetworkImportError {
        .keras(
            reason:
                "layer \(shown(layer.name)) (\(layer.className)) has \(shown(path)) beside its numbers, which is not "
                + "read; merge or remove what was added to the layer, and save the model again")
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
        for (group, weights) in listed {
            var owners: [String] = []
            for weight in weights where !owners.contains(weight.owner) { owners.append(weight.owner) }
            for owner in owners {
                let own = weights.filter { $0.owner == owner }
                let name = owner.split(separator: "/").last.map(String.init) ?? owner
                var layer = Self.layer(className(own), name, place: "")
                layer.group = group
                // As inside another one, so that its numbers are found by its name.
                layer.id = owners.count == 1 ? group : "\(group)/\(owner)"
                layers.append(layer)
            }
        }
        return layers
    }

    private func countedLayers() -> [KerasLayer] {
        var found: [(depth: Int, group: String, count: Int, place: String)] = []
        let paths = Set(file.tensors.keys).union(skipped)
        for path in paths where path.hasSuffix("/vars/0") && !path.contains("seed_generator") {
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
    private func className(_ weights: [Listed]) -> String {
        let roles = weights.map(\.role)
        guard !roles.contains(nil) else {
            return "a layer with \(weights.first { $0.role == nil }?.name ?? "")"
        }
        if roles.contains(.movingMean) { return "BatchNormalization" }
        if roles.contains(.mean) { return "Normalization" }
        let kernel = weights.first { $0.role == .kernel }
        guard let shape = kernel.flatMap({ file.tensors[$0.path]?.shape }) else {
            return "a layer of no real numbers"
        }
        if shape.count == 2 { return "Dense" }
        return shape.count == 4 && shape[3] == 1 && shape[0] == 3 ? "DepthwiseConv2D" : "Conv2D"
    }

    private static func layer(_ className: String, _ name: String, place: String) -> KerasLayer {
        KerasLayer(
            className: className, name: name, id: name, place: place, settings: .object([:]), arguments: [])
    }
}
