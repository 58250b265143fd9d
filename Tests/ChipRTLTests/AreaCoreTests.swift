import ChipModel
import ChipRTL
import HardenedBackbone
import QuantizedTensors
import TestSupport
import Testing

/// The text of the area style.
@Suite struct AreaCoreTests {
    @Test("No multiplier, no subtraction, the same text again", arguments: [false, true])
    func text(_ sharesPairs: Bool) throws {
        let artifact = try SmallBackbone.make(seed: 7)
        for (index, layer) in artifact.network.layers.enumerated().prefix(8) {
            func files() -> [[UInt8]] {
                let core = CoreFiles(
                    artifact, layer: index, depth: 3, cut: .byFanIn, sharesPairs: sharesPairs,
                    vectorCount: 64, generator: "test")
                return core.files.map(\.bytes) + core.entry.parts.indices.map { core.part($0).bytes }
            }
            let first = files()
            #expect(first == files(), "\(layer.name)")
            for line in first.joined().split(separator: 10) where !line.starts(with: Array("//".utf8)) {
                let isClock = String(decoding: line, as: UTF8.self).contains("always @(posedge clk)")
                #expect(!line.contains(42) && !line.contains(43) || isClock)
            }
        }
    }

    @Test("Parts cover all channels, and their weights add up to the layer's")
    func parts() throws {
        let artifact = try SmallBackbone.make(seed: 7)
        for (index, layer) in artifact.network.layers.enumerated() {
            let entry = CoreFiles(
                artifact, layer: index, depth: 3, cut: .byFanIn, sharesPairs: false, vectorCount: 64,
                generator: "test"
            ).entry
            #expect(entry.parts.map(\.count).reduce(0, +) == layer.output.channels)
            #expect(entry.parts.allSatisfy { $0.count <= AreaCore.channelsPerPart })
            let weights = artifact.layers[index].weights.count { $0 != 0 }
            #expect(entry.parts.map(\.nonZeroWeights).reduce(0, +) == weights)
        }
    }
}
