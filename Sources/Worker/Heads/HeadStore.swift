internal import Artifacts
internal import ClassifierHead
internal import HardenedBackbone
internal import ImageDecoding
internal import PipelineMessages
internal import Synchronization

/// The heads that this worker has verified, packed for the NPU, by digest; and those it refused.
///
/// The NPU's banks: the one in force and the prepared one stay loaded side by side, so that two
/// partitions can be on different heads and a cut-over waits for nothing.
final class HeadStore: Sendable {
    private struct Contents {
        var loaded: [ContentDigest: LoadedHead] = [:]
        var refused: [ContentDigest: String] = [:]
        var bytes = 0
        var revision = 0
    }

    private let contents = Mutex(Contents())
    private let backbone: ContentDigest
    private let featureCount: Int
    private let preprocessing: String
    private let tierName: String
    private let bytesMax: Int
    /// The head of a frozen backbone, which scores everything.
    let frozen: (stamp: HeadStamp, loaded: LoadedHead)?

    init(_ options: WorkerOptions) {
        tierName = options.plan.tier.rawValue
        backbone = options.backbone
        featureCount = options.plan.network.featureCount
        preprocessing = options.preprocessing.text
        bytesMax = options.headBytesMax
        frozen = options.frozenHead.map { [tierName] frozen in
            // Every tier gives the same logits, so any bank will do where this one has no kernels.
            let bank = NPUBank(frozen.head, tierName: tierName) ?? NPUBank(frozen.head)
            return (
                HeadStamp(frozen: frozen.head.digest, label: frozen.label),
                LoadedHead(head: frozen.head, bank: bank)
            )
        }
    }

    /// The frozen head as heartbeats name it.
    var frozenHead: WorkerStatus.FrozenHead? {
        frozen.map { WorkerStatus.FrozenHead(head: $0.stamp.head, label: $0.stamp.label) }
    }

    /// Why no other head is taken; `nil` where heads are.
    var frozenRefusal: String? { frozenHead?.refusal(backbone: backbone) }

    /// Verifies and loads a published head; a head that does not fit is refused with its reason.
    func take(_ manifest: HeadManifest, file: [UInt8]) {
        if let frozenRefusal { return refuse(manifest.head, frozenRefusal) }
        if contents.withLock({ $0.loaded[manifest.head] != nil }) { return }
        do {
            let head = try ClassifierHead(decoding: file)
            try head.verify(
                fits: backbone, featureCount: featureCount, preprocessing: preprocessing)
            guard head.digest == manifest.head else {
                return refuse(
                    manifest.head, "the head's content is \(head.digest), its manifest says \(manifest.head)")
            }
            guard let bank = NPUBank(head, tierName: tierName) else {
                return refuse(manifest.head, "the NPU has no kernels for \(tierName)")
            }
            let loaded = LoadedHead(head: head, bank: bank)
            contents.withLock { contents in
                let bytes = contents.bytes + loaded.bank.memoryBytes
                guard bytes <= bytesMax else {
                    contents.refused[manifest.head] =
                        "no room: loaded heads would take \(bytes) bytes, --head-bytes-max is \(bytesMax)"
                    contents.revision += 1
                    return
                }
                contents.bytes = bytes
                contents.loaded[manifest.head] = loaded
                contents.refused[manifest.head] = nil
                contents.revision += 1
            }
        } catch {
            refuse(manifest.head, "\(error)")
        }
    }

    /// Records why a head can not be used.
    func refuse(_ head: ContentDigest, _ reason: String) {
        contents.withLock { contents in
            guard contents.loaded[head] == nil else { return }
            contents.refused[head] = reason
            contents.revision += 1
        }
    }

    /// Drops the shadow bank of an aborted cut-over.
    func drop(_ digest: ContentDigest) {
        contents.withLock { contents in
            contents.refused[digest] = nil
            contents.revision += 1
            guard let loaded = contents.loaded.removeValue(forKey: digest) else { return }
            contents.bytes -= loaded.bank.memoryBytes
        }
    }

    /// A loaded head.
    func loaded(_ digest: ContentDigest) -> LoadedHead? {
        contents.withLock { $0.loaded[digest] }
    }

    /// Why a head is not loaded.
    func absence(_ digest: ContentDigest) -> String {
        contents.withLock { $0.refused[digest] } ?? "head \(digest.short) has not arrived yet"
    }

    /// What the heartbeat says.
    var report: (ready: [ContentDigest], refusals: [WorkerStatus.Refusal], revision: Int) {
        contents.withLock { contents in
            (
                contents.loaded.keys.sorted { $0.hex < $1.hex },
                contents.refused.sorted { $0.key.hex < $1.key.hex }
                    .map { WorkerStatus.Refusal(head: $0.key, reason: $0.value) },
                contents.revision
            )
        }
    }
}
