import Artifacts
import CShiftKernels

/// A backbone made ready for one instruction set tier: packed once, then shared by all threads.
public struct BackbonePlan: Sendable {
    /// The layers that are executed.
    public let network: NetworkDescription
    /// The tier that executes them.
    public let tier: ISATier
    /// Digest of the artefact, which names the features.
    public let digest: ContentDigest

    let storage: Storage

    /// Packs `artifact` for `tier`, or for ``ISATier/best()`` if `tier` is `nil`.
    ///
    /// - Throws: ``ISATierError`` if this CPU lacks the tier or the environment asks for an unknown one.
    /// - Complexity: linear in the weights; about as much memory as one byte per weight.
    public init(_ artifact: BackboneArtifact, tier: ISATier? = nil) throws(ISATierError) {
        let tier = if let tier { tier } else { try ISATier.best() }
        guard let kernels = hsf_kernels_for_tier(tier.tier) else {
            throw .unsupported(requested: tier, supported: ISATier.supported)
        }
        self.tier = tier
        network = artifact.network
        digest = artifact.digest
        storage = Storage(artifact, kernels: kernels.pointee)
    }

    /// What replicas read: packed numbers and the kernels of the tier.
    ///
    // Safety: everything is written before `init` returns and only read afterwards.
    final class Storage: @unchecked Sendable {
        let layers: [PackedLayer]
        let kernels: hsf_kernels
        let inputMean: [UInt8]
        let poolShift: UInt8

        init(_ artifact: BackboneArtifact, kernels: hsf_kernels) {
            layers = zip(artifact.network.layers, artifact.layers).map {
                PackedLayer($0, $1, for: kernels)
            }
            self.kernels = kernels
            inputMean = artifact.inputMean
            poolShift = artifact.poolShift
        }
    }
}
