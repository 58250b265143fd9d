internal import HardenedBackbone
internal import Synchronization
internal import Artifacts
internal import ClassifierHead
internal import FleetMachines
internal import PipelineMessages
internal import Threads

/// The shared final-layer NPU: one thread that batches the features of all replicas.
///
/// Feature batches that wait and use the same head are scored in one pass over its weights.
final class NPUStage: Sendable {
    /// Most images in one pass; their logits are bounded by ``ShardScorer/logitsMax``.
    static let imagesMax = 1_024

    private let input: BoundedQueue<FeatureBatch>
    private let conductor: WorkerConductor
    private let topK: Int
    private let meters: WorkerMeters

    init(
        input: BoundedQueue<FeatureBatch>, conductor: WorkerConductor, options: WorkerOptions,
        meters: WorkerMeters
    ) {
        self.input = input
        self.conductor = conductor
        topK = options.topK
        self.meters = meters
    }

    func run() -> PlatformThread {
        PlatformThread("npu") { [self] in
            while !input.isFinished {
                let waiting = input.drain(milliseconds: 100)
                guard !waiting.isEmpty else { continue }
                let begin = Clock.steadyNs
                for group in Self.grouped(waiting) { score(group) }
                meters.npuNs.wrappingAdd(Clock.steadyNs - begin, ordering: .relaxed)
            }
        }
    }

    /// Batches that share a head, in passes of at most ``imagesMax`` images (a larger shard is a pass).
    static func grouped(_ batches: [FeatureBatch]) -> [[FeatureBatch]] {
        var passes: [[FeatureBatch]] = []
        var open: [ContentDigest: (pass: Int, images: Int)] = [:]
        for batch in batches {
            let head = batch.task.stamp.head
            if let (pass, images) = open[head], images + batch.readable <= imagesMax {
                passes[pass].append(batch)
                open[head] = (pass, images + batch.readable)
            } else {
                open[head] = (passes.count, batch.readable)
                passes.append([batch])
            }
        }
        return passes
    }

    private func score(_ pass: [FeatureBatch]) {
        var features = pass[0].features
        for batch in pass.dropFirst() { features += batch.features }
        let scorer = ShardScorer(pass[0].task.loaded.bank, topK: topK)
        let scores = scorer.scores(features, counts: pass.map(\.readable))
        for (batch, scores) in zip(pass, scores) { emit(batch, scores) }
    }

    private func emit(_ batch: FeatureBatch, _ scores: ShardScores) {
        meters.imagesScored.wrappingAdd(Int64(batch.readable), ordering: .relaxed)
        let unread = batch.images.count - batch.readable
        meters.imageErrors.wrappingAdd(Int64(unread), ordering: .relaxed)
        if let reason = batch.failures.lazy.compactMap({ $0 }).first {
            conductor.tell(.imagesNotRead(batch.task.ticket, unread, reason))
        }
        conductor.tell(
            .scored(
                batch.task.ticket, ScoredShard(batch: batch, scores: scores), images: batch.images.count))
    }
}
