internal import Artifacts
internal import ClassifierHead
internal import HardenedBackbone
internal import ImageDecoding
internal import PipelineMessages

/// A head that was verified and packed for the NPU.
struct LoadedHead: Sendable {
    let digest: ContentDigest
    let classNames: [String]
    let bank: NPUBank

    init(_ head: ClassifierHead, bank: NPUBank) {
        digest = head.digest
        classNames = head.classNames
        self.bank = bank
    }

    /// What it takes, bytes: the head itself, with its weights as they were published, is not kept.
    var memoryBytes: Int { bank.memoryBytes + classNames.reduce(0) { $0 + 16 + $1.utf8.count } }
}

/// Verifies published heads and packs them for the NPU.
struct HeadLoader: Sendable {
    /// Why a head is not used.
    struct Refusal: Error {
        let reason: String
    }

    private let backbone: ContentDigest
    private let featureCount: Int
    private let preprocessing: String
    private let tierName: String
    /// The head of a frozen backbone, which scores everything.
    let frozen: LoadedHead?
    /// The frozen head as heartbeats name it.
    let frozenHead: WorkerStatus.FrozenHead?

    init(_ options: WorkerOptions) {
        tierName = options.plan.tier.rawValue
        backbone = options.backbone
        featureCount = options.plan.network.featureCount
        preprocessing = options.preprocessing.text
        frozen = options.frozenHead.map { [tierName] frozen in
            // Every tier gives the same logits, so any bank will do where this one has no kernels.
            LoadedHead(
                frozen.head,
                bank: NPUBank(frozen.head, tierName: tierName) ?? NPUBank(frozen.head))
        }
        frozenHead = options.frozenHead.map {
            WorkerStatus.FrozenHead(head: $0.head.digest, label: $0.label)
        }
    }

    /// Why no other head is taken; `nil` where heads are.
    var frozenRefusal: String? { frozenHead?.refusal(backbone: backbone) }

    /// Verifies and packs a published head; one that does not fit is refused with its reason.
    func load(_ manifest: HeadManifest, file: [UInt8]) throws(Refusal) -> LoadedHead {
        if let frozenRefusal { throw Refusal(reason: frozenRefusal) }
        let head: ClassifierHead
        do {
            head = try ClassifierHead(decoding: file)
            try head.verify(fits: backbone, featureCount: featureCount, preprocessing: preprocessing)
        } catch {
            throw Refusal(reason: "\(error)")
        }
        guard head.digest == manifest.head else {
            throw Refusal(
                reason: "the head's content is \(head.digest), its manifest says \(manifest.head)")
        }
        guard let bank = NPUBank(head, tierName: tierName) else {
            throw Refusal(reason: "the NPU has no kernels for \(tierName)")
        }
        return LoadedHead(head, bank: bank)
    }
}
