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
        /// Those among them whose backbone nobody has declared: it is taken at its records' word.
        public var undeclaredFrozen = 0
        /// Images scored by a cut-over that is announced and not committed: where its markers lie is not known yet.
        public var undecided = 0
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
    /// The head that each frozen backbone holds, as declared.
    private let frozenHeads: [ContentDigest: ContentDigest]
    /// Of backbones that nobody has declared: the head that their first record says, and how many say so.
    private var claimedHeads: [ContentDigest: (head: ContentDigest, images: Int)] = [:]
    /// Backbones declared to hold none, or of which a record named a cut-over.
    private var openBackbones: Set<ContentDigest>
    /// What the rule gave the last shard: its images come together.
    private var last: (partition: Int32, offset: Int64, stream: String, head: HeadInForce?)?
    private var seen = ImageDigests()
    /// What was found so far.
    public private(set) var findings = Findings()

    /// An audit against the cut-overs in `activations`, the heads that backbones are known to hold frozen, and the backbones that
    /// are known to hold none.
    public init(
        activations: ActivationLog, frozenHeads: [ContentDigest: ContentDigest] = [:],
        openBackbones: Set<ContentDigest> = []
    ) {
        self.activations = activations
        self.frozenHeads = frozenHeads
        self.openBackbones = openBackbones.subtracting(frozenHeads.keys)
    }

    /// Goes on with a log that was read later; what was judged stays judged.
    public mutating func update(_ log: ActivationLog) {
        activations = log
        last = nil
    }

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
        if openBackbones.insert(prediction.backbone).inserted { retract(prediction.backbone) }
        let expected = rule(prediction)
        if expected?.head != prediction.head || expected?.number != prediction.cutover {
            guard activations.undecided(prediction) == nil else {
                findings.undecided += 1
                return true
            }
            findings.wrongHeads += 1
            example(
                "\(prediction.address): stamped \(prediction.headName?.description ?? "no head"), the "
                    + "markers say \(expected?.label.description ?? "none")")
        }
        return true
    }

    /// The head that the markers give.
    private mutating func rule(_ prediction: Prediction) -> HeadInForce? {
        let (partition, offset, stream) = (prediction.partition, prediction.offset, prediction.stream)
        if let last, last.partition == partition, last.offset == offset, last.stream == stream {
            return last.head
        }
        let head = activations.head(partition: partition, offset: offset, stream: stream)
        last = (partition, offset, stream, head)
        return head
    }

    /// A record of this backbone names a cut-over: whatever said before that its head is frozen was wrong.
    private mutating func retract(_ backbone: ContentDigest) {
        guard let claimed = claimedHeads.removeValue(forKey: backbone) else { return }
        findings.wrongHeads += claimed.images
        example(
            "\(claimed.images) records of backbone \(backbone.short) name no cut-over, but others of it do")
    }

    private mutating func judge(_ prediction: Prediction, frozen head: ContentDigest) {
        findings.frozen += 1
        guard !openBackbones.contains(prediction.backbone) else {
            findings.wrongHeads += 1
            return example(
                "\(prediction.address): names no cut-over, but others of backbone "
                    + "\(prediction.backbone.short) do")
        }
        let declared = frozenHeads[prediction.backbone]
        let expected = declared ?? claimedHeads[prediction.backbone]?.head ?? head
        if declared == nil { findings.undeclaredFrozen += 1 }
        guard expected != head || prediction.cutover != nil else {
            if declared == nil { claimedHeads[prediction.backbone, default: (head, 0)].images += 1 }
            return
        }
        findings.wrongHeads += 1
        example(
            "\(prediction.address): stamped \(prediction.headName?.description ?? "no head"), but backbone "
                + "\(prediction.backbone.short) holds head \(expected.short) frozen")
    }

    private mutating func example(_ text: String) {
        if findings.examples.count < 10 { findings.examples.append(text) }
    }
}
