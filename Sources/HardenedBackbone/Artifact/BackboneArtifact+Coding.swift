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
        guard metadata.schema == Self.schema(of: layers) else {
            throw .illegalMetadata(
                key: BackboneMetadata.Key.schema, found: metadata.schema, expected: Self.schema(of: layers))
        }
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
            description: description,
            schema: Self.schema(of: layers)
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
            let terms = parameters.weights.map { weight in
                guard let terms = WeightTerms(value: weight) else {
                    preconditionFailure("weights were validated before packing")
                }
                return terms
            }
            append("weight", .u8, packed(terms.map(\.first)))
            // Only where some weight has a second term, so that files of single terms stay what they are.
            if terms.contains(where: { $0.count > 1 }) {
                append("weight_second", .u8, packed(terms.map(\.second)))
            }
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

    /// Two codes per byte, the even element in the low half.
    ///
    /// - Range: an even number of weights; channel counts are multiples of 8, so none is odd.
    private static func packed(_ weights: [Po2Weight]) -> [UInt8] {
        precondition(weights.count.isMultiple(of: 2), "layers have an even number of weights")
        return stride(from: 0, to: weights.count, by: 2).map {
            weights[$0].code | weights[$0 + 1].code << 4
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
        let first = try codes(name, count: layer.weightCount)
        guard file.tensors[name + "_second"] != nil else {
            return try first.enumerated().map { index, code throws(BackboneArtifactError) in
                guard let weight = Po2Weight(code: code) else {
                    throw .illegalWeight(tensor: name, index: index, found: Int(code))
                }
                return weight.value
            }
        }
        let second = try codes(name + "_second", count: layer.weightCount)
        var weights: [Int8] = []
        weights.reserveCapacity(layer.weightCount)
        for index in first.indices {
            guard let terms = WeightTerms(firstCode: first[index], secondCode: second[index]) else {
                throw .illegalWeight(
                    tensor: name + "_second", index: index, found: Int(first[index]) | Int(second[index]) << 4
                )
            }
            weights.append(terms.value)
        }
        // A file has one form: a tensor of second terms has some.
        guard second.contains(where: { $0 != Po2Weight.zeroCode }) else {
            throw .unexpectedTensor(name: name + "_second")
        }
        return weights
    }

    /// The four-bit codes of a tensor.
    private mutating func codes(_ name: String, count: Int) throws(BackboneArtifactError) -> [UInt8] {
        try tensor(name, .u8, [count / 2]).bytes.flatMap { [$0 & 15, $0 >> 4] }
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
