import FloatNetwork
import Foundation
import HardenedBackbone
import NetworkExchange
import Testing
import TestSupport

/// TensorFlow Lite files cut anywhere, flipped anywhere, or made to need much: an error or a network.
@Suite struct TFLiteHostileTests {
    private func writer(_ numbers: TFLiteWriter.Numbers) throws -> TFLiteWriter {
        var draws = SeededRandom(seed: 5)
        var writer = TFLiteWriter()
        writer.numbers = numbers
        writer.build(try writer.held(draws.network(widthPercent: 10, classes: 2)))
        return writer
    }

    /// The first layer alone, in some two thousand bytes.
    private func small(_ numbers: TFLiteWriter.Numbers) throws -> [UInt8] {
        try writer(numbers).bytes {
            $0.operations.removeLast($0.operations.count - 1)
            $0.tensors.removeLast($0.tensors.count - 4)
            $0.outputs = [3]
        }
    }

    @Test(arguments: [TFLiteWriter.Numbers.float, .perChannel])
    func everyCutIsRefused(numbers: TFLiteWriter.Numbers) throws {
        let bytes = try small(numbers)
        guard case .graphEnds? = importError(bytes) else {
            Issue.record("the whole file is not as meant: \(importError(bytes).debugDescription)")
            return
        }
        for count in 0..<bytes.count {
            let error = try #require(importError(Array(bytes.prefix(count)), .init(inputSize: 32)))
            #expect(!"\(error)".isEmpty, "\(count) bytes")
        }
        let whole = try writer(numbers).bytes()
        var draws = SeededRandom(seed: 6)
        for _ in 0..<200 {
            let count = Int.random(in: 0..<whole.count - 8, using: &draws)
            #expect(importError(Array(whole.prefix(count))) != nil, "\(count) bytes")
        }
    }

    @Test(arguments: TFLiteWriter.Numbers.allCases)
    func flippedBitsNeverCrashTheReader(numbers: TFLiteWriter.Numbers) throws {
        var draws = SeededRandom(seed: 7)
        func flip(_ bytes: [UInt8], reach: Int) {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &draws) {
                damaged[Int.random(in: 8..<reach, using: &draws)] ^=
                    1 << UInt8.random(in: 0..<8, using: &draws)
            }
            if let error = importError(damaged, .init(inputSize: 32)) { #expect(!"\(error)".isEmpty) }
        }
        let part = try small(numbers)
        for _ in 0..<3_000 { flip(part, reach: part.count) }
        // Numbers are the last part of a file.
        let whole = try writer(numbers).bytes()
        for _ in 0..<120 { flip(whole, reach: min(60_000, whole.count)) }
    }

    @Test(arguments: [0, 1, 4, 8, 255])
    func bytesWithoutStructureAreRefused(fill: UInt8) {
        for count in [0, 1, 4, 16, 1_000] {
            let bytes = [fill, 0, 0, 0] + Array("TFL3".utf8) + [UInt8](repeating: fill, count: count)
            guard case .malformedModel? = importError(bytes) else {
                Issue.record("\(count) bytes give \(importError(bytes).debugDescription)")
                return
            }
        }
    }

    @Test func aMillionOffsetsToOneTableAreNotAMillionValues() {
        let count = 1_000_000
        func word(_ value: Int) -> [UInt8] { FlatWriter.littleEndian(value, 4) }
        // Root at 16, its directory at 8: version at 4, list of operators' kinds at 8.
        var bytes = word(16) + Array("TFL3".utf8) + [8, 0, 12, 0, 4, 0, 8, 0]
        bytes += word(8) + word(3) + word(4) + word(count)
        let table = 36 + 4 * count
        for index in 0..<count { bytes += word(table - 32 - 4 * index) }
        bytes += [4, 0, 4, 0] + word(4)
        #expect(
            importError(bytes)
                == .malformedModel(reason: "it has more than 262144 tensors, operators and the like"))
    }

    @Test func aConstantThatManyTensorsShareIsNotManyConstants() throws {
        let count = 1 << 20
        let bytes = try writer(.float).bytes { writer in
            writer.tensors.append(
                .init(
                    name: "a", shape: [count], type: 9, content: [UInt8](repeating: 1, count: count),
                    scales: [1], zeros: [0]))
            // Buffers are numbered from 1, in the order of the tensors that have some.
            let buffer = writer.tensors.count { !$0.content.isEmpty }
            for index in 0..<10 {
                writer.tensors.append(
                    .init(
                        name: "b\(index)", shape: [count], type: 9, scales: [1], zeros: [0],
                        extra: [2: .int32(buffer)]))
                let place = writer.tensors.count - 1
                _ = writer.add(9, [0, place], "c\(index)", [1], kind: 8)
            }
        }
        #expect(
            importError(bytes)
                == .malformedModel(reason: "many of its constants are the same one, which is not read"))
    }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../shared/data/imagenet-sample").standardizedFileURL

    @Test(
        .enabled(
            if: FileManager.default.fileExists(atPath: folder.path),
            "needs ../shared/data/imagenet-sample"),
        arguments: [
            ("tf2_mobilenet_v2_1.0_224_ptq", "int8", Float(127) / 255, Float(0.5)),
            ("mobilenet_v2_1.0_224_quant", "uint8", Float(128) / 255, Float(128) / 255),
        ])
    func realNetworksAreRead(name: String, type: String, mean: Float, deviation: Float) throws {
        let bytes = Array(try Data(contentsOf: Self.folder.appendingPathComponent("\(name).tflite")))
        let read = try NetworkImporter.network(decoding: bytes, fileName: name)
        #expect(read.source == "TensorFlow Lite, \(type) weights, MLIR Converted")
        #expect(read.isTurned)
        let network = read.network
        #expect(network.network.widthPercent == 100 && network.network.inputSize == 224)
        #expect(network.classifier?.bias.count == 1001)
        let stated = try #require(read.statedNormalization)
        #expect(stated.mean.allSatisfy { abs($0 - mean) < 1e-6 })
        #expect(stated.standardDeviation.allSatisfy { abs($0 - deviation) < 1e-3 })
    }
}
