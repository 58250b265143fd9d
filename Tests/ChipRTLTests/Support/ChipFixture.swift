import ChipModel
import ChipRTL
import ClassifierHead
import HardenedBackbone
import QuantizedTensors
import TestSupport
import Testing

/// Small networks and what simulating them needs.
enum ChipFixture {
    static let hasIcarus = Simulator.find("iverilog") != nil && Simulator.find("vvp") != nil
    static let hasVerilator = Simulator.find("verilator") != nil
    static let hasYosys = Simulator.find("yosys") != nil

    /// The network at a tenth of its width, by input size.
    static let artifacts: [Int: BackboneArtifact] = Dictionary(
        uniqueKeysWithValues: [32, 64].compactMap { size in
            let images = (0..<4).map { SmallBackbone.photograph($0, bytes: size * size * 3) }
            return
                (try? BackboneInitialiser.make(
                    widthPercent: 10, inputSize: size, seed: 1, calibration: images))
                .map { (size, $0) }
        })

    static func artifact(_ size: Int = 32) throws -> BackboneArtifact { try #require(artifacts[size]) }

    static func images(_ count: Int, size: Int = 32) -> [[UInt8]] {
        (0..<count).map { index in
            var random = SeededRandom(seed: UInt64(index) + 40)
            let noise = random.bytes(size * size * 3)
            let photograph = SmallBackbone.photograph(index + 9, bytes: size * size * 3)
            // Half of every image is noise: every byte value turns up, at the borders too.
            return noise.indices.map { $0 % 2 == index % 2 ? noise[$0] : photograph[$0] }
        }
    }

    static func plan(_ artifact: BackboneArtifact, cycles: Int) throws -> LanePlan {
        try #require(LanePlan(network: artifact.network, cyclesPerImage: cycles))
    }

    static func network(
        _ artifact: BackboneArtifact,
        cycles: Int,
        depth: DepthPlan? = nil,
        macs: Int = 1_280,
        credits: Int? = nil
    ) throws -> NetworkRTL {
        try NetworkRTL(
            artifact, plan: plan(artifact, cycles: cycles), depth: depth ?? .uniform(3, of: artifact.network),
            npu: try #require(NPUShape(features: artifact.network.featureCount, classes: 6, macs: macs)),
            credits: credits, generator: "test 1")
    }

    static func block(
        _ artifact: BackboneArtifact,
        cycles: Int,
        _ first: String,
        _ last: String,
        depth: DepthPlan? = nil
    ) throws -> NetworkRTL {
        let layers = artifact.network.layers
        let from = try #require(layers.firstIndex { $0.name == first })
        let to = try #require(layers.firstIndex { $0.name == last })
        return try NetworkRTL(
            artifact, plan: plan(artifact, cycles: cycles), depth: depth ?? .uniform(3, of: artifact.network),
            layers: from..<to + 1, generator: "test 1")
    }

    static func heads(_ artifact: BackboneArtifact, classes: Int = 6) throws -> [ClassifierHead] {
        let features = artifact.network.featureCount
        return try (0..<2).map { index in
            var random = SeededRandom(seed: UInt64(index) + 7)
            return try ClassifierHead(
                name: "head", version: nil, classNames: (0..<classes).map { "class \($0)" },
                featureCount: features,
                weights: random.bytes(classes * features).map { Int8(bitPattern: $0) },
                bias: (0..<classes).map { Int32($0 * 700 - 2_000) }, scale: 1,
                backboneDigest: artifact.digest,
                summary: "random")
        }
    }

    /// The network with its bench.
    static func simulator(
        _ rtl: NetworkRTL,
        images: Int,
        swapImage: Int,
        heads: [ClassifierHead]? = nil
    ) throws -> Simulator {
        let npu = try #require(rtl.npu)
        let bench = NetworkBench(
            rtl, npu: npu, images: Self.images(images, size: rtl.artifact.network.inputSize),
            heads: try heads ?? Self.heads(rtl.artifact, classes: npu.classes), swapImage: swapImage)
        return Simulator(rtl.allFiles(style: .simulation) + bench.files)
    }

    /// A part of the network with its bench.
    static func blockSimulator(
        _ rtl: NetworkRTL, images: Int = 3, style: CoreStyle = .simulation
    ) -> Simulator {
        let bench = BlockBench(rtl, images: Self.images(images, size: rtl.artifact.network.inputSize))
        return Simulator(rtl.allFiles(style: style) + bench.files)
    }
}
