internal import Artifacts
public import FloatNetwork
public import HardenedBackbone

/// Integers that training already found: what `training/` exports and `harden` only has to seal.
///
/// A safetensors file with metadata `format=hashiflex-trained-integers`, `schema=1`, `width_percent`,
/// `input_size`, `input_mean` (three bytes), `pool_shift`, `activation_exponents`, `preprocessing`,
/// `description` and, optionally, `classes` (a JSON list of names); and for each layer
///
/// | tensor | type | shape |
/// |---|---|---|
/// | `<layer>.weight` | I8 | `[out, in per group, kernel, kernel]` |
/// | `<layer>.bias` | I32 | `[out]` |
/// | `<layer>.shift` | U8 | `[out]` |
/// | `<layer>.residual_shift` | I8 | `[1]`, where the layer adds a residual |
/// | `classifier.weight`, `classifier.bias` | F32 | `[classes, features]`, `[classes]`; optional |
public struct TrainedIntegers: Sendable {
    /// Value of the metadata entry `format`.
    public static let format = "hashiflex-trained-integers"
    /// The only version of the format so far.
    public static let schema = "1"

    /// The hardened backbone, checked.
    public let artifact: BackboneArtifact
    /// A final layer over the feature bytes, if the file has one.
    public let classifier: FloatNetwork.Classifier?
    /// What the classes are called, if the file says so.
    public let classNames: [String]?

    /// Whether `bytes` are such a file, going by their metadata; damaged files are not.
    public static func isFormat(of bytes: [UInt8]) -> Bool {
        guard bytes.count <= NetworkImporter.maximumFileByteCount,
            let file = try? SafetensorsFile(decoding: bytes)
        else { return false }
        return file.metadata["format"] == format
    }

    /// Reads `bytes`, believing nothing that they say.
    ///
    /// - Throws: ``NetworkImportError`` naming the entry or tensor.
    public init(decoding bytes: [UInt8]) throws(NetworkImportError) {
        guard bytes.count <= NetworkImporter.maximumFileByteCount else {
            throw .tooLarge(byteCount: bytes.count, maximum: NetworkImporter.maximumFileByteCount)
        }
        let file: SafetensorsFile
        do {
            file = try SafetensorsFile(decoding: bytes)
        } catch {
            throw .safetensors(reason: "\(error)")
        }
        var reader = TrainedIntegersReader(file: file)
        let network = try reader.network()
        var layers: [LayerParameters] = []
        for layer in network.layers { layers.append(try reader.parameters(of: layer)) }
        let classifier = try reader.classifier(featureCount: network.featureCount)
        try reader.finish()
        do {
            artifact = try BackboneArtifact(
                network: network, inputMean: try reader.integers("input_mean", "three bytes"),
                poolShift: try reader.integer("pool_shift", "3...6"), layers: layers,
                activationExponents: try reader.integers("activation_exponents", "one integer a layer"),
                preprocessing: try reader.entry("preprocessing"),
                description: try reader.entry("description"))
        } catch let error as BackboneArtifactError {
            throw .artifact(error)
        } catch let error as NetworkImportError {
            throw error
        } catch {
            preconditionFailure("only the two errors above are thrown")
        }
        self.classifier = classifier
        classNames = try ImportMetadata(entries: file.metadata).classNames(count: classifier?.bias.count)
    }
}

/// Takes entries and tensors out of the file, and knows in the end which tensors nobody asked for.
private struct TrainedIntegersReader {
    let file: SafetensorsFile
    var taken: Set<String> = []

    func entry(_ key: String) throws(NetworkImportError) -> String {
        guard let text = file.metadata[key] else {
            throw .illegalMetadata(key: key, found: "", expected: "a value")
        }
        return text
    }

    func integers<Value: FixedWidthInteger>(
        _ key: String, _ expected: String
    ) throws(NetworkImportError) -> [Value] {
        let text = try entry(key)
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let values = parts.compactMap { Value($0) }
        guard values.count == parts.count else {
            throw .illegalMetadata(key: key, found: text, expected: expected)
        }
        return values
    }

