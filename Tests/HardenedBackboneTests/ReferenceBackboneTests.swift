import HardenedBackbone
import QuantizedTensors
import Testing
import TestSupport

/// The reference executor, against hand-computed cases and a second formulation in real arithmetic.
@Suite struct ReferenceBackboneTests {
    private static func shape(_ height: Int, _ width: Int, _ channels: Int) -> TensorShape {
        TensorShape(height: height, width: width, channels: channels)
    }

    @Test func convolvesDepthwiseWithZeroPaddingAsByHand() {
        let layer = NetworkLayer(
            name: "tiny",
            kind: .depthwise,
            input: Self.shape(2, 2, 2),
            output: Self.shape(2, 2, 2)
        )
        // Channel 0 weighs its nine taps 1, 2, 4, 8, 16, 32, 64, -1, -2; channel 1 only sees its centre.
        let weights: [Int8] = [1, 2, 4, 8, 16, 32, 64, -1, -2, 0, 0, 0, 0, -64, 0, 0, 0, 0]
        let input: [UInt8] = [1, 10, 2, 20, 3, 30, 4, 255]
        let sums = ReferenceBackbone.convolve(layer, weights, input, padding: [])
        // Such as 1 * 16 + 2 * 32 - 3 * 1 - 4 * 2 = 69 for the top left pixel of channel 0.
        let expected: [Int32] = [69, -640, 228, -1280, 186, -1920, 93, -16_320]
        #expect(sums == expected)
    }

    @Test func stridesFromTheTopLeftPixelAsByHand() {
        let layer = NetworkLayer(
            name: "tiny",
            kind: .depthwise,
            input: Self.shape(2, 4, 1),
            output: Self.shape(1, 2, 1),
            stride: 2
        )
        let weights: [Int8] = [1, 1, 1, 1, 2, 4, 8, 16, 32]
        let input: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
        // The window of output column 0 is centred on pixel (0, 0), that of column 1 on (0, 2).
        let sums = ReferenceBackbone.convolve(layer, weights, input, padding: [])
        // 2 * 1 + 4 * 2 + 16 * 5 + 32 * 6 and 1 * 2 + 2 * 3 + 4 * 4 + 8 * 6 + 16 * 7 + 32 * 8.
        let expected: [Int32] = [282, 440]
        #expect(sums == expected)
    }

    @Test func readsSignedBytesInExpandLayersAndUnsignedInProjections() {
        let weights: [Int8] = [64, -1, 2, 0]
        func sums(_ kind: NetworkLayer.Kind) -> [Int32] {
            let layer = NetworkLayer(
                name: "tiny",
                kind: kind,
                input: Self.shape(1, 1, 2),
                output: Self.shape(1, 1, 2)
            )
            return ReferenceBackbone.convolve(layer, weights, [255, 128], padding: [])
        }
        #expect(sums(.expand) == [-64 + 128, -2])
        #expect(sums(.project) == [255 * 64 - 128, 510])
    }

    @Test func padsTheStemWithTheMeanSoThatAFlatMeanImageIsZeroEverywhere() {
        let layer = NetworkLayer(
            name: "stem",
            kind: .stem,
            input: Self.shape(4, 4, 3),
            output: Self.shape(2, 2, 1),
            stride: 2
        )
        let weights = (0..<27).map { Int8([1, -2, 4, -8, 16, -32, 64][$0 % 7]) }
        let mean: [UInt8] = [124, 116, 104]
        let image = (0..<48).map { mean[$0 % 3] }
        let total = (0..<27).reduce(Int32(0)) { $0 + Int32(weights[$1]) * Int32(mean[$1 / 9]) }
        let sums = ReferenceBackbone.convolve(layer, weights, image, padding: mean)
        #expect(sums.map { $0 - total } == [0, 0, 0, 0])
    }

    @Test func addsAlignedResidualsBeforeTheOnlyRounding() {
        let layer = NetworkLayer(
            name: "tiny",
            kind: .project,
            input: Self.shape(1, 1, 1),
            output: Self.shape(1, 1, 2),
            residualSource: 0
        )
        let parameters = LayerParameters(
            weights: [1, 1],
            bias: [-3, 100],
            shift: [2, 4],
            residualShift: -1
        )
        let output = ReferenceBackbone.requantize(layer, parameters, [4, 0], residual: [0xFF, 0x80])
        // (4 - 3 - 1 * 2 + 2) >> 2 = 0 and (100 - 128 * 8 + 8) >> 4 = -58.
        #expect(output == [0, UInt8(bitPattern: -58)])
    }

