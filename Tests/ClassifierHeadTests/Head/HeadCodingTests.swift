import Artifacts
import ClassifierHead
import Testing
import TestSupport

@Suite struct HeadCodingTests {
    @Test func whatIsWrittenReadsBackEqual() throws {
        for seed in UInt64(0)..<20 {
            var generator = SeededRandom(seed: seed)
            let head = try randomHead(
                classCount: Int.random(in: 2...40, using: &generator),
                featureCount: Int.random(in: 1...50, using: &generator),
                using: &generator
            )
            let decoded = try ClassifierHead(decoding: head.encoded())
            #expect(decoded == head, "seed \(seed)")
            #expect(decoded.encoded() == head.encoded(), "seed \(seed)")
        }
    }

    @Test func aHeadOfTheRealSizeReadsBack() throws {
        var generator = SeededRandom(seed: 1)
        let head = try randomHead(classCount: 1_000, featureCount: 1_280, using: &generator)
        #expect(try ClassifierHead(decoding: head.encoded()) == head)
    }

    @Test func truncationAtEveryLengthIsRefused() throws {
        let bytes = try small().encoded()
        for length in 0..<bytes.count {
            #expect(decodingError(Array(bytes[..<length])) != nil, "cut to \(length) bytes")
        }
        #expect(decodingError([]) == .container(.truncated(expected: 8, actual: 0)))
    }

    /// The digest in the file covers all but the label, so a flip that is not refused is one of the label.
    @Test func singleBitFlipsAreRefusedOrChangeTheLabelOnly() throws {
        let head = try small()
        let bytes = head.encoded()
        for bit in 0..<(8 * bytes.count) {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            guard let decoded = try? ClassifierHead(decoding: damaged) else { continue }
            #expect(decoded.digest == head.digest, "bit \(bit)")
        }
    }

    @Test func theDigestInTheFileMayBeAbsentButNotWrong() throws {
        let head = try small()
        var file = try SafetensorsFile(decoding: head.encoded())
        #expect(file.metadata["digest"] == head.digest.hex)
        file.metadata["digest"] = nil
        #expect(try ClassifierHead(decoding: file.encoded()) == head)
        let wrong = ContentDigest(of: "wrong".utf8)
        file.metadata["digest"] = wrong.hex
        #expect(decodingError(file.encoded()) == .digestMismatch(expected: wrong, actual: head.digest))
        file.metadata["digest"] = "short"
        #expect(decodingError(file.encoded()) == .badMetadata(key: "digest", value: "short"))
    }

    @Test func theVersionMayBeAbsent() throws {
        let head = try makeHead(version: nil, featureCount: 1, weights: [1, 2], bias: [3, 4])
        #expect(try ClassifierHead(decoding: head.encoded()) == head)
    }

    @Test func anUnknownSchemaIsRefusedByName() throws {
        let error = try error { $0.metadata["schema"] = "hashiflex.head.2" }
        #expect(error == .unknownSchema("hashiflex.head.2"))
    }

    @Test(arguments: ["schema", "class_names", "backbone_digest", "summary", "name"])
    func missingMetadataIsNamed(key: String) throws {
        #expect(try error { $0.metadata[key] = nil } == .missingMetadata(key))
    }

    @Test(arguments: ["weights", "bias", "scale"])
    func missingTensorsAreNamed(name: String) throws {
        #expect(try error { $0.tensors[name] = nil } == .missingTensor(name))
    }

    @Test func unknownEntriesAreRefused() throws {
        #expect(try error { $0.metadata["extra"] = "" } == .unexpectedContent("extra"))
        let tensor = try error { $0.tensors["extra"] = .uint8(name: "extra", shape: [0], values: []) }
        #expect(tensor == .unexpectedContent("extra"))
    }

    @Test func wrongElementTypesAreRefused() throws {
        let weights = try error {
            $0.tensors["weights"] = .uint8(name: "weights", shape: [2, 3], values: [1, 2, 3, 4, 5, 6])
        }
        #expect(weights == .container(.wrongElementType(tensor: "weights", expected: .i8, actual: .u8)))
        let bias = try error {
            $0.tensors["bias"] = .float32(name: "bias", shape: [2], values: [1, 2])
        }
        #expect(bias == .container(.wrongElementType(tensor: "bias", expected: .i32, actual: .f32)))
    }

