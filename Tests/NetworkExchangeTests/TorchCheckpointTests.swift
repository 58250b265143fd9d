import Artifacts
import FloatNetwork
import HardenedBackbone
import NetworkExchange
import Testing
import TestSupport

/// PyTorch's checkpoints: the same network as from the same tensors in safetensors, and no code run.
@Suite struct TorchCheckpointTests {
    /// A network of width 0.3 with three classes, folded, under torchvision's names.
    private static let tensors: [SafetensorsFile.Tensor] = {
        var random = SeededRandom(seed: 5)
        guard let network = try? random.network(widthPercent: 30, classes: 3) else { return [] }
        return FloatNetworkFile.file(
            of: ImportedNetwork(network, source: "made for the test"), preprocessing: ""
        ).tensors.values.sorted { $0.name < $1.name }
    }()
    private static let options = ImportOptions(inputSize: 32)

    private func imported(_ bytes: [UInt8]) throws -> ImportedNetwork {
        try NetworkImporter.network(decoding: bytes, fileName: "test", options: Self.options)
    }

    private func reason(_ bytes: [UInt8]) -> String {
        do {
            _ = try imported(bytes)
            return ""
        } catch { return "\(error)" }
    }

    private func expectSame(_ bytes: [UInt8], as file: SafetensorsFile, _ what: String) throws {
        let (found, wanted) = (try imported(bytes).network, try imported(file.encoded()).network)
        for (left, right) in zip(found.layers, wanted.layers) {
            #expect(left.weights == right.weights && left.bias == right.bias, "\(what)")
        }
        #expect(found.classifier?.weights == wanted.classifier?.weights, "\(what)")
    }

    private var file: SafetensorsFile { SafetensorsFile(metadata: [:], tensors: Self.tensors) }

    @Test func everyFormIsTheSameNetwork() throws {
        var writer = TorchWriter(Self.tensors)
        try expectSame(writer.archive(), as: file, "archive")
        try expectSame(writer.old(), as: file, "old")
        writer.is64Bit = false
        try expectSame(writer.archive(), as: file, "archive of 32 bits")
        #expect(try imported(writer.archive()).source == "PyTorch checkpoint, torchvision names")
        for entry in ["state_dict", "model_state_dict", "model", "state_dict_ema"] {
            writer.entry = entry
            try expectSame(writer.archive(), as: file, entry)
            try expectSame(writer.old(), as: file, entry)
            #expect(try imported(writer.archive()).source.contains("entry \(entry)"))
        }
        // Names of wrappers.
        writer.entry = nil
        for index in writer.entries.indices {
            writer.entries[index].name = "module." + writer.entries[index].name
        }
        try expectSame(writer.archive(), as: file, "module.")
    }

    @Test func numbersInAnotherOrderAreReadInThatOfTheShape() throws {
        var writer = TorchWriter(Self.tensors)
        for index in writer.entries.indices where writer.entries[index].tensor.shape.count == 4 {
            // As `memory_format=torch.channels_last` leaves them, behind three other numbers.
            let shape = writer.entries[index].tensor.shape
            let (inputs, height, width) = (shape[1], shape[2], shape[3])
            let numbers = writer.entries[index].numbers
            var turned = [UInt8](repeating: 7, count: 12)
            for output in 0..<shape[0] {
                for pixel in 0..<height * width {
                    for input in 0..<inputs {
                        let source = 4 * ((output * inputs + input) * height * width + pixel)
                        turned += numbers[source..<source + 4]
                    }
                }
            }
            writer.entries[index].numbers = turned
            writer.entries[index].offset = 3
            writer.entries[index].strides = [inputs * height * width, 1, inputs * width, inputs]
        }
        try expectSame(writer.archive(), as: file, "channels last")
        try expectSame(writer.old(), as: file, "channels last, old")
    }

    @Test func doublesAreRoundedOnceAndWhatIsTooLargeIsRefused() throws {
        var doubles = Self.tensors
        for (index, tensor) in doubles.enumerated() {
            doubles[index] = .float64(
                name: tensor.name, shape: tensor.shape, values: try tensor.float32s().map { Double($0) })
        }
        try expectSame(TorchWriter(doubles).archive(), as: file, "double")
        try expectSame(
            SafetensorsFile(metadata: [:], tensors: doubles).encoded(), as: file, "double in safetensors")
        let (name, count) = (doubles[0].name, doubles[0].bytes.count / 8)
        doubles[0] = .float64(
            name: name, shape: doubles[0].shape, values: [Double](repeating: 1e300, count: count))
        #expect(reason(TorchWriter(doubles).archive()).contains("NaN or infinity at element 0"))
    }