    @Test(arguments: [(10, UInt64(1)), (35, 2)])
    func equalsASecondFormulationInRealArithmetic(_ width: Int, _ seed: UInt64) throws {
        let artifact = try RandomBackbone.make(widthPercent: width, inputSize: 32, seed: seed)
        var generator = SeededRandom(seed: seed)
        let image = generator.extremeBytes(count: artifact.network.imageBytes)
        var outputs: [[UInt8]] = []
        let features = ReferenceBackbone.run(artifact, image: image) { outputs.append($1) }
        let expected = RealBackbone.run(artifact, image: image)
        for (index, layer) in artifact.network.layers.enumerated() {
            #expect(outputs[index] == expected.outputs[index], "seed \(seed), layer \(layer.name)")
            #expect(Set(outputs[index]).count > 8, "seed \(seed), \(layer.name) hardly varies: a blind test")
        }
        #expect(features == expected.features, "seed \(seed)")
    }
}

/// The same network, formulated from the mathematics: double-precision planes per channel, true division,
/// floor. Every value is an integer below 2^53, so double precision is exact.
private enum RealBackbone {
    typealias Plane = [[Double]]

    static func run(
        _ artifact: BackboneArtifact,
        image: [UInt8]
    ) -> (outputs: [[UInt8]], features: [UInt8]) {
        let size = artifact.network.inputSize
        var planes: [Plane] = (0..<3).map { colour in
            (0..<size).map { y in (0..<size).map { x in Double(image[(y * size + x) * 3 + colour]) } }
        }
        var history: [[Plane]] = []
        var outputs: [[UInt8]] = []
        for (layer, numbers) in zip(artifact.network.layers, artifact.layers) {
            let padding = layer.kind == .stem ? artifact.inputMean.map { Double($0) } : nil
            let residual = layer.residualSource.map { history[$0] }
            planes = (0..<layer.output.channels).map { channel in
                plane(layer, numbers, channel, planes, padding, residual?[channel])
            }
            history.append(planes)
            outputs.append(bytes(planes))
        }
        let features = planes.map { plane -> UInt8 in
            let sum = plane.reduce(0) { $0 + $1.reduce(0, +) }
            return UInt8(min(255, (sum / Double(1 << Int(artifact.poolShift)) + 0.5).rounded(.down)))
        }
        return (outputs, features)
    }

    private static func plane(
        _ layer: NetworkLayer,
        _ numbers: LayerParameters,
        _ channel: Int,
        _ input: [Plane],
        _ padding: [Double]?,
        _ residual: Plane?
    ) -> Plane {
        let size = layer.kernelSize
        let taps = layer.weightsPerChannel
        let weights = numbers.weights[channel * taps..<(channel + 1) * taps].map { Double($0) }
        let divisor = Double(1 << Int(numbers.shift[channel]))
        let bounds = layer.outputType == .u8 ? (0.0, 255.0) : (-128.0, 127.0)
        let sources = layer.kind == .depthwise ? [channel] : Array(0..<layer.input.channels)
        return (0..<layer.output.height).map { row in
            (0..<layer.output.width).map { column in
                var sum = Double(numbers.bias[channel])
                for (group, source) in sources.enumerated() {
                    for tap in 0..<size * size {
                        let y = row * layer.stride + tap / size - size / 2
                        let x = column * layer.stride + tap % size - size / 2
                        let isInside =
                            input[source].indices.contains(y) && input[source][0].indices.contains(x)
                        let value = isInside ? input[source][y][x] : padding?[source] ?? 0
                        sum += weights[group * size * size + tap] * value
                    }
                }
                if let residual {
                    var unit = divisor
                    for _ in 0..<abs(Int(numbers.residualShift)) {
                        unit = numbers.residualShift > 0 ? unit * 2 : unit / 2
                    }
                    sum += residual[row][column] * unit
                }
                return min(max((sum / divisor + 0.5).rounded(.down), bounds.0), bounds.1)
            }
        }
    }

    private static func bytes(_ planes: [Plane]) -> [UInt8] {
        var bytes: [UInt8] = []
        for row in planes[0].indices {
            for column in planes[0][0].indices {
                for plane in planes { bytes.append(UInt8(truncatingIfNeeded: Int(plane[row][column]))) }
            }
        }
        return bytes
    }
}
