internal import FleetMachines
internal import Foundation
internal import HardenedBackbone
internal import ImageDecoding
internal import Kafka
internal import PipelineMessages
internal import Synchronization
internal import Threads

/// The datapath replicas: one thread each, decode and backbone together, so that a shard's pixels stay
/// in one core's caches.
final class ReplicaStage: Sendable {
    private let plan: BackbonePlan
    private let inputSize: Int
    private let preprocessing: StatedPreprocessing
    /// How files become tensors, or why they can not.
    private let preparation: Result<TensorPreparation, PreprocessingError>
    private let featureCount: Int
    private let input: BoundedQueue<ShardTask>
    private let features: BoundedQueue<FeatureBatch>
    private let conductor: WorkerConductor
    private let meters: WorkerMeters
    /// What all replicas may hold of pictures and unpacked tensors together.
    private let memory: ByteBudget

    init(
        plan: BackbonePlan, preprocessing: StatedPreprocessing, featureCount: Int,
        input: BoundedQueue<ShardTask>,
        features: BoundedQueue<FeatureBatch>, conductor: WorkerConductor, meters: WorkerMeters,
        memory: ByteBudget
    ) {
        self.plan = plan
        self.preprocessing = preprocessing
        let size = plan.network.inputSize
        inputSize = size
        preparation = Result { () throws(PreprocessingError) in try preprocessing.preparation(size: size) }
        self.featureCount = featureCount
        self.input = input
        self.features = features
        self.conductor = conductor
        self.meters = meters
        self.memory = memory
    }

    func run(count: Int) -> [PlatformThread] {
        (0..<count).map { index in PlatformThread("replica-\(index)") { [self] in loop() } }
    }

    private func loop() {
        let replica = BackboneReplica(plan)
        var preparer = (try? preparation.get()).map { TensorPreparer($0, memory: memory) }
        while let task = input.pop() {
            guard conductor.look({ $0.isCurrent(task.ticket.lane) }) else { continue }
            let begin = Clock.steadyNs
            meters.shardsOpened.wrappingAdd(1, ordering: .relaxed)
            meters.shardBytes.wrappingAdd(Int64(task.message.byteCount), ordering: .relaxed)
            switch process(task, replica, &preparer) {
            case .success(let batch): features.push(batch)
            case .failure(let reason) where reason.isOfMachine:
                // A record of it would say of the picture what is true of this machine only.
                conductor.tell(.readingFailed(CallFailure(.fatal, reason.text)))
            case .failure(let reason):
                conductor.tell(
                    .unusable(
                        task.ticket,
                        DeadShard(
                            task.message, stream: task.stream, code: reason.code, reason: reason.text)))
            }
            meters.replicaNs.wrappingAdd(Clock.steadyNs - begin, ordering: .relaxed)
        }
    }

    private struct Unusable: Error {
        let code: String
        let text: String
        /// Whether it says nothing of the shard: another worker may do it.
        var isOfMachine = false
    }

    /// How often memory that is not to be had is asked for again, and the time between, milliseconds.
    private static let (attempts, pauseMs): (Int, Int64) = (10, 200)

    /// Decodes, and again while there is no memory: that may be had a moment later.
    private func withMemory(
        _ body: () throws(ImageDecodingError) -> Void
    ) throws(ImageDecodingError) {
        for _ in 1..<Self.attempts {
            do throws(ImageDecodingError) {
                return try body()
            } catch {
                guard case .outOfMemory = error else { throw error }
                _ = Signal().wait(milliseconds: Self.pauseMs)
            }
        }
        try body()
    }

    /// Why tensors are not what this backbone was made for.
    private func mismatch(_ shard: ImageShard) -> Unusable? {
        PreprocessingMismatch(
            "the shard", StatedPreprocessing(shard.preprocessing), "the backbone", preprocessing,
            advice: "ingest with --preprocess and the backbone's file, or send files"
        ).map { Unusable(code: "wrong-preprocessing", text: "\($0)") }
    }

    private func process(
        _ task: ShardTask, _ replica: BackboneReplica, _ preparer: inout TensorPreparer?
    ) -> Result<FeatureBatch, Unusable> {
        // Tensors alone: a shard of files takes a share for each picture, and no thread has two.
        var share = 0
        defer { memory.release(share) }
        let decoded = task.message.withPayload { payload in
            Result { () throws(ShardDecodingError) in
                let packed = try ShardCodec.open(payload)
                share = memory.acquire(packed.inflatedBytes)
                return try packed.unpack()
            }
        }
        switch decoded {
        case .failure(let error): return .failure(Unusable(code: error.code, text: "\(error)"))
        case .success(let shard):
            guard shard.stream == task.stream else {
                return .failure(
                    Unusable(
                        code: "key-mismatch",
                        text: "shard is of stream \(shard.stream), its key says \(task.stream); "
                            + "the key chooses the head, so both must agree"))
            }
            return extract(shard, task, replica, &preparer)
        }
    }

    private func extract(
        _ shard: ImageShard, _ task: ShardTask, _ replica: BackboneReplica,
        _ preparer: inout TensorPreparer?
    ) -> Result<FeatureBatch, Unusable> {
        var failures = [String?](repeating: nil, count: shard.images.count)
        var features = [UInt8](repeating: 0, count: shard.images.count * featureCount)
        var readable = 0
        func run(_ tensor: UnsafeBufferPointer<UInt8>, _ output: UnsafeMutableBufferPointer<UInt8>) {
            let start = readable * featureCount
            replica.extractFeatures(
                image: tensor, into: .init(rebasing: output[start..<(start + featureCount)]))
            readable += 1
        }
        switch shard.content {
        case .tensors(let height, let width, let channels, let bytes):
            guard height == inputSize, width == inputSize, channels == 3 || channels == 1 else {
                return .failure(
                    Unusable(
                        code: "wrong-shape",
                        text: "shard holds \(height)x\(width)x\(channels) tensors, the backbone takes "
                            + "\(inputSize)x\(inputSize)x3, or x1 for gray; ingest with --size \(inputSize)"))
            }
            if let mismatch = mismatch(shard) { return .failure(mismatch) }
            let stride = inputSize * inputSize * channels
            features.withUnsafeMutableBufferPointer { output in
                bytes.withUnsafeBufferPointer { input in
                    for index in shard.images.indices {
                        run(.init(rebasing: input[(index * stride)..<((index + 1) * stride)]), output)
                    }
                }
            }
        case .files(let files):
            if case .failure(let error) = preparation {
                return .failure(Unusable(code: "unknown-preprocessing", text: "\(error)"))
            }
            var shortage: String?
            features.withUnsafeMutableBufferPointer { output in
                for (index, file) in files.enumerated() where shortage == nil {
                    do throws(ImageDecodingError) {
                        try withMemory { () throws(ImageDecodingError) in
                            try preparer?.withTensor(of: file) { run($0, output) }
                        }
                    } catch {
                        failures[index] = "\(error)"
                        if case .outOfMemory = error {
                            shortage = "image \(shard.images[index].id): \(error)"
                        }
                    }
                }
            }
            if let shortage {
                let text = "\(shortage); give the worker the memory that deploy/README.md reckons"
                return .failure(Unusable(code: "out-of-memory", text: text, isOfMachine: true))
            }
        }
        features.removeLast((shard.images.count - readable) * featureCount)
        return .success(
            FeatureBatch(
                task: task, sequence: shard.sequence, images: shard.images, features: features,
                failures: failures, readable: readable))
    }
}
