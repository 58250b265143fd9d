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
    /// Most images in one pass; bounds the logits' memory.
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
        let loaded = pass[0].task.loaded
        let classes = loaded.head.classCount
        var features = pass[0].features
        for batch in pass.dropFirst() { features += batch.features }
        let count = features.count / loaded.head.featureCount
        var logits = [Int32](repeating: 0, count: count * classes)
        features.withUnsafeBufferPointer { input in
            logits.withUnsafeMutableBufferPointer { output in
                loaded.bank.logits(features: input, count: count, into: output)
            }
        }
        var start = 0
        for batch in pass {
            let size = batch.readable * classes
            logits.withUnsafeBufferPointer { all in
                emit(batch, UnsafeBufferPointer(rebasing: all[start..<(start + size)]))
            }
            start += size
        }
    }

    private func emit(_ batch: FeatureBatch, _ logits: UnsafeBufferPointer<Int32>) {
        let classes = batch.task.loaded.head.classCount
        var top: [RankedClass] = []
        top.reserveCapacity(batch.readable * min(topK, classes))
        for row in 0..<batch.readable {
            TopK.append(
                UnsafeBufferPointer(rebasing: logits[(row * classes)..<((row + 1) * classes)]), k: topK,
                to: &top)
        }
        let scores = ShardScores(
            top: top, perImage: min(topK, classes), logitsDigest: Self.digest(logits))
        meters.imagesScored.wrappingAdd(Int64(batch.readable), ordering: .relaxed)
        meters.imageErrors.wrappingAdd(
            Int64(batch.images.count - batch.readable), ordering: .relaxed)
        conductor.tell(
            .scored(
                batch.task.ticket, ScoredShard(batch: batch, scores: scores), images: batch.images.count))
    }

    /// SHA-256 over little-endian int32 logits.
    static func digest(_ logits: UnsafeBufferPointer<Int32>) -> ContentDigest {
        var hasher = ContentHasher()
        #if _endian(little)
        hasher.update(UnsafeRawBufferPointer(logits))
        #else
        for logit in logits { hasher.update(littleEndian: logit) }
        #endif
        return hasher.finalize()
    }
}
