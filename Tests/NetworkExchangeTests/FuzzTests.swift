import Artifacts
import FloatNetwork
import HardenedBackbone
import NetworkExchange
import Testing
import TestSupport

/// Cut anywhere, flipped anywhere: an error or a network, never a crash.
@Suite struct FuzzTests {
    /// Small files that reach every part of the readers.
    private func seeds() throws -> [[UInt8]] {
        var draws = SeededRandom(seed: 9)
        var writer = GraphWriter()
        (writer.opset, writer.separatesNormalization) = (10, true)
        writer.build(try draws.network(widthPercent: 10, classes: 2))
        return [
            writer.bytes(), try Fixture.bytes("torchvision.safetensors"),
            try Fixture.bytes("timm_dynamo.onnx"),
        ]
    }

    @Test func flippedBitsNeverCrashTheReaders() throws {
        let seed: UInt64 = 20_261_122
        var draws = SeededRandom(seed: seed)
        for bytes in try seeds() {
            for _ in 0..<60 {
                var damaged = bytes
                for _ in 0..<Int.random(in: 1...4, using: &draws) {
                    // Structure is dense at the start of both formats; numbers fill the rest.
                    let reach = Bool.random(using: &draws) ? min(30_000, damaged.count) : damaged.count
                    let place = Int.random(in: 0..<reach, using: &draws)
                    damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &draws)
                }
                if let error = importError(damaged, .init(inputSize: 32)) { #expect(!"\(error)".isEmpty) }
            }
        }
    }

    @Test func cutFilesNeverCrashTheReaders() throws {
        var draws = SeededRandom(seed: 3)
        for bytes in try seeds() {
            for _ in 0..<40 {
                let count = Int.random(in: 0..<bytes.count, using: &draws)
                #expect(
                    importError(Array(bytes.prefix(count)), .init(inputSize: 32)) != nil, "\(count) bytes")
            }
        }
    }

    @Test func deeplyNestedMessagesAreRefused() {
        var inner = ProtoWriter()
        for _ in 0..<5_000 {
            var outer = ProtoWriter()
            outer.message(7, inner)
            inner = outer
        }
        var model = ProtoWriter()
        model.varint(1, 8)
        #expect(importError(model.bytes + inner.bytes) != nil)
    }

    @Test func damagedIntegersNeverCrashTheReader() throws {
        let file = try SafetensorsFile(decoding: Fixture.bytes("tiny.safetensors"))
        let bytes = TrainedFixture.file(try BackboneArtifact(decoding: file.encoded())).encoded()
        var draws = SeededRandom(seed: 4)
        for _ in 0..<60 {
            var damaged = bytes
            let reach = Bool.random(using: &draws) ? min(20_000, damaged.count) : damaged.count
            damaged[Int.random(in: 0..<reach, using: &draws)] ^= 1 << UInt8.random(in: 0..<8, using: &draws)
            do throws(NetworkImportError) {
                _ = try TrainedIntegers(decoding: damaged)
            } catch {
                #expect(!"\(error)".isEmpty)
            }
        }
    }
}
