/// What a bench found in one run. Kind: simulated.
public struct CosimulationReport: Codable, Hashable, Sendable {
    /// How the input was driven: `planned`, `stalls` or `flood`.
    public let pace: String
    /// Bytes compared with the numeric specification: features, or outputs of a part of the network.
    public let bytes: Int
    /// Those that differ.
    public let wrongBytes: Int
    /// Logits compared; 0 for a part of the network.
    public let logits: Int
    /// Those that differ.
    public let wrongLogits: Int
    /// Results with another image, class, logit or head version than predicted, and rows with a wrong end.
    public let wrongResults: Int
    /// Rows, feature vectors and results at another cycle than the model's; counted at the planned pace.
    public let wrongCycles: Int
    /// Beats that the source held back.
    public let heldBack: Int
    /// Cycles in which the chip refused a beat inside an image.
    public let refused: Int
    /// What the bench and the assertions complained of, the first ones.
    public let complaints: [String]
    /// A line for every image: class, version, cycles.
    public let results: [String]

    /// Whether everything compared was equal, and a source at the planned pace was never refused inside an image.
    public var isEqual: Bool {
        complaints.isEmpty && (pace != "planned" || refused == 0) && wrongBytes == 0 && wrongLogits == 0 && wrongResults == 0 && wrongCycles == 0
            && bytes > 0
    }

    /// Reads what a bench printed.
    ///
    /// - Throws: ``CosimulationError/noSummary(lastLines:)``.
    init(_ lines: [String], pace: String) throws(CosimulationError) {
        guard let summary = lines.last(where: { $0.hasPrefix("SUMMARY ") }) else {
            throw .noSummary(lastLines: Array(lines.suffix(4)))
        }
        let words = summary.split(separator: " ").dropFirst().map(String.init)
        var numbers: [String: Int] = [:]
        for index in stride(from: 0, to: words.count - 1, by: 2) {
            numbers[words[index]] = Int(words[index + 1])
        }
        // An X in a counter is no number: that is a fault as well.
        let isReadable = words.count % 2 == 0 && numbers.count == words.count / 2
        self.pace = pace
        bytes = isReadable ? numbers["bytes"] ?? 0 : 0
        wrongBytes = numbers["wrong_bytes"] ?? 0
        logits = numbers["logits"] ?? 0
        wrongLogits = numbers["wrong_logits"] ?? 0
        wrongResults = (numbers["wrong_results"] ?? 0) + (numbers["wrong_rows"] ?? 0)
        wrongCycles = numbers["wrong_cycles"] ?? 0
        heldBack = numbers["held_back"] ?? 0
        refused = numbers["refused"] ?? 0
        complaints = Array(lines.filter { $0.hasPrefix("FAULT") || $0.hasPrefix("HS_ASSERT") }.prefix(20))
        results = lines.filter { $0.hasPrefix("RESULT ") }.map { String($0.dropFirst(7)) }
    }
}
