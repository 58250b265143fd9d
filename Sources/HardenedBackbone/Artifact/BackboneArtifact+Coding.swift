import Artifacts
import QuantizedTensors

extension BackboneArtifact {
    /// Reads and checks an artefact file.
    ///
    /// - Throws: ``BackboneArtifactError`` naming the tensor or metadata entry; no damaged file is accepted.
    public init(decoding bytes: [UInt8]) throws(BackboneArtifactError) {
        let file: SafetensorsFile
        do {
            file = try SafetensorsFile(decoding: bytes)
        } catch {
            throw .unreadable(reason: "\(error)")
        }
        try self.init(file)
    }

    /// Checks the content of an artefact file.
    ///
    /// - Throws: as ``init(decoding:)``.
    package init(_ file: SafetensorsFile) throws(BackboneArtifactError) {
        let metadata = try BackboneMetadata(entries: file.metadata)
        guard let recorded = file.metadata[BackboneMetadata.Key.digest] else {
            throw .missingMetadata(key: BackboneMetadata.Key.digest)
        }
        let computed = file.contentDigest(excludingMetadata: [BackboneMetadata.Key.digest])
        // Compared as text, so that an upper-case digit is damage as well.
        guard recorded == computed.hex else {
            throw .digestMismatch(recorded: recorded, computed: computed)
        }
        var reader = TensorReader(file: file)
        var layers: [LayerParameters] = []
        for layer in metadata.network.layers { layers.append(try reader.parameters(of: layer)) }
        try reader.finish()
        try self.init(
            network: metadata.network,
            inputMean: metadata.inputMean,
            poolShift: metadata.poolShift,
            layers: layers,
            activationExponents: metadata.activationExponents,
            preprocessing: metadata.preprocessing,
            description: metadata.description
        )
    }

    /// The artefact as the bytes of a safetensors file, digest included; equal artefacts give equal bytes.
    public func encoded() -> [UInt8] { file.encoded() }

    /// The content of the artefact's file, digest included.
    package var file: SafetensorsFile {
        let metadata = BackboneMetadata(
            network: network,
            inputMean: inputMean,
            poolShift: poolShift,
            activationExponents: activationExponents,
            preprocessing: preprocessing,
            description: description
        )
        var entries = metadata.entries
        entries[BackboneMetadata.Key.digest] = digest.hex
        return SafetensorsFile(metadata: entries, tensors: Self.tensors(network: network, layers: layers))
    }

    /// The tensors of all layers: packed weights, biases, shifts and the alignment of residuals.
    static func tensors(network: NetworkDescription, layers: [LayerParameters]) -> [SafetensorsFile.Tensor] {
        var tensors: [SafetensorsFile.Tensor] = []
        for (layer, parameters) in zip(network.layers, layers) {
            func append(_ field: String, _ elementType: SafetensorsFile.ElementType, _ bytes: [UInt8]) {
                let shape = [bytes.count / (elementType == .i32 ? 4 : 1)]
                tensors.append(
                    .init(
                        name: "\(layer.name).\(field)",
                        elementType: elementType,
                        shape: shape,
                        bytes: bytes
                    )
                )
            }
            append("weight", .u8, packedWeights(parameters.weights))
            append("bias", .i32, littleEndianBytes(parameters.bias))
            append("shift", .u8, parameters.shift)
            if layer.residualSource != nil {
                append("residual_shift", .i8, [UInt8(bitPattern: parameters.residualShift)])
            }
        }
        return tensors
    }

    private static func littleEndianBytes(_ values: [Int32]) -> [UInt8] {
        values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    }

    /// Two weight codes per byte, the even element in the low half.
    ///
    /// - Range: an even number of legal weights; channel counts are multiples of 8, so none is odd.
    private static func packedWeights(_ weights: [Int8]) -> [UInt8] {
        func code(_ value: Int8) -> UInt8 {
            guard let weight = Po2Weight(value: value) else {
                preconditionFailure("weights were validated before packing")
            }
            return weight.code
        }
        precondition(weights.count.isMultiple(of: 2), "layers have an even number of weights")
        return stride(from: 0, to: weights.count, by: 2).map {
            code(weights[$0]) | code(weights[$0 + 1]) << 4
        }
    }
}

/// Takes tensors out of a file, checking type and shape, and knows in the end which ones nobody asked for.
private struct TensorReader {
    let file: SafetensorsFile
    var taken: Set<String> = []

    mutating func parameters(of layer: NetworkLayer) throws(BackboneArtifactError) -> LayerParameters {
        let channels = layer.output.channels
        let weights = try weights(of: layer)
        let bias = try tensor("\(layer.name).bias", .i32, [channels])
        let shift = try tensor("\(layer.name).shift", .u8, [channels])
        var residualShift: Int8 = 0
        if layer.residualSource != nil {
            let alignment = try tensor("\(layer.name).residual_shift", .i8, [1])
            residualShift = Int8(bitPattern: alignment.bytes[0])
        }
        do {
            return LayerParameters(
                weights: weights,
                bias: try bias.int32s(),
                shift: shift.bytes,
                residualShift: residualShift
            )
        } catch {
            throw .unreadable(reason: "\(error)")
        }
    }

    private mutating func weights(of layer: NetworkLayer) throws(BackboneArtifactError) -> [Int8] {
        let name = "\(layer.name).weight"
        let packed = try tensor(name, .u8, [layer.weightCount / 2]).bytes
        var weights: [Int8] = []
        weights.reserveCapacity(layer.weightCount)
        for (index, byte) in packed.enumerated() {
            for (half, code) in [byte & 15, byte >> 4].enumerated() {
                guard let weight = Po2Weight(code: code) else {
                    throw .illegalWeight(tensor: name, index: 2 * index + half, found: Int(code))
                }
                weights.append(weight.value)
            }
        }
        return weights
    }

    private mutating func tensor(
        _ name: String,
        _ elementType: SafetensorsFile.ElementType,
        _ shape: [Int]
    ) throws(BackboneArtifactError) -> SafetensorsFile.Tensor {
        guard let tensor = file.tensors[name] else { throw .missingTensor(name: name) }
        guard tensor.elementType == elementType else {
            throw .wrongElementType(
                tensor: name,
                found: tensor.elementType.rawValue,
                expected: elementType.rawValue
            )
        }
        guard tensor.shape == shape else {
            throw .wrongShape(tensor: name, found: tensor.shape, expected: shape)
        }
        taken.insert(name)
        return tensor
    }

    func finish() throws(BackboneArtifactError) {
        if let extra = file.tensors.keys.filter({ !taken.contains($0) }).min() {
            throw .unexpectedTensor(name: extra)
        }
    }
}
