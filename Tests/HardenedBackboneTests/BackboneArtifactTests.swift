import Artifacts
import HardenedBackbone
import QuantizedTensors
import Testing
import TestSupport

/// The artefact file: what is written is read back, and nothing else is.
@Suite struct BackboneArtifactTests {
    private static func sample() throws -> BackboneArtifact {
        try RandomBackbone.make(widthPercent: 10, inputSize: 32, seed: 3)
    }

    /// Decodes the sample after `change`, with a fresh digest unless told otherwise.
    private static func refusal(
        sealing: Bool = true,
        _ change: (inout SafetensorsFile) -> Void
    ) throws -> BackboneArtifactError? {
        var file = try SafetensorsFile(decoding: sample().encoded())
        change(&file)
        if sealing { file.metadata["digest"] = file.contentDigest(excludingMetadata: ["digest"]).hex }
        do {
            _ = try BackboneArtifact(decoding: file.encoded())
            return nil
        } catch { return error }
    }

    private static func patched(
        _ file: inout SafetensorsFile,
        _ name: String,
        _ change: (inout [UInt8]) -> Void
    ) {
        guard let tensor = file.tensors[name] else { return }
        var bytes = tensor.bytes
        change(&bytes)
        file.tensors[name] = .init(
            name: name,
            elementType: tensor.elementType,
            shape: tensor.shape,
            bytes: bytes
        )
    }

    @Test func readsBackWhatItWrites() throws {
        let artifact = try Self.sample()
        let bytes = artifact.encoded()
        let decoded = try BackboneArtifact(decoding: bytes)
        #expect(decoded == artifact)
        #expect(decoded.encoded() == bytes)
        #expect(try Self.refusal { _ in } == nil)
    }

    @Test func packsTheEvenWeightIntoTheLowHalf() throws {
        let artifact = try Self.sample()
        let file = try SafetensorsFile(decoding: artifact.encoded())
        let packed = try #require(file.tensors["stem.weight"])
        let weights = artifact.layers[0].weights
        #expect(packed.shape == [weights.count / 2])
        #expect(packed.bytes[0] & 15 == Po2Weight(value: weights[0])?.code)
        #expect(packed.bytes[0] >> 4 == Po2Weight(value: weights[1])?.code)
    }

    @Test func namesDifferentContentsDifferently() throws {
        let artifact = try Self.sample()
        let other = try BackboneArtifact(
            network: artifact.network,
            inputMean: artifact.inputMean,
            poolShift: 4,
            layers: artifact.layers,
            activationExponents: artifact.activationExponents,
            preprocessing: artifact.preprocessing,
            description: artifact.description
        )
        #expect(other.digest != artifact.digest)
    }

