public import Artifacts
public import PipelineMessages

/// Checks predictions against the cut-over rule, knowing nothing but what the topics say.
///
/// A record with a head and no cut-over says that its head is frozen into its backbone. The digest of such a
/// backbone covers the head, so the rule is another function: one backbone, one head, and never a cut-over.
///
/// Memory: about 16 bytes an image and 32 a shard, for the duplicate check (``ImageDigests``).
public struct StampAudit: Sendable {
    /// What was found.
    public struct Findings: Sendable, Equatable, Codable {
        /// Distinct images with a prediction or an error record.
        public var images = 0
        /// Images with an error record.
        public var errors = 0
        /// Records that repeat an image with the same bytes.
        public var identicalDuplicates = 0
        /// Records that repeat an image with other bytes. Must be 0.
        public var differingDuplicates = 0
        /// Images whose head is frozen into the backbone.
        public var frozen = 0
        /// Records whose head is not the one the rule gives. Must be 0.
        public var wrongHeads = 0
        /// Shards that were left out; `nil` where the shards were not read. Must be 0.
        public var unscoredShards: Int?
        /// Predictions of the shard topic that name a partition it has not; `nil` where the shards were not read. Must be 0.
        public var unknownPlaces: Int?
        /// Records of the topic that are no predictions; whoever reads them counts them. Must be 0.
        public var unreadable = 0
        /// How many images there have to be; `nil` where nobody said.
        public var imagesWanted: Int?
        /// Up to ten examples of what is wrong.
        public var examples: [String] = []

        /// Whether nothing is wrong, and the images are as many as wanted.
        public var isSound: Bool {
            differingDuplicates + wrongHeads + (unscoredShards ?? 0) + (unknownPlaces ?? 0) + unreadable == 0
                && imagesWanted ?? images == images
        }
    }

    private var activations: ActivationLog
    /// The head that each frozen backbone holds: as declared, else as its first record says.
    private var frozenHeads: [ContentDigest: ContentDigest]
    /// Backbones of which a record named a cut-over.
    private var openBackbones: Set<ContentDigest> = []
    private var seen = ImageDigests()
    /// What was found so far.
    public private(set) var findings = Findings()

    /// An audit against the cut-overs in `activations`, and the heads that backbones are known to hold frozen.
    public init(activations: ActivationLog, frozenHeads: [ContentDigest: ContentDigest] = [:]) {
        self.activations = activations
        self.frozenHeads = frozenHeads
    }

    /// Goes on with a log that was read later; what was judged stays judged.
    public mutating func update(_ log: ActivationLog) { activations = log }

    /// Takes one record of the predictions topic; returns whether it is the image's first.
    @discardableResult
    public mutating func take(_ prediction: Prediction, bytes: [UInt8]) -> Bool {
        switch seen.take(prediction.address, ContentDigest(of: bytes)) {
        case .first: break
        case .same:
            findings.identicalDuplicates += 1
            return false
        case .different:
            findings.differingDuplicates += 1
            example("\(prediction.address): delivered twice with different bytes")
            return false
        }
        findings.images += 1
        if prediction.error != nil { findings.errors += 1 }
        guard prediction.head != nil || prediction.error == nil else { return true }
        if let head = prediction.head, prediction.cutover == nil || frozenHeads[prediction.backbone] != nil {
            judge(prediction, frozen: head)
            return true
        }
        openBackbones.insert(prediction.backbone)
        let expected = activations.head(
            partition: prediction.partition, offset: prediction.offset, stream: prediction.stream)
        if expected?.head != prediction.head || expected?.number != prediction.cutover {
            findings.wrongHeads += 1
            example(
                "\(prediction.address): stamped \(prediction.headName?.description ?? "no head"), the "
                    + "markers say \(expected?.label.description ?? "none")")
        }
        return true
    }

    private mutating func judge(_ prediction: Prediction, frozen head: ContentDigest) {
        findings.frozen += 1
        guard !openBackbones.contains(prediction.backbone) else {
            findings.wrongHeads += 1
            return example(
                "\(prediction.address): names no cut-over, but others of backbone "
                    + "\(prediction.backbone.short) do")
        }
        let expected = frozenHeads[prediction.backbone] ?? head
        frozenHeads[prediction.backbone] = expected
        guard expected != head || prediction.cutover != nil else { return }
        findings.wrongHeads += 1
        example(
            "\(prediction.address): stamped \(prediction.headName?.description ?? "no head"), but backbone "
                + "\(prediction.backbone.short) holds head \(expected.short) frozen")
    }

    private mutating func example(_ text: String) {
        if findings.examples.count < 10 { findings.examples.append(text) }
    }
}
