/// Why an RTL folder could not be co-simulated.
public enum CosimulationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The folder has no readable manifest of a network.
    case notAnRTLFolder(path: String, reason: String)
    /// A file that the manifest names is missing, or is no regular file.
    case missingFile(path: String)
    /// The artefact in the folder is not the one that the RTL was made from, or can not be read.
    case wrongArtifact(path: String, reason: String)
    /// The bench ended without its last line.
    case noSummary(lastLines: [String])

    /// What, where, and what to do.
    public var description: String {
        switch self {
        case .notAnRTLFolder(let path, let reason):
            "\(path) is no RTL folder of a network (\(reason)): make one with `hashiflex chip rtl -o DIR`"
        case .missingFile(let path): "\(path) is missing or not readable: write the RTL folder anew"
        case .wrongArtifact(let path, let reason): "\(path): \(reason); write the RTL folder anew"
        case .noSummary(let lines):
            "the bench stopped before its end" + lines.map { "\n  \($0)" }.joined()
        }
    }
}