    @Test func whatReachesBeyondItsNumbersIsRefused() throws {
        func refuse(_ expected: String, _ change: (inout TorchWriter.Entry) -> Void) {
            var writer = TorchWriter(Self.tensors)
            change(&writer.entries[0])
            for (form, bytes) in [("archive", writer.archive()), ("old", writer.old())] {
                let reason = reason(bytes)
                #expect(reason.contains(expected), "\(form): \(reason)")
            }
        }
        refuse("beyond its numbers") { $0.offset = 1 }
        refuse("beyond its numbers") { $0.offset = .max }
        refuse("beyond its numbers") { $0.strides = $0.strides.map { $0 + 1 } }
        refuse("beyond its numbers") { $0.strides = $0.strides.map { _ in .max } }
        refuse("beyond its numbers") { $0.numbers = Array($0.numbers.dropLast(4)) }
        refuse("tensor of an unknown form") { $0.strides = [-1] + $0.strides.dropFirst() }
        refuse("tensor of an unknown form") { $0.strides.removeLast() }
        var missing = TorchWriter(Self.tensors)
        missing.entries[0].storage = "none"
        #expect(reason(missing.archive()).contains("are missing"))
        var big = TorchWriter(Self.tensors)
        big.byteOrder = "big"
        #expect(reason(big.archive()).contains("not little endian"))
    }

    @Test func sizesBesideAZeroAreNoNumbers() {
        var writer = TorchWriter(Self.tensors)
        writer.entries[0].tensor = .init(
            name: writer.entries[0].name, elementType: .f32, shape: [0, 1 << 22, 1 << 22, 1 << 22], bytes: [])
        writer.entries[0].strides = [1, 0, 1 << 22, 1]
        writer.entries[0].numbers = [UInt8](repeating: 0, count: 4 << 22)
        #expect(!reason(writer.archive()).isEmpty && !reason(writer.old()).isEmpty)
    }

    @Test func aSignThatIsToBeTurnedIsNotPassedOver() {
        var writer = TorchWriter(Self.tensors)
        writer.isNegated = true
        for bytes in [writer.archive(), writer.old()] {
            #expect(reason(bytes).contains("tensor of an unknown form"), "\(reason(bytes))")
        }
    }

    @Test func oneCheckpointAFile() {
        let two = TorchWriter.zip([("a/data.pkl", [1]), ("b/data.pkl", [1])], is64Bit: false)
        #expect(reason(two).contains("2 of data.pkl"))
    }

    @Test func longNamesAreNotRepeated() {
        let name = [UInt8](repeating: UInt8(ascii: "a"), count: 400_000)
        var pickle: [UInt8] = [0x80, 4, UInt8(ascii: "X")] + TorchWriter.little(UInt32(name.count)) + name
        pickle += [UInt8(ascii: "q"), 0]
        for _ in 0..<100_000 { pickle += [UInt8(ascii: "h"), 0, UInt8(ascii: "h"), 0, 0x93] }
        let bytes = TorchWriter.zip([("a/data.pkl", pickle)], is64Bit: false)
        #expect(reason(bytes).contains("class without a name"), "\(reason(bytes))")
        let line = [0x80, 2, UInt8(ascii: "c")] + name + Array("\nb\n.".utf8)
        let long = TorchWriter.zip([("a/data.pkl", line)], is64Bit: false)
        #expect(reason(long).contains("long class name"), "\(reason(long))")
    }

    @Test func oneStorageThatIsReadOverAndOverFillsNoMemory() throws {
        // A thousand tensors of the same 40,000 numbers.
        let numbers = SafetensorsFile.Tensor.float32(
            name: "x", shape: [40_000], values: [Float](repeating: 1, count: 40_000))
        var writer = TorchWriter([numbers])
        let first = writer.entries[0]
        for index in 1..<1_000 {
            var entry = first
            entry.name = "x\(index)"
            entry.storage = "0"
            writer.entries.append(entry)
        }
        #expect(reason(writer.archive()).contains("more numbers than the file"))
    }

    @Test func aClassOfItsOwnIsNamedAndNothingIsCalled() {
        let call = Array("cos\nsystem\n(X\u{4}\0\0\0truetR.".utf8)
        let bytes = TorchWriter.zip([("a/data.pkl", [0x80, 2] + call)], is64Bit: true)
        #expect(reason(bytes).contains("object of class \"os.system\""), "\(reason(bytes))")
        let none = TorchWriter.zip([("a/other", [1])], is64Bit: false)
        #expect(reason(none).contains("neither a data.pkl"))
        let keras = TorchWriter.zip([("model.weights.h5", [1])], is64Bit: false)
        #expect(reason(keras).contains("Keras"))
        let other = [("config.json", Array("{}".utf8)), ("model.weights.h5", [UInt8(1)])]
        #expect(
            reason(TorchWriter.zip(other, is64Bit: false))
                == "Keras: its weights are no HDF5; save the model again")
        #expect(reason(KerasWriter.bytes).contains("tf2onnx"))
    }

    @Test func damagedFilesAreRefusedOrReadAlike() throws {
        let writer = TorchWriter(Array(Self.tensors.prefix(3)))
        for bytes in [writer.archive(), writer.old()] {
            // None of them is a whole network, so all are refused; none may stop the program.
            for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 1_500)) {
                #expect(throws: NetworkImportError.self) { try imported(Array(bytes[..<length])) }
            }
            var random = SeededRandom(seed: 9)
            for _ in 0..<3_000 {
                var changed = bytes
                for _ in 0..<3 {
                    // Most of the structure is at both ends.
                    let near = Int(random.next() % 700)
                    let place = random.next() % 2 == 0 ? near : max(0, bytes.count - 1 - near)
                    changed[min(place, bytes.count - 1)] = UInt8(truncatingIfNeeded: random.next())
                }
                #expect(throws: NetworkImportError.self) { try imported(changed) }
            }
        }
    }
}
