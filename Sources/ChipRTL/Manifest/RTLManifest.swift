public import HardenedBackbone

/// What an RTL folder holds: `manifest.json`, which every later step reads first.
public struct RTLManifest: Codable, Hashable, Sendable {
    /// Value of ``format``.
    public static let formatName = "hashiflex-rtl"
    /// Name of the file in the folder.
    public static let fileName = "manifest.json"

    /// A module with a file of its own.
    public struct Part: Codable, Hashable, Sendable {
        /// Name of the module.
        public let module: String
        /// Its file in the folder.
        public let file: String
        /// First output channel; 0 for shared pairs.
        public let firstChannel: Int
        /// Output channels; pairs for shared pairs.
        public let count: Int
        /// Weights that are not zero; 0 for shared pairs.
        public let nonZeroWeights: Int
    }

    /// One layer's core.
    public struct Layer: Codable, Hashable, Sendable {
        /// Name in the artefact.
        public let name: String
        /// Module of the core.
        public let module: String
        /// Its file.
        public let file: String
        /// Bytes of the window, port `x`.
        public let windowBytes: Int
        /// Output channels, bytes of port `y`.
        public let channels: Int
        /// Whether there is a port `r`, as wide as `y`.
        public let hasResidual: Bool
        /// Weights of one channel, zeros included.
        public let fanIn: Int
        /// Clocks from `x` to `y`, plus one for the row register behind it.
        public let depth: Int
        /// Rows at the cut of the trees.
        public let cutRows: Int
        /// Rows at the earlier of two cuts; absent with one.
        public let earlyCutRows: Int?
        /// Parts of the core.
        public let parts: [Part]
        /// Shared pairs as a part, if there are any.
        public let pairs: Part?
        /// Each pair as `[low byte, distance, mask of the low byte, high byte, mask of the high byte]`: its sum is
        /// `(x[low] ^ mask) + ((x[high] ^ mask) << distance)`, and the port `p` holds the sums one behind the other.
        public let pairLayout: [[Int]]
        /// Test vectors: windows, residuals, outputs.
        public let vectors: String
    }

    /// ``formatName``.
    public let format: String
    /// 1.
    public let version: Int
    /// Program and version that wrote the folder.
    public let generator: String
    /// Digest of the artefact.
    public let artifact: String
    /// `area` or `simulation`.
    public let style: String
    /// Width multiplier in percent.
    public let widthPercent: Int
    /// Input pixels a side.
    public let inputSize: Int
    /// The layers written.
    public let layers: [Layer]

    /// A manifest of the given parts.
    public init(
        generator: String,
        artifact: BackboneArtifact,
        style: String,
        layers: [Layer]
    ) {
        format = Self.formatName
        version = 1
        self.generator = generator
        self.artifact = "\(artifact.digest)"
        self.style = style
        widthPercent = artifact.network.widthPercent
        inputSize = artifact.network.inputSize
        self.layers = layers
    }
}
