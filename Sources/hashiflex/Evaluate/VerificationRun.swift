import Evaluation
import Foundation
import HardenedBackbone
import ImageDecoding
import Ingest
import Synchronization
import Threads

/// The images that a verification runs on.
enum VerificationImages {
    /// The first `count` images of a source, or extreme and sample images in turn.
    static func load(_ path: String?, _ artifact: BackboneArtifact, count: Int) throws -> [[UInt8]] {
        let network = artifact.network
        if let path { return try read(path, try artifact.preparation(), count: count) }
        // Exactness does not hang on what the artefact states: one that is not known here is looked at all the same.
        let preparation =
            try (try? artifact.preparation()) ?? TensorPreparation(.builtIn, size: network.inputSize)
        let natural = try read(try SampleFile.path(), preparation, count: (count + 1) / 2)
        return (0..<count).map { index in
            index % 2 == 1 && index / 2 < natural.count
                ? natural[index / 2] : ProbeImages.image(index / 2, network: network)
        }
    }

    private static func read(
        _ path: String, _ preparation: TensorPreparation, count: Int
    ) throws -> [[UInt8]] {
        var source = try ImageSourceFactory.open(path)
        var images: [[UInt8]] = []
        while images.count < count, let outcome = try source.next() {
            switch outcome {
            case .image(let image):
                images.append(try preparation.tensor(of: image))
            case .unreadable(let id, let reason):
                throw CommandError(Exit.badInput, "\(path): \(id): \(reason)")
            }
        }
        guard !images.isEmpty else { throw CommandError(Exit.badInput, "\(path) has no images") }
        return images
    }
}

/// Runs the reference and every tier over some images, on all processors.
struct VerificationRun {
    /// What one image came to.
    struct Finding: Sendable {
        let trace: LayerTrace
        /// The first difference between the reference and a tier.
        let difference: String?
    }

    let artifact: BackboneArtifact
    let images: [[UInt8]]

    /// Runs all images.
    func perform() -> [Finding] {
        let (artifact, images) = (artifact, images)
        let findings = Mutex([Int: Finding]())
        let next = Counter()
        let progress = ProgressMeter("verify")
        let threads = (0..<ProcessFacts.processors).map { number in
            PlatformThread("verify-\(number)") {
                let replicas = ISATier.supported.compactMap { tier in
                    (try? BackbonePlan(artifact, tier: tier)).map { BackboneReplica($0) }
                }
                while let index = next.take(below: images.count) {
                    let finding = Self.check(artifact, replicas, images[index], index: index)
                    findings.withLock { $0[index] = finding }
                    progress.add(1)
                }
            }
        }
        for thread in threads { while !thread.join(milliseconds: 200) { progress.show() } }
        let found = findings.withLock { $0 }
        return images.indices.compactMap { found[$0] }
    }

    private static func check(
        _ artifact: BackboneArtifact, _ replicas: [BackboneReplica], _ image: [UInt8], index: Int
    ) -> Finding {
        let network = artifact.network
        let expected = LayerBytes(reference: artifact, image: image)
        var difference: String?
        for replica in replicas where difference == nil {
            let found = LayerBytes(replica, image: image)
            difference = expected.firstDifference(found, network: network).map {
                "image \(index): tier \(replica.plan.tier) differs from the reference in \($0)"
            }
        }
        return Finding(
            trace: LayerTrace(image: index, input: image, bytes: expected, network: network),
            difference: difference)
    }
}

/// Hands out indices to threads.
final class Counter: Sendable {
    private let value = Atomic<Int>(0)

    /// The next index, or `nil` when all are taken.
    func take(below count: Int) -> Int? {
        let index = value.wrappingAdd(1, ordering: .relaxed).oldValue
        return index < count ? index : nil
    }
}
