import Evaluation
import HardenedBackbone
import Testing
import TestSupport

@Suite struct VerificationTests {
    @Test func everyWeightIsCounted() throws {
        let census = WeightCensus([
            LayerParameters(weights: [0, 1, -1, 64, -64, 2, 0, 8], bias: [-7, 5], shift: [3, 9]),
            LayerParameters(weights: [32, 4], bias: [6], shift: [11]),
            LayerParameters(weights: [3, -48, 63, 5], bias: [6], shift: [11]),
        ])
        #expect(census.weights == 14 && census.zeros == 2 && census.nonZero == 12)
        #expect(census.sums == 4 && census.terms == 16)
        #expect(census.byExponent == [2, 1, 1, 1, 0, 1, 2])
        #expect(census.negative == 3 && census.illegal == 0)
        #expect(census.biasMagnitudeMax == 7 && census.shifts == [3, 11])
    }

    /// No artefact can hold these; the census does not rely on that.
    @Test(arguments: [Int8(11), -13, 65, 127, -128, 96])
    func weightsThatTheDatapathLacksAreFound(_ weight: Int8) {
        #expect(WeightCensus([LayerParameters(weights: [weight, 2], bias: [0], shift: [0])]).illegal == 1)
    }

    @Test func theCensusOfARealArtefactIsWhole() throws {
        let artifact = try SmallBackbone.make()
        let census = WeightCensus(artifact.layers)
        #expect(census.weights == artifact.network.weightCount && census.illegal == 0)
        #expect(census.zeros + census.byExponent.reduce(0, +) == census.weights)
    }

    /// One channel of the last layer gets the largest weights there are.
    @Test func theWidestAccumulatorIsFound() throws {
        let artifact = try SmallBackbone.make()
        let last = artifact.network.layers.count - 1
        let layer = artifact.network.layers[last]
        var layers = artifact.layers
        var weights = layers[last].weights
        for index in 5 * layer.weightsPerChannel..<6 * layer.weightsPerChannel { weights[index] = -64 }
        var bias = layers[last].bias
        bias[5] = -(1 << 24)
        layers[last] = LayerParameters(weights: weights, bias: bias, shift: layers[last].shift)
        let altered = try BackboneArtifact(
            network: artifact.network, poolShift: artifact.poolShift, layers: layers,
            activationExponents: artifact.activationExponents, preprocessing: "", description: "")
        let survey = AccumulatorSurvey(altered)
        #expect(survey.widest.layer == "last" && survey.widest.channel == 5 && survey.unsafeChannels == 0)
        let sum = Int64(64 * layer.weightsPerChannel)
        #expect(survey.widest.lowest == -(1 << 24) - 127 * sum)
        // -2^24 - 1 would need 26 bits; the sign takes one.
        #expect(survey.widest.bits == 26)
        #expect(survey.layers.map(\.layer) == artifact.network.layers.map(\.name))
    }

    @Test(arguments: ISATier.supported)
    func everyTierEqualsTheReferenceOnProbes(_ tier: ISATier) throws {
        let artifact = try SmallBackbone.make()
        let replica = BackboneReplica(try BackbonePlan(artifact, tier: tier))
        for index in 0..<8 {
            let image = ProbeImages.image(index, network: artifact.network)
            let expected = LayerBytes(reference: artifact, image: image)
            let difference = expected.firstDifference(
                LayerBytes(replica, image: image), network: artifact.network)
            #expect(difference == nil, "probe \(index), \(tier): \(difference?.description ?? "")")
        }
    }

    @Test func theFirstDifferenceIsNamed() throws {
        let artifact = try SmallBackbone.make()
        let image = ProbeImages.image(0, network: artifact.network)
        let expected = LayerBytes(reference: artifact, image: image)
        let other = try BackbonePlan(try SmallBackbone.flipped(artifact, layer: 7))
        let found = LayerBytes(BackboneReplica(other), image: image)
        let difference = expected.firstDifference(found, network: artifact.network)
        #expect(difference?.layer == artifact.network.layers[7].name)
        #expect(difference?.expected != difference?.found)
    }

    @Test func probesAreTheSameEverywhereAndReachBothEnds() throws {
        let network = try #require(NetworkDescription(widthPercent: 10, inputSize: 32))
        let image = ProbeImages.image(0, network: network)
        #expect(image == ProbeImages.image(0, network: network))
        #expect(image != ProbeImages.image(1, network: network))
        #expect(image.count == network.imageBytes)
        #expect(image.count { $0 == 0 } > image.count / 6 && image.count { $0 == 255 } > image.count / 6)
        #expect(Set(ProbeImages.image(3, network: network)).count <= 3)
    }
}
