import Artifacts
import ClassifierHead
import HardenedBackbone
import NetworkExchange
import Testing

/// The export is the file that ONNX Runtime answered on, and its answers are the reference's.
@Suite struct QDQExporterTests {
    private let artifact: BackboneArtifact
    private let head: ClassifierHead

    init() throws {
        artifact = try BackboneArtifact(decoding: Fixture.bytes("tiny.safetensors"))
        head = try ClassifierHead(decoding: Fixture.bytes("tiny_head.safetensors"))
    }

    @Test func writesTheVeryFileThatONNXRuntimeAnsweredOn() throws {
        let recorded = String(decoding: try Fixture.bytes("tiny.onnx.sha256"), as: UTF8.self)
        let bytes = try QDQExporter().onnx(artifact: artifact, head: head)
        #expect(ContentDigest(of: bytes).hex + "\n" == recorded)
    }

    @Test func onnxRuntimeAnswersWithTheReferencesBytes() throws {
        let pixels = try Fixture.bytes("tiny_images.raw")
        let answers = try Fixture.bytes("tiny.features")
        let logits = try Fixture.floats("tiny.logits")
        let (size, count) = (artifact.network.imageBytes, artifact.network.featureCount)
        #expect(answers.count == 8 * count && logits.count == 8 * head.classCount)
        for index in 0..<8 {
            let image = Array(pixels[index * size..<(index + 1) * size])
            let features = ReferenceBackbone.run(artifact, image: image)
            #expect(features == Array(answers[index * count..<(index + 1) * count]), "image \(index)")
            for row in 0..<head.classCount {
                let sum = features.indices.reduce(Int(head.bias[row])) {
                    $0 + Int(features[$1]) * Int(head.weights[row * count + $1])
                }
                #expect(logits[index * head.classCount + row] == Float(sum) * Float(head.scale))
            }
        }
    }

    @Test func optionsChangeTheFileAndNothingElseDoes() throws {
        var files: Set<[UInt8]> = []
        for layout in QDQExporter.Layout.allCases {
            for rounding in QDQExporter.Rounding.allCases {
                for opset in [13, 21] {
                    var exporter = QDQExporter()
                    (exporter.layout, exporter.rounding, exporter.opset) = (layout, rounding, opset)
                    let bytes = try exporter.onnx(artifact: artifact, head: nil)
                    #expect(try exporter.onnx(artifact: artifact, head: nil) == bytes)
                    files.insert(bytes)
                }
            }
        }
        #expect(files.count == 8)
    }

    @Test func aHeadOfAnotherBackboneIsRefused() throws {
        let other = try ClassifierHead(
            name: "x", version: nil, classNames: ["a", "b"], featureCount: 1280,
            weights: .init(repeating: 1, count: 2560), bias: [0, 0], scale: 1,
            backboneDigest: ContentDigest(of: [1]), summary: "")
        #expect(throws: HeadError.self) { try QDQExporter().onnx(artifact: artifact, head: other) }
    }

    @Test func exactnessIsProvenChannelByChannel() throws {
        let counts = QDQExporter.provenExactChannels(artifact)
        #expect(counts.all == artifact.layers.reduce(0) { $0 + $1.bias.count })
        #expect(counts.proven == counts.all)
        var layers = artifact.layers
        var bias = layers[0].bias
        bias[0] = 1 << 23
        layers[0] = LayerParameters(weights: layers[0].weights, bias: bias, shift: layers[0].shift)
        let wild = try BackboneArtifact(
            network: artifact.network, poolShift: artifact.poolShift, layers: layers,
            activationExponents: artifact.activationExponents, preprocessing: "", description: "")
        #expect(QDQExporter.provenExactChannels(wild).proven == counts.all - 1)
    }

    @Test func theExportIsNoFloatNetwork() throws {
        let bytes = try QDQExporter().onnx(artifact: artifact, head: nil)
        guard case .unexpectedNode("image.real/DequantizeLinear", _, let expected)? = importError(bytes)
        else {
            Issue.record("not refused")
            return
        }
        #expect(expected.hasSuffix("not integers on another grid than they were put on"))
    }
}
