public import Artifacts
public import PipelineMessages

/// Joins the chunks of published heads and checks them against their manifests.
///
/// Memory is bounded: chunks that wait for a manifest hold at most ``waitingBytesMax`` together, small ones counted
/// as ``chunkBytesMin``, of at most ``waitingHeadsMax`` heads; the head that began first is forgotten when more arrive.
public struct HeadAssembler: Sendable {
    /// Why a published head can not be used.
    public enum Failure: Error, Equatable, CustomStringConvertible {
        /// Chunks are missing or too many.
        case incomplete(expected: Int, found: Int)
        /// The joined file is not the one the manifest describes.
        case digestMismatch(expected: ContentDigest, actual: ContentDigest)
        /// The manifest states sizes beyond their bounds.
        case outOfRange(String)

        /// What and what to do.
        public var description: String {
            switch self {
            case .incomplete(let expected, let found):
                "\(found) of \(expected) chunks of the head arrived; push it again"
            case .digestMismatch(let expected, let actual):
                "the head's file hashes to \(actual.short), its manifest says \(expected.short); push it again"
            case .outOfRange(let what): "the head's manifest states \(what)"
            }
        }
    }

    /// Most bytes of chunks that wait for their manifest.
    public static let waitingBytesMax = 256 << 20
    /// What a chunk counts at least: a list of its own, and its place in a table.
    public static let chunkBytesMin = 256
    /// Most heads whose chunks wait.
    public static let waitingHeadsMax = 1_024
    private var waiting: [ContentDigest: [Int: [UInt8]]] = [:]
    private var order: [ContentDigest] = []
    private var waitingBytes = 0
    /// Manifests whose chunks were not all there.
    private var incomplete: [ContentDigest: HeadManifest] = [:]
    private static let incompleteMax = 1_024

    /// Knows of no chunk.
    public init() {}

    /// Takes one chunk.
    ///
    /// - Returns: the joined file if the chunk completed a head whose manifest came first: compaction
    ///   leaves that order when a head was pushed again and the push was interrupted.
    @discardableResult
    public mutating func take(chunk: [UInt8], index: Int, of head: ContentDigest) -> (HeadManifest, [UInt8])?
    {
        guard (1...Self.waitingBytesMax).contains(chunk.count), index < 1 << 16 else { return nil }
        if waiting[head] == nil { order.append(head) }
        waitingBytes += Self.cost(chunk) - (waiting[head]?[index].map(Self.cost) ?? 0)
        waiting[head, default: [:]][index] = chunk
        while waitingBytes > Self.waitingBytesMax || order.count > Self.waitingHeadsMax,
            let oldest = order.first
        {
            forget(oldest)
        }
        guard let manifest = incomplete[head], case .success(let file) = take(manifest) else { return nil }
        return (manifest, file)
    }

    /// Joins the chunks that `manifest` names.
    public mutating func take(_ manifest: HeadManifest) -> Result<[UInt8], Failure> {
        guard (1...HeadManifest.fileBytesMax).contains(manifest.bytes) else {
            return .failure(.outOfRange("\(manifest.bytes) bytes, at most \(HeadManifest.fileBytesMax)"))
        }
        let chunks = waiting[manifest.head] ?? [:]
        let parts = (0..<max(0, min(manifest.chunks, 1 << 16))).compactMap { chunks[$0] }
        guard manifest.chunks >= 1, parts.count == manifest.chunks else {
            if incomplete.count < Self.incompleteMax { incomplete[manifest.head] = manifest }
            return .failure(.incomplete(expected: manifest.chunks, found: parts.count))
        }
        let file = Array(parts.joined())
        let actual = ContentDigest(of: file)
        guard actual == manifest.file, file.count == manifest.bytes else {
            return .failure(.digestMismatch(expected: manifest.file, actual: actual))
        }
        incomplete[manifest.head] = nil
        forget(manifest.head)
        return .success(file)
    }

    /// Chunks that wait now, and what they count.
    package var load: (heads: Int, bytes: Int) { (waiting.count, waitingBytes) }

    private static func cost(_ chunk: [UInt8]) -> Int { max(chunk.count, chunkBytesMin) }

    private mutating func forget(_ head: ContentDigest) {
        waitingBytes -= waiting[head]?.values.reduce(0) { $0 + Self.cost($1) } ?? 0
        waiting[head] = nil
        order.removeAll { $0 == head }
    }
}
