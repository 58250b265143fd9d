import HardenedBackbone
import QuantizedTensors
import Sensitivity
import Testing
import TestSupport

@Suite struct DegradationTests {
    static let all: [Degradation] =
        (1...7).map { .exponents($0) } + [0, 30, 90, 100].map { .pruned(percent: $0) }
        + Degradation.CommonExponentScope.allCases.map { .commonExponent($0) }
        + [0, 1, 2, 3, 51].flatMap { index in
            Degradation.LayerReduction.allCases.map { .layer(index: index, $0) }
        }

    private func channels(_ layer: NetworkLayer, _ parameters: LayerParameters) -> [[Int8]] {
        let count = layer.weightsPerChannel
        return (0..<layer.output.channels).map { Array(parameters.weights[$0 * count..<($0 + 1) * count]) }
    }

    @Test(arguments: all)
    func everyDegradedArtefactIsLegal(_ degradation: Degradation) throws {
        let artifact = try SmallBackbone.make()
        _ = try SmallBackbone.with(degradation.degradedLayers(of: artifact), of: artifact)
    }

    /// Sums of two powers of two are degraded to sums, and stay legal.
    @Test(arguments: all)
    func everyDegradedArtefactOfSumsIsLegal(_ degradation: Degradation) throws {
        let artifact = try SmallBackbone.sums()
        let degraded = try SmallBackbone.with(degradation.degradedLayers(of: artifact), of: artifact)
        if case .exponents(let count) = degradation {
            for (layer, parameters) in zip(degraded.network.layers, degraded.layers) {
                for channel in channels(layer, parameters) {
                    let used = channel.flatMap { WeightTerms(value: $0)?.terms ?? [] }.map { $0.code & 7 }
                    let exponents = Set(used)
                    #expect(
                        Int(exponents.max() ?? 0) - Int(exponents.min() ?? 0) < count,
                        "\(layer.name): exponents \(exponents.sorted())")
                }
            }
        }
    }

    @Test(arguments: [1, 3, 7])
    func sumsAreProjectedOntoTheNearestSums(_ count: Int) throws {
        let artifact = try SmallBackbone.sums()
        let layers = Degradation.exponents(count).degradedLayers(of: artifact)
        for (old, new) in zip(artifact.layers, layers) where count == 7 {
            #expect(old.weights == new.weights)
        }
        let change = zip(artifact.layers, layers).reduce(0) { sum, pair in
            sum + zip(pair.0.weights, pair.1.weights).reduce(0) { $0 + abs(Int($1.0) - Int($1.1)) }
        }
        let single = Degradation.exponents(count).degradedLayers(of: try SmallBackbone.make())
        let all = artifact.layers.reduce(0) { $0 + $1.weights.count }
        #expect(count == 7 ? change == 0 : change > 0 && change < 32 * all)
        #expect(single.allSatisfy { $0.terms == 1 }, "single powers stay single")
    }

    @Test(arguments: [Degradation.none, .exponents(7), .activationBits(5), .pruned(percent: 0)])
    func someDegradationsLeaveTheWeightsAlone(_ degradation: Degradation) throws {
        let artifact = try SmallBackbone.make()
        #expect(degradation.degradedLayers(of: artifact) == artifact.layers)
    }

    @Test(arguments: 1...6)
    func noChannelHasMoreExponentsThanAllowed(_ count: Int) throws {
        let artifact = try SmallBackbone.make()
        let layers = Degradation.exponents(count).degradedLayers(of: artifact)
        var most = 0
        for (layer, parameters) in zip(artifact.network.layers, layers) {
            for channel in channels(layer, parameters) {
                most = max(most, Set(channel.map(\.magnitude)).subtracting([0]).count)
            }
        }
        #expect(most == count)
    }

    /// Every window of neighbouring exponents is tried here by brute force, from the definition.
    @Test(arguments: [1, 2, 4])
    func noOtherWindowOfExponentsChangesTheWeightsLess(_ count: Int) throws {
        let artifact = try SmallBackbone.make()
        let layers = Degradation.exponents(count).degradedLayers(of: artifact)
        for (index, layer) in artifact.network.layers.enumerated() {
            let (old, new) = (channels(layer, artifact.layers[index]), channels(layer, layers[index]))
            for (before, after) in zip(old, new) {
                let changed = zip(before, after).reduce(0) {
                    $0 + (Int($1.0) - Int($1.1)) * (Int($1.0) - Int($1.1))
                }
                for bottom in 0...(7 - count) {
                    let levels = [0] + (bottom..<bottom + count).flatMap { [1 << $0, -(1 << $0)] }
                    let least = before.reduce(0) { sum, weight in
                        sum + (levels.map { ($0 - Int(weight)) * ($0 - Int(weight)) }.min() ?? 0)
                    }
                    #expect(changed <= least, "\(layer.name)")
                }
            }
        }
    }

    @Test(arguments: [10, 50, 90])
    func pruningLeavesTheStatedShareOfTheOneByOneLayers(_ percent: Int) throws {
        let artifact = try SmallBackbone.make()
        let layers = Degradation.pruned(percent: percent).degradedLayers(of: artifact)
        var (zeros, total, before) = (0, 0, 0)
        for (index, layer) in artifact.network.layers.enumerated() {
            guard layer.kernelSize == 1 else {
                #expect(layers[index] == artifact.layers[index])
                continue
            }
            zeros += layers[index].weights.count { $0 == 0 }
            before += artifact.layers[index].weights.count { $0 == 0 }
            total += layer.weightCount
            for (old, new) in zip(artifact.layers[index].weights, layers[index].weights) {
                #expect(new == 0 || new == old)
            }
        }
        #expect(zeros == max(before, total * percent / 100))
    }

    /// Within a channel no weight that stays is smaller than one that goes.
    @Test func theSmallestWeightsOfAChannelGoFirst() throws {
        let artifact = try SmallBackbone.make()
        let layers = Degradation.pruned(percent: 60).degradedLayers(of: artifact)
        for (index, layer) in artifact.network.layers.enumerated() {
            for (old, new) in zip(channels(layer, artifact.layers[index]), channels(layer, layers[index])) {
                let gone =
                    zip(old, new).filter { $0.0 != 0 && $0.1 == 0 }.map { $0.0.magnitude }.max() ?? UInt8(0)
                let kept = new.filter { $0 != 0 }.map { $0.magnitude }.min() ?? UInt8(64)
                #expect(gone <= kept, "\(layer.name)")
            }
        }
    }

    /// Doubling all weights of a channel, which its shift undoes, makes no weight of it more worth keeping.
    @Test func aChannelsScaleDoesNotMatterToPruning() throws {
        let artifact = try SmallBackbone.make()
        var layers = artifact.layers
        let index = try #require(artifact.network.layers.firstIndex { $0.kind == .last })
        let halved = layers[index].weights.map { $0.magnitude == 64 ? $0 / 2 : $0 }
        let small = LayerParameters(weights: halved, bias: layers[index].bias, shift: layers[index].shift)
        let large = LayerParameters(weights: halved.map { $0 * 2 }, bias: small.bias, shift: small.shift)
        func zeros(_ parameters: LayerParameters) throws -> [Bool] {
            layers[index] = parameters
            let altered = try SmallBackbone.with(layers, of: artifact)
            return Degradation.pruned(percent: 50).degradedLayers(of: altered)[index].weights.map { $0 == 0 }
        }
        #expect(try zeros(small) == zeros(large))
    }

    @Test func oneExponentMeansOneShiftALayer() throws {
        let artifact = try SmallBackbone.make()
        let everywhere = Degradation.commonExponent(.everywhere).degradedLayers(of: artifact)
        let pointwise = Degradation.commonExponent(.pointwise).degradedLayers(of: artifact)
        for (index, layer) in artifact.network.layers.enumerated() {
            #expect(Set(everywhere[index].shift).count == 1)
            #expect(pointwise[index] == (layer.kernelSize == 1 ? everywhere[index] : artifact.layers[index]))
        }
        #expect(everywhere != artifact.layers)
    }

    /// Real weights are `q * 2^-shift`; where the common shift is a channel's own, nothing may change.
    @Test func channelsThatHaveTheCommonShiftKeepTheirNumbers() throws {
        let artifact = try SmallBackbone.make()
        let layers = Degradation.commonExponent(.everywhere).degradedLayers(of: artifact)
        var (kept, moved) = (0, 0)
        for (index, layer) in artifact.network.layers.enumerated() {
            let (old, new) = (artifact.layers[index], layers[index])
            for channel in 0..<layer.output.channels {
                let range = channel * layer.weightsPerChannel..<(channel + 1) * layer.weightsPerChannel
                guard old.shift[channel] == new.shift[channel] else {
                    moved += 1
                    // A raised shift doubles weights that have room.
                    let raise = Int(new.shift[channel]) - Int(old.shift[channel])
                    for element in range where raise == 1 && old.weights[element].magnitude < 64 {
                        #expect(new.weights[element] == 2 * old.weights[element])
                    }
                    continue
                }
                kept += 1
                #expect(new.weights[range] == old.weights[range] && new.bias[channel] == old.bias[channel])
            }
        }
        #expect(kept > 0 && moved > 0)
    }

    /// The padding byte is the mean colour, and must go on contributing nothing.
    @Test(arguments: [
        Degradation.exponents(1), .layer(index: 0, .halfPruned), .layer(index: 0, .twoExponents),
    ])
    func theStemStillCancelsTheMeanColour(_ degradation: Degradation) throws {
        let artifact = try SmallBackbone.make()
        let (old, new) = (artifact.layers[0], degradation.degradedLayers(of: artifact)[0])
        #expect(old.weights != new.weights)
        func offset(_ parameters: LayerParameters, _ channel: Int) -> Int {
            (0..<27).reduce(Int(parameters.bias[channel])) {
                $0 + Int(parameters.weights[channel * 27 + $1]) * Int(artifact.inputMean[$1 / 9])
            }
        }
        for channel in old.bias.indices { #expect(offset(old, channel) == offset(new, channel)) }
    }

    @Test func onlyTheNamedLayerChanges() throws {
        let artifact = try SmallBackbone.make()
        for reduction in Degradation.LayerReduction.allCases {
            let layers = Degradation.layer(index: 9, reduction).degradedLayers(of: artifact)
            for index in layers.indices { #expect((layers[index] == artifact.layers[index]) == (index != 9)) }
            let zeros = layers[9].weights.count { $0 == 0 }
            if reduction == .halfPruned { #expect(zeros == layers[9].weights.count / 2) }
        }
    }
}
