import Artifacts
import Evaluation
import HardenedBackbone
import Foundation
import Testing
import TestSupport

@Suite struct GoldenFileTests {
    private func trace(_ artifact: BackboneArtifact, _ index: Int) -> LayerTrace {
        let image = ProbeImages.image(index, network: artifact.network)
        return LayerTrace(
            image: index, input: image, bytes: LayerBytes(reference: artifact, image: image),
            network: artifact.network)
    }

    private func text(_ artifact: BackboneArtifact, images: [Int]) -> String {
        String(decoding: GoldenFile(images.map { trace(artifact, $0) }).encoded(), as: UTF8.self)
    }

    private func decode(_ text: String, _ artifact: BackboneArtifact) throws -> GoldenFile {
        try GoldenFile(decoding: Array(text.utf8), network: artifact.network)
    }

    @Test func filesComeBackAsTheyWere() throws {
        let artifact = try SmallBackbone.make()
        let file = GoldenFile([trace(artifact, 2), trace(artifact, 0)])
        #expect(file.traces.map(\.image) == [0, 2])
        #expect(try GoldenFile(decoding: file.encoded(), network: artifact.network) == file)
        #expect(file.encoded() == GoldenFile([trace(artifact, 0), trace(artifact, 2)]).encoded())
    }

    /// SHA-256 of the bytes that the reference shows, in the documented layout.
    @Test func digestsAreOfTheLayersBytes() throws {
        let artifact = try SmallBackbone.make()
        let image = ProbeImages.image(1, network: artifact.network)
        var layers: [ContentDigest] = []
        let features = ReferenceBackbone.run(artifact, image: image) { layers.append(ContentDigest(of: $1)) }
        let trace = trace(artifact, 1)
        #expect(trace.layers.map(\.digest) == layers && trace.features == ContentDigest(of: features))
        #expect(trace.input == ContentDigest(of: image))
        #expect(trace.line.hasPrefix("{\"image\":1,\"input\":\""))
    }

    @Test(arguments: [0, 1, 20, 51])
    func aFlippedWeightIsFoundInItsLayer(_ layer: Int) throws {
        let artifact = try SmallBackbone.make()
        let flipped = try SmallBackbone.flipped(artifact, layer: layer)
        let mismatch = (0..<3).lazy.compactMap { trace(artifact, $0).firstMismatch(trace(flipped, $0)) }.first
        guard case .layer(_, let name) = mismatch else {
            Issue.record("a flipped weight in layer \(layer) was not noticed")
            return
        }
        #expect(name == artifact.network.layers[layer].name)
    }

    @Test func anotherImageIsNotTakenForAnotherNetwork() throws {
        let artifact = try SmallBackbone.make()
        let image = ProbeImages.image(5, network: artifact.network)
        let other = LayerTrace(
            image: 0, input: image, bytes: LayerBytes(reference: artifact, image: image),
            network: artifact.network)
        #expect(trace(artifact, 0).firstMismatch(other) == .input(image: 0))
        #expect(trace(artifact, 0).firstMismatch(trace(artifact, 0)) == nil)
    }

    @Test func theInputMayBeLeftOut() throws {
        let artifact = try SmallBackbone.make()
        let line = text(artifact, images: [0])
        let start = try #require(line.range(of: "\"input\":\""))
        let end = try #require(line[start.upperBound...].range(of: "\","))
        let file = try decode(
            line.replacingCharacters(in: start.lowerBound..<end.upperBound, with: ""), artifact)
        #expect(file.traces[0].input == nil)
        #expect(file.traces[0].firstMismatch(trace(artifact, 0)) == nil)
    }

    @Test func badFilesAreRefusedWithTheirLine() throws {
        let artifact = try SmallBackbone.make()
        let good = text(artifact, images: [0])
        func problem(_ text: String) -> EvaluationError? {
            do {
                _ = try decode(text, artifact)
                return nil
            } catch { return error as? EvaluationError }
        }
        #expect(problem("") == .badTrace(line: 1, problem: "the file has no trace"))
        #expect(
            problem(good + "hello\n")
                == .badTrace(line: 2, problem: "not a json object with image, layers and features"))
        #expect(problem(good + "\n" + good) == .badTrace(line: 3, problem: "image 0 comes twice"))
        #expect(
            problem(good.replacing("\"stem\"", with: "\"stern\""))
                == .wrongLayers(image: 0, name: "stern", isMissing: false))
        #expect(
            problem(good.replacing("\"last\"", with: "\"stem\""))
                == .wrongLayers(image: 0, name: "last", isMissing: true))
        // Whoever counts the images adds one.
        for number in ["-1", "1000000", "9223372036854775807"] {
            #expect(
                problem(good.replacing("\"image\":0", with: "\"image\":\(number)"))
                    == .badTrace(line: 1, problem: "image \(number), not 0 to 999999"))
        }
        let digest = trace(artifact, 0).features.hex
        #expect(
            problem(good.replacing(digest, with: String(digest.dropLast())))
                == .badTrace(line: 1, problem: "features is not 64 hexadecimal digits"))
    }
}
