import FloatNetwork
import HardenedBackbone
import NetworkExchange
import QuantizedTensors
import Testing
import TestSupport

/// Networks as TensorFlow Lite's converters write them are read without loss.
@Suite struct TFLiteReadingTests {
    struct Style: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let isTurned: Bool
        let change: @Sendable (inout TFLiteWriter) -> Void

        init(
            _ name: String, isTurned: Bool = true, _ change: @escaping @Sendable (inout TFLiteWriter) -> Void
        ) {
            (testDescription, self.isTurned, self.change) = (name, isTurned, change)
        }
    }

    static let styles: [Style] = [
        Style("as TensorFlow pads") { _ in },
        Style("padded apart, as Keras pads") { $0.padding = .behind },
        Style("padded apart, as PyTorch pads", isTurned: false) { $0.padding = .around },
        Style("ReLU6 apart") { $0.clip = .separate },
        Style("average pool") { $0.pool = .average },
        Style("convolution as classifier") { $0.classifier = .convolution },
        Style("convolution and softmax") { ($0.classifier, $0.hasSoftmax) = (.convolution, true) },
        Style("softmax") { $0.hasSoftmax = true },
    ]

    @Test(arguments: TFLiteWriter.Numbers.allCases, styles)
    func theNetworkIsTheSame(numbers: TFLiteWriter.Numbers, style: Style) throws {
        var draws = SeededRandom(seed: 1)
        var writer = TFLiteWriter()
        writer.numbers = numbers
        style.change(&writer)
        let network = try writer.held(draws.network(widthPercent: 10, inputSize: 64, classes: 3))
        writer.build(network)
        let read = try NetworkImporter.network(decoding: writer.bytes(), fileName: "x")
        #expect(read.isTurned == style.isTurned)
        expect(read, network)
        #expect(read.opset == nil && read.framework == nil && read.classNames == nil)
        let types: [TFLiteWriter.Numbers: String] = [
            .float: "float32", .half: "float16", .perChannel: "int8", .perTensor: "uint8",
        ]
        #expect(read.source == "TensorFlow Lite, \(types[numbers] ?? "") weights, test writer")
    }

    private func expect(_ read: ImportedNetwork, _ network: FloatNetwork) {
        #expect(read.network.network == network.network)
        for (index, (layer, expected)) in zip(read.network.layers, network.layers).enumerated() {
            let area = network.network.layers[index].kernelSize * network.network.layers[index].kernelSize
            var weights = expected.weights
            if read.isTurned {
                for start in stride(from: 0, to: weights.count, by: area) {
                    weights[start..<start + area].reverse()
                }
            }
            // Thousands of numbers are nothing to print.
            let isSame = layer.weights == weights && layer.bias == expected.bias
            #expect(isSame, "\(network.network.layers[index].name)")
        }
        let isSame =
            read.network.classifier?.weights == network.classifier?.weights
            && read.network.classifier?.bias == network.classifier?.bias
        #expect(isSame, "classifier")
    }

    private func written(
        _ numbers: TFLiteWriter.Numbers, classes: Int? = 2, _ change: (inout TFLiteWriter) -> Void = { _ in }
    ) throws -> (writer: TFLiteWriter, network: FloatNetwork) {
        var draws = SeededRandom(seed: 2)
        var writer = TFLiteWriter()
        writer.numbers = numbers
        change(&writer)
        let network = try writer.held(draws.network(widthPercent: 10, classes: classes))
        writer.build(network)
        return (writer, network)
    }

    @Test(arguments: [TFLiteWriter.Numbers.perChannel, .perTensor])
    func aRangeOfSixIsReLU6AndProductsScaleABias(numbers: TFLiteWriter.Numbers) throws {
        var (writer, network) = try written(numbers) { $0.clip = .byRange }
        expect(try NetworkImporter.network(decoding: writer.bytes(), fileName: "x"), network)
        // Where a bias states no scale, that of its products is taken.
        writer.statesBiasScale = false
        writer.clip = .fused
        writer.build(network)
        expect(try NetworkImporter.network(decoding: writer.bytes(), fileName: "x"), network)
    }

    @Test func aNetworkWithoutClassifierEndsWithItsFeatures() throws {
        let (writer, network) = try written(.float, classes: nil)
        expect(try NetworkImporter.network(decoding: writer.bytes(), fileName: "x"), network)
    }

    @Test func quantisedPixelsStateTheNormalisation() throws {
        for (numbers, black) in [(TFLiteWriter.Numbers.perTensor, 127), (.perChannel, -1)] {
            let (writer, _) = try written(numbers)
            let bytes = writer.bytes {
                $0.tensors[0].scales = [1 / 127.5]
                $0.tensors[0].zeros = [black]
            }
            let read = try NetworkImporter.network(decoding: bytes, fileName: "x")
            let stated = try #require(read.statedNormalization)
            #expect(stated.mean == [Float](repeating: 127 / 255, count: 3))
            // 1 / 127.5 is rounded in the file.
            #expect(stated.standardDeviation.allSatisfy { abs($0 - 0.5) < 1e-7 })
            #expect(read.network.normalization == stated)
            let given = FloatNetwork.Normalization.imageNet
            let other = try NetworkImporter.network(
                decoding: bytes, fileName: "x", options: ImportOptions(normalization: given))
            #expect(other.network.normalization == given)
        }
        let (writer, _) = try written(.float)
        let read = try NetworkImporter.network(decoding: writer.bytes(), fileName: "x")
        #expect(read.statedNormalization == nil)
    }

    @Test func aSizeThatIsNotFixedIsAskedFor() throws {
        let (writer, network) = try written(.float)
        let bytes = writer.bytes {
            $0.tensors[0].shape = [1, 1, 1, 3]
            $0.tensors[0].extra[7] = .int32s([-1, -1, -1, 3])
        }
        #expect(importError(bytes) == .unknownInputSize)
        expect(
            try NetworkImporter.network(decoding: bytes, fileName: "x", options: .init(inputSize: 32)),
            network)
    }

    @Test func namesMayBeAbsentOrTheSame() throws {
        let (writer, network) = try written(.half)
        let bytes = writer.bytes { writer in
            for index in writer.tensors.indices {
                writer.tensors[index].name = index.isMultiple(of: 2) ? "" : "same"
            }
        }
        expect(try NetworkImporter.network(decoding: bytes, fileName: "x"), network)
    }

    @Test func pixelsAreQuantisedAgainAndShapesAskedFor() throws {
        let (writer, network) = try written(.perChannel)
        let bytes = writer.bytes { writer in
            // uint8 outside, int8 inside, as converters do; and somebody who asks for a shape.
            var image = writer.tensors[0]
            (image.name, image.type, image.zeros) = ("bytes", 3, [135])
            writer.tensors.append(image)
            writer.inputs = [writer.tensors.count - 1]
            writer.operations.insert(.init(code: 114, inputs: writer.inputs, outputs: [0]), at: 0)
            writer.tensors.append(.init(name: "shape", shape: [4], type: 2))
            let shape = writer.tensors.count - 1
            writer.operations.append(
                .init(code: 77, inputs: writer.operations[1].outputs, outputs: [shape]))
        }
        expect(try NetworkImporter.network(decoding: bytes, fileName: "x"), network)
    }

    @Test func numbersMayBeBehindTheTables() throws {
        let (writer, network) = try written(.float)
        let place = try #require(writer.tensors.firstIndex { $0.name == "stem.w" })
        let content = writer.tensors[place].content
        func bytes(at offset: Int) -> [UInt8] {
            writer.bytes {
                $0.tensors[place].buffer = [1: .int64(offset), 2: .int64(content.count)]
            }
        }
        let count = bytes(at: 2).count
        expect(try NetworkImporter.network(decoding: bytes(at: count) + content, fileName: "x"), network)
        let cut = (bytes(at: count) + content).dropLast()
        guard case .malformedModel(let reason)? = importError(Array(cut)) else {
            Issue.record("not refused")
            return
        }
        #expect(reason.contains("a buffer of \(content.count) bytes at \(count)"))
    }
}
