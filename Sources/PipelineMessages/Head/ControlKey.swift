public import Artifacts

/// The key of a record on the control topic; compaction keeps the last record of each.
public enum ControlKey: Hashable, Sendable, CustomStringConvertible {
    /// One piece of a head file.
    case headChunk(ContentDigest, index: Int)
    /// The manifest that completes a head.
    case headManifest(ContentDigest)
    /// A request for a cut-over.
    case cutover(request: String)
    /// What a coordinator decided about a cut-over, under a name that no other record has: compaction keeps all, so that
    /// the first in the topic is the first for every reader.
    case decision(request: String, name: String)
    /// What a fleet supervisor is asked to do.
    case fleet(String)
    /// What one worker is asked to do.
    case worker(String)
    /// That a partition goes on at another offset, under a name that no other record has.
    case move(partition: Int32, name: String)
    /// Where a partition stood.
    case checkpoint(partition: Int32)
    /// That the ledger starts anew, under a name that no other record has.
    case ledgerReset(name: String)

    /// Parses a key; `nil` for a key of another program or version.
    public init?(_ bytes: [UInt8]) {
        let parts = String(decoding: bytes, as: UTF8.self)
            .split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch (parts.first, parts.count) {
        case ("head", 3) where parts[2] == "manifest":
            guard let digest = ContentDigest(hex: parts[1]) else { return nil }
            self = .headManifest(digest)
        case ("head", 4) where parts[2] == "chunk":
            guard let digest = ContentDigest(hex: parts[1]), let index = Int(parts[3]), index >= 0 else {
                return nil
            }
            self = .headChunk(digest, index: index)
        case ("cutover", 2): self = .cutover(request: parts[1])
        case ("decision", 3): self = .decision(request: parts[1], name: parts[2])
        case ("fleet", 2): self = .fleet(parts[1])
        case ("worker", 2): self = .worker(parts[1])
        case ("move", 3):
            guard let partition = Int32(parts[1]), partition >= 0 else { return nil }
            self = .move(partition: partition, name: parts[2])
        case ("checkpoint", 2):
            guard let partition = Int32(parts[1]), partition >= 0 else { return nil }
            self = .checkpoint(partition: partition)
        case ("ledger", 2): self = .ledgerReset(name: parts[1])
        default: return nil
        }
        // One key, one text: `+5`, `05` or upper-case digits would be a second key to compaction.
        guard self.bytes == bytes else { return nil }
    }

    /// The key as text.
    public var description: String {
        switch self {
        case .headChunk(let digest, let index): "head/\(digest.hex)/chunk/\(index)"
        case .headManifest(let digest): "head/\(digest.hex)/manifest"
        case .cutover(let request): "cutover/\(request)"
        case .decision(let request, let name): "decision/\(request)/\(name)"
        case .fleet(let name): "fleet/\(name)"
        case .worker(let id): "worker/\(id)"
        case .move(let partition, let name): "move/\(partition)/\(name)"
        case .checkpoint(let partition): "checkpoint/\(partition)"
        case .ledgerReset(let name): "ledger/\(name)"
        }
    }

    /// The key as it is sent.
    public var bytes: [UInt8] { Array(description.utf8) }
}

/// What a fleet supervisor (`fleet/NAME`) or a worker (`worker/ID`) is asked to do.
public struct FleetCommand: Hashable, Sendable, Codable {
    /// How many workers the fleet should run; `nil` leaves it.
    public var workers: Int?
    /// Whether to finish what was taken, commit and stop.
    public var drain: Bool?
    /// When it was asked, milliseconds since 1970; a process ignores commands from before its start.
    public var issuedAtMs: Int64

    /// A command.
    public init(workers: Int? = nil, drain: Bool? = nil, issuedAtMs: Int64) {
        self.workers = workers
        self.drain = drain
        self.issuedAtMs = issuedAtMs
    }
}
