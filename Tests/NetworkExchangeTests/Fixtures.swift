import FloatNetwork
import Foundation
import HardenedBackbone
import ImageDecoding
import NetworkExchange
import Testing
import TestSupport

/// Files beside the tests, made by `Golden/make_golden.py`.
enum Fixture {
    static func bytes(_ name: String) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        return Array(
            try Data(contentsOf: folder.appendingPathComponent("Golden").appendingPathComponent(name)))
    }

    /// A file that is packed with gzip, of less than four mebibytes.
    static func unpacked(_ name: String) throws -> [UInt8] {
        let packed = try bytes(name)
        var inflater = GzipInflater()
        var result = [UInt8](repeating: 0, count: 1 << 22)
        let count = try packed.withUnsafeBytes { input in
            try result.withUnsafeMutableBytes { output in
                try inflater.inflate(input, into: output)
            }.produced
        }
        let isWhole = inflater.isAtMemberBoundary
        try #require(isWhole, "\(name) is larger than four mebibytes")
        return Array(result.prefix(count))
    }

    static func floats(_ name: String) throws -> [Float] {
        let bytes = try bytes(name)
        return stride(from: 0, to: bytes.count, by: 4).map { start in
            Float(
                bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) })
        }
    }

    /// The three images of the float fixtures.
    static func images() throws -> [[UInt8]] {
        let bytes = try bytes("images.raw")
        return stride(from: 0, to: bytes.count, by: 3072).map { Array(bytes[$0..<$0 + 3072]) }
    }
}

extension SeededRandom {
    mutating func values(_ count: Int) -> [Float] {
        // Multiples of 1/256, so that scaling by two and back is exact.
        (0..<count).map { _ in Float(Int(next() >> 55) - 256) / 256 }
    }

    mutating func network(widthPercent: Int, inputSize: Int = 32, classes: Int?) throws -> FloatNetwork {
        let description = try #require(NetworkDescription(widthPercent: widthPercent, inputSize: inputSize))
        var layers: [FloatNetwork.Layer] = []
        for layer in description.layers {
            layers.append(
                .init(
                    weights: values(layer.weightCount),
                    bias: values(layer.weightCount / layer.weightsPerChannel)))
        }
        let features = description.featureCount
        return try FloatNetwork(
            network: description, layers: layers,
            classifier: classes.map { .init(weights: values($0 * features), bias: values($0)) })
    }
}

/// Expects `bytes` to hold `network`, number for number.
@discardableResult
func expectNetwork(
    _ network: FloatNetwork, in bytes: [UInt8], options: ImportOptions = ImportOptions(),
    _ comment: Comment = ""
) throws -> ImportedNetwork {
    let imported = try NetworkImporter.network(decoding: bytes, fileName: "graph", options: options)
    #expect(imported.network.network == network.network, comment)
    for (index, layer) in network.layers.enumerated() {
        #expect(imported.network.layers[index].weights == layer.weights, "layer \(index) \(comment)")
        #expect(imported.network.layers[index].bias == layer.bias, "layer \(index) \(comment)")
    }
    #expect(imported.network.classifier?.weights == network.classifier?.weights, comment)
    #expect(imported.network.classifier?.bias == network.classifier?.bias, comment)
    return imported
}

/// The error that reading `bytes` gives, or `nil`.
func importError(_ bytes: [UInt8], _ options: ImportOptions = ImportOptions()) -> NetworkImportError? {
    do throws(NetworkImportError) {
        _ = try NetworkImporter.network(decoding: bytes, fileName: "test.onnx", options: options)
        return nil
    } catch {
        return error
    }
}

extension Array where Element == UInt8 {
    /// The bytes with the first (or every) `old` replaced by `new` of the same length.
    func replacing(_ old: String, with new: String, everywhere: Bool = false) -> [UInt8] {
        let (from, to) = (Array(old.utf8), Array(new.utf8))
        var result = self
        var start = 0
        while start + from.count <= result.count {
            if Array(result[start..<start + from.count]) == from {
                result.replaceSubrange(start..<start + from.count, with: to)
                if !everywhere { break }
                start += from.count
            } else {
                start += 1
            }
        }
        return result
    }
}
