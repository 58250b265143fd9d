import ChipModel
public import ClassifierHead
import HardenedBackbone
import QuantizedTensors

/// The bench of the whole chip: images back to back, two heads, a commit that rides with one of the images.
///
/// Compares every feature byte and every logit with the numeric specification, and the cycle of every feature
/// vector with the schedule. The version of each image is the bench's own count of the commits that it sent.
public struct NetworkBench: Sendable {
    /// Name of the bench's module and file.
    public static let module = "hs_bench"
    /// The bench and the data that it reads.
    public let files: [RTLFile]

    /// A bench for the whole network.
    ///
    /// - Parameters:
    ///   - images: at least one, each `[inputSize, inputSize, 3]` bytes.
    ///   - heads: two heads of the NPU's size: the first rides with image 0, the second with `swapImage`.
    ///   - swapImage: image that carries the second head; the image count for never.
    public init(_ rtl: NetworkRTL, npu: NPUShape, images: [[UInt8]], heads: [ClassifierHead], swapImage: Int)
    {
        precondition(!images.isEmpty, "there is an image")
        let schedule = rtl.schedule(images: images.count)
        precondition(
            heads.count == 2
                && heads.allSatisfy { $0.classCount == npu.classes && $0.featureCount == npu.features },
            "two heads of the unit's size")
        let network = rtl.artifact.network
        let input = schedule.plan.input
        let rows = network.inputSize
        var beats: [[UInt8]] = []
        var features: [[UInt8]] = []
        for image in images {
            beats += BenchStimulus.beats(image, shape: network.inputShape, lanes: input)
            features.append(ReferenceBackbone.run(rtl.artifact, image: image))
        }
        let available = schedule.layers[network.layers.count - 1].available
        let lastRows = network.pooledShape.height
        let featureTimes = images.indices.map { available[$0 * lastRows + lastRows - 1] }
        let logits = heads.flatMap { head in features.flatMap { HeadReference.logits(head, features: $0) } }
        let writes = npu.classes * npu.features / NPUShape.lane + npu.classes
        let shape = Shape(
            npu: npu, images: images.count, swapImage: swapImage, offset: writes + 32,
            limit: 200_000 + 2 * writes + 40 * images.count * (schedule.plan.cyclesPerImage + npu.words),
            service: npu.words)
        let driver = BenchDriver(
            beatsPerRow: input.cyclesPerRow, rowsPerImage: rows, images: images.count,
            dataBits: input.lanes * 24, offset: shape.offset,
            mayBegin: "~next_carries | (written > commits)")
        files = [
            RTLFile(name: "images.hex", bytes: BenchStimulus.words(beats)),
            RTLFile(
                name: "row_times.hex",
                bytes: BenchStimulus.numbers(schedule.inputBegins.prefix(rows * images.count))),
            RTLFile(name: "features.hex", bytes: BenchStimulus.words(features)),
            RTLFile(name: "feature_times.hex", bytes: BenchStimulus.numbers(featureTimes)),
            RTLFile(name: "weights.hex", bytes: BenchStimulus.words(heads.flatMap(Self.writes))),
            RTLFile(name: "logits.hex", bytes: BenchStimulus.numbers(logits.map { Int($0) })),
            RTLFile(module: Self.module, header: rtl.header, text: shape.text(driver: driver)),
        ]
    }

    /// What is written for a head: eight weights a word, then one bias a word.
    private static func writes(_ head: ClassifierHead) -> [[UInt8]] {
        let weights = stride(from: 0, to: head.weights.count, by: NPUShape.lane).map { first in
            head.weights[first..<first + NPUShape.lane].map { UInt8(bitPattern: $0) }
        }
        let biases = head.bias.map { bias in
            withUnsafeBytes(of: bias.littleEndian) { Array($0) } + [0, 0, 0, 0]
        }
        return weights + biases
    }

    /// Numbers that the text needs.
    struct Shape {
        let npu: NPUShape
        let images: Int
        let swapImage: Int
        let offset: Int
        let limit: Int
        let service: Int
    }
}
