import ChipFlow
import ChipModel
import HardenedBackbone
import QuantizedTensors
import TestSupport
import Testing

/// Windows of a picture give the reference's bytes by the layout that the cores have.
@Suite struct LayerActivationsTests {
    @Test("Windows and residuals give the output bytes, borders included")
    func windows() throws {
        let artifact = try SmallBackbone.make()
        let picture = SmallBackbone.photograph(3, bytes: artifact.network.imageBytes)
        let activations = LayerActivations(artifact, image: picture)
        for (index, layer) in artifact.network.layers.enumerated() {
            let parameters = artifact.layers[index]
            let channel = layer.output.channels / 2
            let all = layer.output.pixelCount
            let stream = activations.stream(index, channel: channel, count: all, lead: 0)
            try #require(stream.windows.count == all && stream.outputs.count == all)
            #expect(stream.residuals.count == (layer.residualSource == nil ? 0 : all))
            let count = layer.weightsPerChannel
            for pixel in 0..<all {
                var sum = parameters.bias[channel]
                for weight in 0..<count {
                    let byte = LayerWindow(layer).byte(ofWeight: weight, channel: channel)
                    sum +=
                        Int32(parameters.weights[channel * count + weight])
                        * layer.inputType.value(of: stream.windows[pixel][byte])
                }
                let residual = stream.residuals.isEmpty ? 0 : Int32(Int8(bitPattern: stream.residuals[pixel]))
                let value = Requantization.requantize(
                    accumulator: sum, residual: residual, shift: parameters.shift[channel],
                    residualShift: parameters.residualShift, to: layer.outputType)
                #expect(stream.outputs[pixel] == layer.outputType.byte(of: value), "\(layer.name) \(pixel)")
            }
        }
    }

    @Test("Part of a picture comes from its middle, with what is before it in front")
    func range() throws {
        let artifact = try SmallBackbone.make()
        let activations = LayerActivations(
            artifact, image: SmallBackbone.photograph(1, bytes: artifact.network.imageBytes))
        let all = activations.stream(0, channel: 0, count: 1_000, lead: 0)
        #expect(all.windows.count == 16 * 16)
        let some = activations.stream(0, channel: 0, count: 20, lead: 3)
        #expect(
            some.windows == Array(all.windows[115..<138]) && some.outputs == Array(all.outputs[115..<138]))
        // A picture follows its like: in front of the first pixel stand the last ones.
        let around = activations.stream(0, channel: 0, count: 256, lead: 2)
        #expect(around.windows == Array(all.windows.suffix(2)) + all.windows)
    }
}
