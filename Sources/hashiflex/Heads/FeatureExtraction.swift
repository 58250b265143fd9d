import HardenedBackbone
import ImageDecoding
import Ingest
import Synchronization
import Threads

/// Runs the backbone over a labelled source on all processors, in blocks, in order.
enum FeatureExtraction {
    /// What became of a source's images.
    struct Taken: Sendable {
        /// Those that were decoded.
        var images = 0
        /// Those that could not be read, and what is wrong with the first of them.
        var leftOut = 0
        var problem: String?

        mutating func leaveOut(_ what: String) {
            leftOut += 1
            problem = problem ?? what
        }

        /// Says what is not among the images.
        func sayLeftOut(of path: String) {
            guard let problem else { return }
            Terminal.note(
                "\(path): \(Format.count(leftOut)) images could not be read and are left out; \(problem)")
        }
    }

    /// A processor's part of a block.
    private struct Part: Sendable {
        var features: [UInt8] = []
        var labels: [Int] = []
        var taken = Taken()
    }

    private static let blockImages = 512

    /// - Parameter take: Is given the features of some images, one after the other, and the label of each.
    /// - Throws: `CommandError` 65 for an image without a label, or where there is none that can be read.
    static func run(
        _ path: String, _ preparation: TensorPreparation, plan: BackbonePlan, limit: Int,
        take: ([UInt8], [Int]) throws -> Void
    ) throws -> Taken {
        var source = try ImageSourceFactory.open(path)
        // As they lie in the source: decoded they may take a thousand times as much.
        var block: [SourceImage] = []
        var taken = Taken()
        func flush() throws {
            for part in parts(of: block, preparation, plan) {
                if !part.labels.isEmpty { try take(part.features, part.labels) }
                taken.images += part.labels.count
                taken.leftOut += part.taken.leftOut
                taken.problem = taken.problem ?? part.taken.problem
            }
            block = []
            if Terminal.isInteractive { Terminal.draw(["\(path): \(Format.count(taken.images)) images"]) }
        }
        while taken.images + block.count < limit, let outcome = try source.next() {
            switch outcome {
            case .unreadable(let id, let reason): taken.leaveOut("\(id): \(reason)")
            case .image(let image):
                guard image.label != nil else {
                    throw CommandError(Exit.badInput, "\(path): image \(image.id) has no label")
                }
                block.append(image)
            }
            if block.count == min(blockImages, limit - taken.images) { try flush() }
        }
        try flush()
        guard taken.images > 0 else {
            throw CommandError(
                Exit.badInput,
                "\(path) has no images" + (taken.problem.map { " that can be read; \($0)" } ?? ""))
        }
        return taken
    }

    private static func parts(
        of images: [SourceImage], _ preparation: TensorPreparation, _ plan: BackbonePlan
    ) -> [Part] {
        guard !images.isEmpty else { return [] }
        let workers = ProcessFacts.processors
        let share = (images.count + workers - 1) / workers
        let parts = Mutex([Int: Part]())
        let threads = (0..<workers).map { worker in
            PlatformThread("features-\(worker)") {
                let replica = BackboneReplica(plan)
                var part = Part()
                for image in images.dropFirst(worker * share).prefix(share) {
                    do {
                        part.features += replica.features(of: try preparation.tensor(of: image))
                        part.labels.append(image.label ?? -1)
                    } catch {
                        part.taken.leaveOut("\(image.id): \(error)")
                    }
                }
                let done = part
                parts.withLock { $0[worker] = done }
            }
        }
        for thread in threads { thread.join() }
        let done = parts.withLock { $0 }
        return (0..<workers).compactMap { done[$0] }
    }
}
