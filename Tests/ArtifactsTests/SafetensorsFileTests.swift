import Artifacts
import Testing
import TestSupport

@Suite struct SafetensorsFileTests {
    @Test func whatIsWrittenReadsBackEqual() throws {
        let file = smallFile()
        let decoded = try SafetensorsFile(decoding: file.encoded())
        #expect(decoded == file)
        #expect(decoded.metadata["note"] == "a \"quoted\" \\ line\nand ü")
        #expect(try decoded.tensor("weights").int8s() == [-128, -1, 0, 1, 64, 127])
        #expect(try decoded.tensor("bias").int32s() == [.min, .max])
        #expect(try decoded.tensor("scale").float32s() == [0.5])
        #expect(try decoded.tensor("scale").shape == [])
    }

    @Test func theEmptyFileReadsBack() throws {
        let file = SafetensorsFile(metadata: [:], tensors: [])
        #expect(file.encoded() == fileBytes(header: "{}      "))
        #expect(try SafetensorsFile(decoding: file.encoded()) == file)
    }

    @Test(arguments: SafetensorsFile.ElementType.allCases)
    func everyElementTypeReadsBack(type: SafetensorsFile.ElementType) throws {
        let bytes = (0..<(6 * type.byteCount)).map { UInt8($0 & 1) }
        let tensor = SafetensorsFile.Tensor(name: "t", elementType: type, shape: [3, 1, 2], bytes: bytes)
        let decoded = try SafetensorsFile(
            decoding: SafetensorsFile(metadata: [:], tensors: [tensor]).encoded()
        )
        #expect(decoded.tensors == ["t": tensor])
    }

    @Test func randomFilesReadBackEqual() throws {
        for seed in UInt64(0)..<200 {
            var generator = SeededRandom(seed: seed)
            let file = randomFile(using: &generator)
            let encoded = file.encoded()
            let decoded = try SafetensorsFile(decoding: encoded)
            #expect(decoded == file, "seed \(seed)")
            #expect(decoded.encoded() == encoded, "seed \(seed)")
        }
    }

    @Test func theOrderOfTensorsDoesNotChangeTheBytes() {
        let tensors = Array(smallFile().tensors.values).sorted { $0.name < $1.name }
        let forth = SafetensorsFile(metadata: ["a": "1", "b": "2"], tensors: tensors)
        let back = SafetensorsFile(metadata: ["b": "2", "a": "1"], tensors: tensors.reversed())
        #expect(forth.encoded() == back.encoded())
    }

    @Test func theDataBeginsAtAMultipleOfEight() throws {
        for padding in 0..<8 {
            let file = SafetensorsFile(
                metadata: ["pad": String(repeating: "x", count: padding)],
                tensors: [.uint8(name: "t", shape: [1], values: [9])]
            )
            let bytes = file.encoded()
            #expect((bytes.count - 1) % 8 == 0)
            #expect(bytes.last == 9)
        }
    }

    @Test func readingAnotherElementTypeIsRefused() throws {
        let tensor = SafetensorsFile.Tensor.int8(name: "weights", shape: [1], values: [1])
        let expected = SafetensorsError.wrongElementType(tensor: "weights", expected: .i32, actual: .i8)
        #expect(throws: expected) { try tensor.int32s() }
        #expect(throws: SafetensorsError.self) { try tensor.float32s() }
        #expect(throws: SafetensorsError.self) { try tensor.float64s() }
        #expect(throws: SafetensorsError.self) { try tensor.uint8s() }
        let pixels = SafetensorsFile.Tensor.uint8(name: "pixels", shape: [1], values: [1])
        #expect(throws: SafetensorsError.self) { try pixels.int8s() }
    }

    @Test func aMissingTensorIsNamed() {
        #expect(throws: SafetensorsError.missingTensor("head")) { try smallFile().tensor("head") }
    }

    @Test func aTensorThatItsBytesDoNotFillStopsTheProgram() async {
        await #expect(processExitsWith: .failure) {
            _ = SafetensorsFile.Tensor(name: "t", elementType: .i32, shape: [2], bytes: [0, 0, 0, 0])
        }
    }

    private func randomFile(using generator: inout SeededRandom) -> SafetensorsFile {
        var metadata: [String: String] = [:]
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            metadata[randomText(using: &generator)] = randomText(using: &generator)
        }
        var tensors: [String: SafetensorsFile.Tensor] = [:]
        for _ in 0..<Int.random(in: 0...5, using: &generator) {
            let name = randomText(using: &generator)
            let type = SafetensorsFile.ElementType.allCases.randomElement(using: &generator) ?? .u8
            let rank = Int.random(in: 0...4, using: &generator)
            let shape = (0..<rank).map { _ in Int.random(in: 0...4, using: &generator) }
            let count = shape.reduce(type.byteCount, *)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            tensors[name] = .init(name: name, elementType: type, shape: shape, bytes: bytes)
        }
        return SafetensorsFile(metadata: metadata, tensors: Array(tensors.values))
    }

    private func randomText(using generator: inout SeededRandom) -> String {
        let alphabet: [Unicode.Scalar] = [
            "a", "b", "Z", "\"", "\\", "\u{0}", "\u{1F}", "ü", "☃", "😀", "/", " ",
        ]
        var text = ""
        for _ in 0..<Int.random(in: 0...6, using: &generator) {
            text.unicodeScalars.append(alphabet[Int.random(in: 0..<alphabet.count, using: &generator)])
        }
        return text
    }
}
