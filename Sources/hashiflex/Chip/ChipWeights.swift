import ChipModel
import HardenedBackbone
import Sensitivity
import Synchronization
import Threads

/// The weights that a chip is made of, and what their adder trees come to.
struct ChipWeights {
    let artifact: BackboneArtifact

    /// The numbers of every layer after `weights` was done to them; biases are not corrected, which areas do not see.
    func layers(_ weights: SweepWeights) throws -> [LayerParameters] {
        guard weights.pruned > 0 else {
            return Degradation.exponents(weights.exponents).degradedLayers(of: artifact)
        }
        return Degradation.pruned(percent: weights.pruned).degradedLayers(of: try reduced(weights.exponents))
    }

    private func reduced(_ exponents: Int) throws -> BackboneArtifact {
        guard exponents < 7 else { return artifact }
        return try BackboneArtifact(
            network: artifact.network, inputMean: artifact.inputMean, poolShift: artifact.poolShift,
            layers: Degradation.exponents(exponents).degradedLayers(of: artifact),
            activationExponents: artifact.activationExponents, preprocessing: artifact.preprocessing,
            description: artifact.description)
    }

    /// One lane of each layer, counted on all processors.
    func census(_ weights: SweepWeights, cut: CutPlan, sharesPairs: Bool) throws -> [LayerCensus] {
        let parameters = try layers(weights)
        let network = artifact.network
        // The widest layers first, so that no thread is left with one at the end.
        let order = network.layers.indices.sorted {
            (network.layers[$1].weightCount, $0) < (network.layers[$0].weightCount, $1)
        }
        let found = Mutex([Int: LayerCensus]())
        let next = Counter()
        Terminal.note("counting the adders of \(order.count) layers, \(weights.treatment)")
        let threads = (0..<ProcessFacts.processors).map { number in
            PlatformThread("census-\(number)") {
                while let place = next.take(below: order.count) {
                    let index = order[place]
                    let census = LayerCensus(
                        network.layers[index], parameters[index], cut: cut, sharesPairs: sharesPairs)
                    found.withLock { $0[index] = census }
                }
            }
        }
        for thread in threads {
            while !thread.join(milliseconds: 200) {
                guard Terminal.isInteractive else { continue }
                Terminal.draw(["\(found.withLock { $0.count }) of \(order.count) layers"])
            }
        }
        Terminal.settle()
        let results = found.withLock { $0 }
        return network.layers.indices.compactMap { results[$0] }
    }
}
