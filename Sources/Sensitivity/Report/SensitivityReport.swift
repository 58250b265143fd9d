import Artifacts
public import ClassifierHead
import Evaluation
public import HardenedBackbone

/// All figures of a sensitivity report, and on what they were measured.
///
/// No dates, no timings, no paths: the same artefact, head and images give the same bytes.
public struct SensitivityReport: Sendable, Encodable {
    /// What was degraded.
    public struct Subject: Sendable, Encodable {
        /// Digest of the artefact.
        public let digest: String
        /// What the artefact says it is.
        public let description: String
        /// What the images went through.
        public let preprocessing: String
        /// Width multiplier, percent.
        public let widthPercent: Int
        /// Rows and columns of the input, pixels.
        public let inputSize: Int
        /// Weights of all layers.
        public let weights: Int
        /// The head's `name@version`, or its name.
        public let head: String
        /// Digest of the head.
        public let headDigest: String
        /// Classes that the head knows.
        public let classes: Int
    }

    /// A set of images.
    public struct Images: Sendable, Encodable {
        /// How many.
        public let images: Int
        /// Digest over the prepared images, and their classes where they count.
        public let digest: String
        /// Images of the source that have a class the head does not know, and were left out.
        public let foreign: Int

        /// Images that accuracy is measured on, or that heads are fitted on.
        public init(_ tensors: LabelledTensors, foreign: Int) {
            images = tensors.count
            digest = tensors.digest.hex
            self.foreign = foreign
        }

        /// Images without classes.
        public init(_ tensors: [[UInt8]]) {
            var hasher = ContentHasher()
            for tensor in tensors { hasher.update(tensor) }
            images = tensors.count
            digest = hasher.finalize().hex
            foreign = 0
        }
    }

    /// The artefact and its head.
    public let subject: Subject
    /// What accuracy was measured on.
    public let test: Images
    /// What the biases were corrected from.
    public let calibration: Images
    /// What heads were fitted on anew; absent where none were.
    public let refit: Images?
    /// One row for each point, in the order of ``StudyPlan``.
    public let rows: [ReportRow]

    /// Collects the outcomes of `points`, and of other artefacts to compare with.
    public init(
        artifact: BackboneArtifact,
        head: ClassifierHead,
        test: Images,
        calibration: Images,
        refit: Images?,
        outcomes: [(point: StudyPoint, outcome: Outcome)],
        compared: [(name: String, outcome: Outcome)] = []
    ) {
        subject = Subject(
            digest: artifact.digest.hex,
            description: artifact.description,
            preprocessing: artifact.preprocessing,
            widthPercent: artifact.network.widthPercent,
            inputSize: artifact.network.inputSize,
            weights: artifact.network.weightCount,
            head: head.name + (head.version.map { "@\($0)" } ?? ""),
            headDigest: head.digest.hex,
            classes: head.classCount
        )
        self.test = test
        self.calibration = calibration
        self.refit = refit
        let network = artifact.network
        rows =
            outcomes.map { ReportRow($0.point, $0.outcome, network: network) }
            + compared.map {
                ReportRow(.compared, setting: $0.name, treatment: .asIs, $0.outcome)
            }
    }

    /// The row of the artefact as it is.
    public var baseline: ReportRow? { rows.first { $0.study == .baseline && $0.treatment == .asIs } }

    /// The rows of one study and treatment; the undegraded artefact is not among them.
    func rows(_ study: ReportRow.Study, _ treatment: StudyPoint.Treatment) -> [ReportRow] {
        rows.filter { $0.study == study && $0.treatment == treatment }
    }

    /// The treatments that were measured.
    var treatments: [StudyPoint.Treatment] {
        StudyPoint.Treatment.allCases.filter { $0 != .headRefitted || refit != nil }
    }

    /// The undegraded artefact under a treatment: correcting what is not off changes nothing.
    func baseline(_ treatment: StudyPoint.Treatment) -> ReportRow? {
        treatment == .headRefitted ? rows(.baseline, .headRefitted).first : baseline
    }
}
