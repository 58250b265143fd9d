import HardenedBackbone
import QuantizedTensors
import Testing

/// Layer tables, against the counts of hardware-and-po2.md, section 1.2.
@Suite struct NetworkDescriptionTests {
    @Test func describesTheFullNetworkWithItsPublishedCounts() throws {
        let network = try #require(NetworkDescription(widthPercent: 100, inputSize: 224))
        #expect(network.layers.count == 52)
        #expect(network.weightCount == 2_189_760)
        #expect(network.macCount == 299_494_272)
        #expect(network.layers.reduce(0) { $0 + $1.output.channels } == 17_056)
        #expect(network.layers.reduce(0) { $0 + $1.output.elementCount } == 6_678_112)
        #expect(network.featureCount == 1280)
        var bySize: [Int: Int] = [:]
        for layer in network.layers { bySize[layer.output.height, default: 0] += layer.weightCount }
        #expect(bySize == [112: 3200, 56: 14_832, 28: 40_080, 14: 523_584, 7: 1_608_064])
    }

    @Test func addsResidualsInTheTenUsualBlocks() throws {
        let network = try #require(NetworkDescription(widthPercent: 100, inputSize: 96))
        let residuals = network.layers.filter { $0.residualSource != nil }
        #expect(
            residuals.map(\.name)
                == [2, 4, 5, 7, 8, 9, 11, 12, 14, 15].map { ($0 < 10 ? "b0" : "b") + "\($0).project" }
        )
        for layer in residuals {
            let source = try #require(layer.residualSource)
            #expect(network.layers[source].output == layer.output)
            #expect(network.layers[source].outputType == .s8)
        }
    }

    @Test func namesLayersInExecutionOrder() throws {
        let network = try #require(NetworkDescription(widthPercent: 35, inputSize: 96))
        let names = network.layers.map(\.name)
        #expect(names.prefix(5) == ["stem", "b00.depthwise", "b00.project", "b01.expand", "b01.depthwise"])
        #expect(names.suffix(4) == ["b16.expand", "b16.depthwise", "b16.project", "last"])
        #expect(Set(names).count == 52)
    }

    @Test func roundsChannelsToMultiplesOfEightWithoutLosingATenth() throws {
        // The values of the usual rule for 0.35, 0.5, 0.75, 1.3 and 1.4.
        #expect(
            [32, 16, 24, 64, 96, 160, 320].map { NetworkDescription.channels($0, widthPercent: 35) }
                == [16, 8, 8, 24, 32, 56, 112]
        )
        #expect([32, 24, 96].map { NetworkDescription.channels($0, widthPercent: 50) } == [16, 16, 48])
        #expect([32, 24].map { NetworkDescription.channels($0, widthPercent: 75) } == [24, 24])
        #expect([24, 160].map { NetworkDescription.channels($0, widthPercent: 130) } == [32, 208])
        #expect(try #require(NetworkDescription(widthPercent: 140, inputSize: 96)).featureCount == 1792)
        #expect(try #require(NetworkDescription(widthPercent: 35, inputSize: 96)).featureCount == 1280)
    }

    @Test(arguments: [10, 35, 50, 75, 100, 130, 140, 200]) func chainsShapesAtEveryWidth(_ width: Int) throws
    {
        let network = try #require(NetworkDescription(widthPercent: width, inputSize: 64))
        for (previous, next) in zip(network.layers, network.layers.dropFirst()) {
            #expect(previous.output == next.input)
            #expect(previous.outputType == next.inputType)
            #expect(next.output.channels.isMultiple(of: 8))
            // Zero padding with signed data would need an offset in hardware; it never occurs.
            #expect(next.kernelSize == 1 || next.inputType == .u8)
        }
    }

    @Test(arguments: [(9, 96), (201, 96), (100, 0), (100, 100), (100, 544), (100, -32), (-100, 96)])
    func refusesIllegalWidthsAndSizes(_ width: Int, _ size: Int) {
        #expect(NetworkDescription(widthPercent: width, inputSize: size) == nil)
    }
}
