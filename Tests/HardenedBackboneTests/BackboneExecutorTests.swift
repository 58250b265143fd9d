import HardenedBackbone
import QuantizedTensors
import Testing
import TestSupport

/// The fast executor: every tier equals the reference to the bit, whatever ran before or beside it.
@Suite struct BackboneExecutorTests {
    /// Compares all layers and the features of `images` with the reference, on every supported tier.
    private static func check(_ artifact: BackboneArtifact, images: [[UInt8]], seed: UInt64) throws {
        let network = artifact.network
        let replicas = try ISATier.supported.map { BackboneReplica(try BackbonePlan(artifact, tier: $0)) }
        for (number, image) in images.enumerated() {
            var expected: [[UInt8]] = []
            let features = ReferenceBackbone.run(artifact, image: image) { expected.append($1) }
            if number == 0 {
                let dull = zip(network.layers, expected).filter { Set($1).count < 8 }.map(\.0.name)
                #expect(dull.isEmpty, "seed \(seed): these layers hardly vary, a blind test")
            }
            for replica in replicas {
                var first: String?
                var found = [UInt8](repeating: 0, count: network.featureCount)
                image.withUnsafeBufferPointer { image in
                    found.withUnsafeMutableBufferPointer { found in
                        replica.extractFeatures(image: image, into: found) { index, output in
                            guard first == nil, !output.elementsEqual(expected[index]) else { return }
                            let at = zip(output, expected[index]).enumerated().first { $1.0 != $1.1 }
                            first =
                                "\(network.layers[index].name), element \(at?.offset ?? -1): "
                                + "\(at?.element.0 ?? 0), not \(at?.element.1 ?? 0)"
                        }
                    }
                }
                let place = "seed \(seed), image \(number), \(replica.plan.tier)"
                #expect(first == nil, "\(place), \(first ?? "")")
                #expect(found == features, "\(place): features differ")
                #expect(replica.features(of: image) == features, "\(place): unobserved features differ")
            }
        }
    }

    @Test(arguments: [
        (35, 96, 3), (100, 96, 2), (100, 32, 2), (50, 64, 2), (130, 32, 1), (200, 32, 1), (10, 160, 1),
    ])
    func equalsTheReferenceInEveryLayer(_ width: Int, _ size: Int, _ count: Int) throws {
        let seed = UInt64(width * 1000 + size)
        var generator = SeededRandom(seed: seed)
        let artifact = try RandomBackbone.make(widthPercent: width, inputSize: size, seed: seed, poolShift: 3)
        let bytes = artifact.network.imageBytes
        var images = (0..<count).map { _ in generator.extremeBytes(count: bytes) }
        images.append([UInt8](repeating: 255, count: bytes))
        if count > 1 { images.append([UInt8](repeating: 0, count: bytes)) }
        try Self.check(artifact, images: images, seed: seed)
    }

    /// Sizes that leave every tail of the 16-pixel kernels.
    @Test(arguments: [32, 64, 96, 160, 224])
    func aGrayImageIsOneOfThreeEqualChannels(_ size: Int) throws {
        let seed = UInt64(size)
        var generator = SeededRandom(seed: seed)
        let artifact = try RandomBackbone.make(
            widthPercent: size == 32 ? 100 : 35, inputSize: size, seed: seed, poolShift: 3)
        for tier in ISATier.supported {
            let replica = BackboneReplica(try BackbonePlan(artifact, tier: tier))
            let gray = (0..<2).map { _ in generator.extremeBytes(count: size * size) }
            for image in gray {
                let rgb = image.flatMap { [$0, $0, $0] }
                // The coloured image in between must leave nothing behind.
                let expected = replica.features(of: rgb)
                _ = replica.features(of: generator.extremeBytes(count: size * size * 3))
                #expect(replica.features(of: image) == expected, "seed \(seed), \(tier)")
            }
            #expect(replica.features(of: gray[0]) != replica.features(of: gray[1]), "a blind test")
        }
    }

    @Test func coversTheTiersItPrints() throws {
        let supported = ISATier.supported
        let missing = ISATier.allCases.filter { !supported.contains($0) }
        print("instruction set tiers covered: \(supported); not supported by this CPU: \(missing)")
        #expect(supported.first == .scalar)
        for tier in supported {
            let artifact = try RandomBackbone.make(widthPercent: 10, inputSize: 32, seed: 1)
            #expect(try BackbonePlan(artifact, tier: tier).tier == tier)
        }
    }

    @Test func givesTheSameFeaturesInEveryOrder() throws {
        let seed: UInt64 = 21
        var generator = SeededRandom(seed: seed)
        let artifact = try RandomBackbone.make(widthPercent: 35, inputSize: 64, seed: seed, poolShift: 3)
        let images = (0..<4).map { _ in generator.extremeBytes(count: artifact.network.imageBytes) }
        for tier in ISATier.supported {
            let plan = try BackbonePlan(artifact, tier: tier)
            let fresh = images.map { BackboneReplica(plan).features(of: $0) }
            #expect(
                Set(fresh).count == images.count,
                "seed \(seed): images give equal features, a blind test"
            )
            let reused = BackboneReplica(plan)
            for index in [3, 1, 0, 0, 2, 3] {
                #expect(reused.features(of: images[index]) == fresh[index], "seed \(seed), \(tier)")
            }
        }
    }

    @Test func givesTheSameFeaturesOnManyThreads() async throws {
        let seed: UInt64 = 22
        var generator = SeededRandom(seed: seed)
        let artifact = try RandomBackbone.make(widthPercent: 35, inputSize: 64, seed: seed, poolShift: 3)
        let images = (0..<4).map { _ in generator.extremeBytes(count: artifact.network.imageBytes) }
        let plan = try BackbonePlan(artifact)
        let expected = images.map { BackboneReplica(plan).features(of: $0) }
        // Replicas of one plan run side by side and share nothing but the plan.
        let agree = await withTaskGroup(of: Bool.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    let replica = BackboneReplica(plan)
                    return (0..<12).allSatisfy { step in
                        let index = (step * 3 + worker) % images.count
                        return replica.features(of: images[index]) == expected[index]
                    }
                }
            }
            return await group.reduce(true) { $0 && $1 }
        }
        #expect(agree, "seed \(seed), \(plan.tier)")
    }

    @Test func refusesImagesAndResultsOfTheWrongSize() async {
        await #expect(processExitsWith: .failure) {
            let artifact = try RandomBackbone.make(widthPercent: 10, inputSize: 32, seed: 1)
            _ = BackboneReplica(try BackbonePlan(artifact)).features(of: [1, 2, 3])
        }
        await #expect(processExitsWith: .failure) {
            let artifact = try RandomBackbone.make(widthPercent: 10, inputSize: 32, seed: 1)
            let image = [UInt8](repeating: 0, count: artifact.network.imageBytes)
            var features: [UInt8] = [0]
            let replica = BackboneReplica(try BackbonePlan(artifact))
            image.withUnsafeBufferPointer { image in
                features.withUnsafeMutableBufferPointer { replica.extractFeatures(image: image, into: $0) }
            }
        }
    }
}