    @Test func refusesEveryFlippedBit() throws {
        let seed: UInt64 = 5
        var generator = SeededRandom(seed: seed)
        let bytes = try Self.sample().encoded()
        let headerEnd = 8 + Int(bytes[0]) + Int(bytes[1]) << 8 + Int(bytes[2]) << 16
        var positions = (0..<64).map { $0 }
        positions += (0..<400).map { _ in Int.random(in: 64..<headerEnd * 8, using: &generator) }
        positions += (0..<200).map { _ in Int.random(in: headerEnd * 8..<bytes.count * 8, using: &generator) }
        for position in positions {
            var damaged = bytes
            damaged[position / 8] ^= 1 << UInt8(position % 8)
            #expect(
                throws: BackboneArtifactError.self,
                "seed \(seed): bit \(position) of \(bytes.count) bytes"
            ) { try BackboneArtifact(decoding: damaged) }
        }
    }

    @Test func refusesFilesCutAnywhere() throws {
        let bytes = try Self.sample().encoded()
        for count in [0, 7, 8, 100, bytes.count / 2, bytes.count - 1] {
            #expect(throws: BackboneArtifactError.self) {
                try BackboneArtifact(decoding: Array(bytes.prefix(count)))
            }
        }
        #expect(throws: BackboneArtifactError.self) { try BackboneArtifact(decoding: bytes + [0]) }
    }

    @Test func refusesOtherFormatsSchemasAndDigests() throws {
        #expect(
            try Self.refusal { $0.metadata["format"] = "hashiflex-head" }
                == .illegalMetadata(key: "format", found: "hashiflex-head", expected: "'hashiflex-backbone'")
        )
        #expect(try Self.refusal { $0.metadata["schema"] = "2" } == .unknownSchema(found: "2"))
        #expect(
            try Self.refusal(sealing: false) { $0.metadata["digest"] = nil }
                == .missingMetadata(key: "digest")
        )
        let upper = try Self.sample().digest.hex.uppercased()
        let error = try Self.refusal(sealing: false) { $0.metadata["digest"] = upper }
        #expect(error == .digestMismatch(recorded: upper, computed: try Self.sample().digest))
    }

    @Test(arguments: [
        "format", "schema", "width_percent", "input_size", "input_mean", "pool_shift", "activation_exponents",
        "preprocessing", "description",
    ])
    func refusesFilesWithoutAMetadataEntry(_ key: String) throws {
        #expect(try Self.refusal { $0.metadata[key] = nil } == .missingMetadata(key: key))
    }

    @Test(arguments: [
        ("width_percent", "x"), ("width_percent", "+10"), ("width_percent", "500"), ("input_size", "33"),
        ("input_size", "032"), ("input_mean", "124,116"), ("input_mean", "124,116,256"),
        ("input_mean", "124, 116, 104"), ("pool_shift", "2"), ("pool_shift", "7"), ("pool_shift", ""),
        ("activation_exponents", "0"), ("activation_exponents", "zero"),
    ])
    func refusesIllegalMetadata(_ key: String, _ value: String) throws {
        let error = try Self.refusal { $0.metadata[key] = value }
        guard case .illegalMetadata(let named, _, _) = error else {
            Issue.record("\(key) = '\(value)' gave \(String(describing: error))")
            return
        }
        #expect(named.contains(key))
    }

    @Test func refusesUnknownMetadataAndTensors() throws {
        #expect(try Self.refusal { $0.metadata["note"] = "x" } == .unexpectedMetadata(key: "note"))
        #expect(
            try Self.refusal {
                $0.tensors["extra"] = .init(name: "extra", elementType: .u8, shape: [1], bytes: [0])
            } == .unexpectedTensor(name: "extra")
        )
        // Blocks that do not change the shape add a residual; the first of a stage does not.
        #expect(
            try Self.refusal {
                $0.tensors["b01.project.residual_shift"] = .init(
                    name: "b01.project.residual_shift",
                    elementType: .i8,
                    shape: [1],
                    bytes: [0]
                )
            } == .unexpectedTensor(name: "b01.project.residual_shift")
        )
    }

    @Test(arguments: ["stem.weight", "b05.depthwise.bias", "last.shift", "b02.project.residual_shift"])
    func refusesMissingMistypedAndMisshapenTensors(_ name: String) throws {
        #expect(try Self.refusal { $0.tensors[name] = nil } == .missingTensor(name: name))
        let mistyped = try Self.refusal { file in
            guard let tensor = file.tensors[name] else { return }
            let wrong: SafetensorsFile.ElementType = tensor.elementType == .i8 ? .u8 : .bool
            file.tensors[name] = .init(
                name: name,
                elementType: wrong,
                shape: [tensor.bytes.count],
                bytes: tensor.bytes
            )
        }
        guard case .wrongElementType(name, _, _) = mistyped else {
            Issue.record("\(name): \(String(describing: mistyped))")
            return
        }
        let misshapen = try Self.refusal { file in
            guard let tensor = file.tensors[name] else { return }
            file.tensors[name] = .init(
                name: name,
                elementType: tensor.elementType,
                shape: tensor.shape + [1],
                bytes: tensor.bytes
            )
        }
        guard case .wrongShape(name, _, _) = misshapen else {
            Issue.record("\(name): \(String(describing: misshapen))")
            return
        }
    }

    @Test func refusesTheNegativeZeroCode() throws {
        let low = try Self.refusal { Self.patched(&$0, "b03.expand.weight") { $0[5] |= 0x0F } }
        #expect(low == .illegalWeight(tensor: "b03.expand.weight", index: 10, found: 15))
        let high = try Self.refusal { Self.patched(&$0, "b03.expand.weight") { $0[5] |= 0xF0 } }
        #expect(high == .illegalWeight(tensor: "b03.expand.weight", index: 11, found: 15))
    }

    @Test func refusesBiasesAndShiftsOutOfRange() throws {
        func bias(_ value: Int32) throws -> BackboneArtifactError? {
            try Self.refusal { file in
                Self.patched(&file, "last.bias") { bytes in
                    for index in 0..<4 {
                        bytes[4 + index] = UInt8(truncatingIfNeeded: value >> Int32(8 * index))
                    }
                }
            }
        }
        #expect(try bias(1 << 24) == nil)
        #expect(try bias(-(1 << 24)) == nil)
        #expect(
            try bias(1 << 24 + 1) == .biasOutOfRange(tensor: "last.bias", channel: 1, found: 1 << 24 + 1)
        )
        #expect(
            try bias(Int32.min) == .biasOutOfRange(tensor: "last.bias", channel: 1, found: Int(Int32.min))
        )
        #expect(try Self.refusal { Self.patched(&$0, "last.shift") { $0[2] = 20 } } == nil)
        #expect(
            try Self.refusal { Self.patched(&$0, "last.shift") { $0[2] = 21 } }
                == .shiftOutOfRange(tensor: "last.shift", channel: 2, found: 21)
        )
    }

    @Test func refusesResidualAlignmentsOutOfRange() throws {
        let name = "b02.project.residual_shift"
        for value in [Int8(-21), 21, 127, -128] {
            let error = try Self.refusal {
                Self.patched(&$0, name) { $0[0] = UInt8(bitPattern: value) }
            }
            guard case .residualShiftOutOfRange(name, 0, Int(value), _) = error else {
                Issue.record("\(value): \(String(describing: error))")
                return
            }
        }
    }

    @Test func refusesLayersThatDoNotFitTheNetwork() throws {
        let artifact = try Self.sample()
        func refusal(_ change: (inout [LayerParameters]) -> Void) -> BackboneArtifactError? {
            var layers = artifact.layers
            change(&layers)
            do {
                _ = try BackboneArtifact(
                    network: artifact.network,
                    poolShift: 5,
                    layers: layers,
                    activationExponents: artifact.activationExponents,
                    preprocessing: "",
                    description: ""
                )
                return nil
            } catch { return error }
        }
        let first = artifact.layers[0]
        #expect(refusal { $0.removeLast() } == .wrongLayerCount(found: 51, expected: 52))
        #expect(
            refusal { $0[0] = .init(weights: [], bias: first.bias, shift: first.shift) }
                == .wrongShape(tensor: "stem.weight", found: [0], expected: [first.weights.count])
        )
        var weights = first.weights
        weights[7] = 11
        #expect(
            refusal { $0[0] = .init(weights: weights, bias: first.bias, shift: first.shift) }
                == .illegalWeight(tensor: "stem.weight", index: 7, found: 11)
        )
        #expect(
            refusal {
                $0[0] = .init(weights: first.weights, bias: first.bias, shift: first.shift, residualShift: 1)
            } == .residualShiftOutOfRange(tensor: "stem.residual_shift", channel: 0, found: 1, shift: 0)
        )
    }

    @Test func explainsErrorsWithPlaceAndRemedy() {
        let error = BackboneArtifactError.shiftOutOfRange(tensor: "last.shift", channel: 2, found: 21)
        #expect("\(error)" == "tensor 'last.shift' holds 21 at channel 2, expected 0...20; calibrate again")
    }
}