    @Test func wrongShapesAreRefused() throws {
        let flat = try error {
            $0.tensors["weights"] = .int8(name: "weights", shape: [6], values: [1, 2, 3, 4, 5, 6])
        }
        guard case .badShape(tensor: "weights", expected: _, actual: [6]) = flat else {
            Issue.record("flat weights were not refused: \(String(describing: flat))")
            return
        }
        let bias = try error { $0.tensors["bias"] = .int32(name: "bias", shape: [3], values: [1, 2, 3]) }
        #expect(bias == .badShape(tensor: "bias", expected: [2], actual: [3]))
        let scale = try error { $0.tensors["scale"] = .float64(name: "scale", shape: [1], values: [1]) }
        #expect(scale == .badShape(tensor: "scale", expected: [], actual: [1]))
        let empty = try error { $0.tensors["weights"] = .int8(name: "weights", shape: [2, 0], values: []) }
        #expect(empty == .badFeatureCount(0))
        let one = try error { $0.tensors["weights"] = .int8(name: "weights", shape: [1, 1], values: [1]) }
        #expect(one == .badClassCount(1))
    }

    @Test func aWrongNumberOfClassNamesIsRefused() throws {
        let error = try error { $0.metadata["class_names"] = "a\nb\nc" }
        #expect(error == .badLabelCount(expected: 2, actual: 3))
        #expect(try self.error { $0.metadata["class_names"] = "" } == .badLabelCount(expected: 2, actual: 1))
    }

    @Test func badValuesInTheFileAreRefused() throws {
        #expect(
            try error { $0.metadata["backbone_digest"] = "?" }
                == .badMetadata(key: "backbone_digest", value: "?")
        )
        #expect(try error { $0.metadata["name"] = "a b" } == .badName("a b"))
        #expect(try error { $0.metadata["class_names"] = "a\n" } == .badClassName(classIndex: 1))
        #expect(
            try error { $0.tensors["scale"] = .float64(name: "scale", shape: [], values: [-1]) }
                == .badScale(-1)
        )
    }

    @Test func filesAboveTheLimitAreRefusedUnread() {
        let count = ClassifierHead.maximumFileByteCount + 1
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { _, initialized in initialized = count }
        #expect(decodingError(bytes) == .tooLarge(byteCount: count, maximum: count - 1))
    }

    /// Each entry of a header takes much more memory than its text.
    @Test func aFileOfManyEntriesIsRefusedBeforeTheyAreAllRead() throws {
        let refusal = try error { file in
            for index in 0..<5_000 { file.metadata["extra\(index)"] = "" }
        }
        guard case .container(.malformedHeader(_, let reason)) = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        #expect(reason == "more than 4096 members")
        let header = [UInt8](repeating: 0x20, count: (1 << 25) + 1)
        let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
        #expect(
            decodingError(length + header)
                == .container(.headerTooLarge(length: UInt64(header.count), maximum: 1 << 25)))
    }

    @Test func errorsNeverPrintLongOrControlText() throws {
        let text = String(repeating: "\u{1B}[2J", count: 5_000)
        for error in [HeadError.unknownSchema(text), .badName(text), .badMetadata(key: text, value: text)] {
            #expect(error.description.utf8.count < 2_500)
            #expect(!error.description.contains("\u{1B}"))
        }
    }

    private func small() throws -> ClassifierHead {
        try makeHead(
            classNames: ["scratch", "größe"],
            featureCount: 3,
            weights: [-128, -1, 0, 1, 64, 127],
            bias: [-5, 1 << 24]
        )
    }

    /// What decoding a small head throws after `change`; its digest is left out.
    private func error(_ change: (inout SafetensorsFile) -> Void) throws -> HeadError? {
        var file = try SafetensorsFile(decoding: small().encoded())
        file.metadata["digest"] = nil
        change(&file)
        return decodingError(file.encoded())
    }

    private func decodingError(_ bytes: [UInt8]) -> HeadError? {
        headError { () throws(HeadError) in _ = try ClassifierHead(decoding: bytes) }
    }
}
