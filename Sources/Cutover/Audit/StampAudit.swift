private import Artifacts
public import PipelineMessages

/// Checks predictions against the cut-over rule, knowing nothing but what the topics say.
///
/// Memory: about 100 bytes an image, for the duplicate check.
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
        /// Records whose head is not the one the rule gives. Must be 0.
        public var wrongHeads = 0
        /// Up to ten examples of what is wrong.
        public var examples: [String] = []
    }

    private var activations: ActivationLog
    private var seen: [ImageAddress: ContentDigest] = [:]
    /// What was found so far.
    public private(set) var findings = Findings()

    /// An audit against the cut-overs in `activations`.
    public init(activations: ActivationLog) { self.activations = activations }

    /// Goes on with a log that was read later; what was judged stays judged.
    public mutating func update(_ log: ActivationLog) { activations = log }

    /// Takes one record of the predictions topic; returns whether it is the image's first.
    @discardableResult
    public mutating func take(_ prediction: Prediction, bytes: [UInt8]) -> Bool {
        let digest = ContentDigest(of: bytes)
        if let known = seen[prediction.address] {
            if known == digest {
                findings.identicalDuplicates += 1
            } else {
                findings.differingDuplicates += 1
                example("\(prediction.address): delivered twice with different bytes")
            }
            return false
        }
        seen[prediction.address] = digest
        findings.images += 1
        if prediction.error != nil { findings.errors += 1 }
        guard prediction.head != nil || prediction.error == nil else { return true }
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

    private mutating func example(_ text: String) {
        if findings.examples.count < 10 { findings.examples.append(text) }
    }
}