    func integer<Value: FixedWidthInteger>(
        _ key: String, _ expected: String
    ) throws(NetworkImportError) -> Value {
        let values: [Value] = try integers(key, expected)
        guard values.count == 1 else {
            throw .illegalMetadata(key: key, found: try entry(key), expected: expected)
        }
        return values[0]
    }

    func network() throws(NetworkImportError) -> NetworkDescription {
        for (key, expected) in [("format", TrainedIntegers.format), ("schema", TrainedIntegers.schema)] {
            let found = try entry(key)
            guard found == expected else {
                throw .illegalMetadata(key: key, found: found, expected: expected)
            }
        }
        let width: Int = try integer("width_percent", "an integer")
        let size: Int = try integer("input_size", "an integer")
        guard let network = NetworkDescription(widthPercent: width, inputSize: size) else {
            throw .illegalMetadata(
                key: "width_percent, input_size", found: "\(width), \(size)",
                expected: "a width of 10...200 and a multiple of 32 up to 512")
        }
        return network
    }

    mutating func parameters(of layer: NetworkLayer) throws(NetworkImportError) -> LayerParameters {
        let channels = layer.weightCount / layer.weightsPerChannel
        let shape = [channels, layer.inputChannelsPerGroup, layer.kernelSize, layer.kernelSize]
        let weights = try tensor("\(layer.name).weight", .i8, shape)
        let bias = try tensor("\(layer.name).bias", .i32, [channels])
        let shift = try tensor("\(layer.name).shift", .u8, [channels])
        var residualShift: Int8 = 0
        if layer.residualSource != nil {
            residualShift = Int8(bitPattern: try tensor("\(layer.name).residual_shift", .i8, [1]).bytes[0])
        }
        do {
            return LayerParameters(
                weights: try weights.int8s(), bias: try bias.int32s(), shift: try shift.uint8s(),
                residualShift: residualShift)
        } catch {
            throw .safetensors(reason: "\(error)")
        }
    }

    mutating func classifier(featureCount: Int) throws(NetworkImportError) -> FloatNetwork.Classifier? {
        guard let found = file.tensors["classifier.weight"] else { return nil }
        guard found.shape.count == 2, found.shape[0] > 0, found.shape[1] == featureCount else {
            throw .wrongShape(tensor: found.name, found: found.shape, expected: "[classes, \(featureCount)]")
        }
        let weights = try tensor("classifier.weight", .f32, found.shape)
        let bias = try tensor("classifier.bias", .f32, [found.shape[0]])
        return .init(weights: try finite(weights), bias: try finite(bias))
    }

    func finish() throws(NetworkImportError) {
        if let extra = file.tensors.keys.filter({ !taken.contains($0) }).min() {
            throw .unexpectedTensor(name: extra)
        }
    }

    private func finite(_ tensor: SafetensorsFile.Tensor) throws(NetworkImportError) -> [Float] {
        let values: [Float]
        do {
            values = try tensor.float32s()
        } catch {
            throw .safetensors(reason: "\(error)")
        }
        if let index = values.firstIndex(where: { !$0.isFinite }) {
            throw .notFinite(tensor: tensor.name, index: index)
        }
        return values
    }

    private mutating func tensor(
        _ name: String, _ elementType: SafetensorsFile.ElementType, _ shape: [Int]
    ) throws(NetworkImportError) -> SafetensorsFile.Tensor {
        guard let tensor = file.tensors[name] else { throw .missingTensor(name: name) }
        guard tensor.elementType == elementType else {
            throw .unsupportedElementType(tensor: name, found: tensor.elementType.rawValue)
        }
        guard tensor.shape == shape else {
            throw .wrongShape(tensor: name, found: tensor.shape, expected: "\(shape)")
        }
        taken.insert(name)
        return tensor
    }
}
