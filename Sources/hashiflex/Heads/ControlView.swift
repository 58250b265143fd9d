import Artifacts
import ControlPlane
import Cutover
import Kafka
import PipelineMessages
import Threads

/// The control topic as far as it was read. Of heads it keeps the manifests: their files may have 128 MiB each.
final class ControlView {
    private let link: Connection
    private var tail: ControlTail
    private var turns = NodeTurns()
    private(set) var log = ActivationLog()
    private let onFile: (HeadManifest, [UInt8]) -> Void
    /// What people have moved and reset, oldest first, with the offsets of the records that asked for it.
    private(set) var moves: [(move: PositionMove, offset: Int64)] = []
    private(set) var resets: [(reset: LedgerReset, offset: Int64)] = []
    /// All records below this offset were read.
    private(set) var readBelow: Int64 = 0
    /// Where the reading stands: below ``readBelow`` while the topic is read anew.
    private(set) var position: Int64 = 0
    /// How long a broker that does not answer is waited for at the end, milliseconds.
    private static let closeMs: Int32 = 1_000
    private let lines: LineLimiter
    /// Bytes of the topic's records, as far as read.
    var bytes: Int { tail.bytesRead }

    /// Reads the topic to its end.
    ///
    /// - Parameter onFile: Is lent the file of each published head that is whole, as it comes.
    convenience init(
        _ link: Connection, onFile: @escaping (HeadManifest, [UInt8]) -> Void = { _, _ in }
    ) throws {
        try self.init(link, complain: { Terminal.complain(Terminal.oneLine($0)) }, onFile)
    }

    private init(
        _ link: Connection, complain: @escaping @Sendable (String) -> Void,
        _ onFile: @escaping (HeadManifest, [UInt8]) -> Void
    ) throws {
        self.link = link
        self.onFile = onFile
        lines = LineLimiter(linesPerPeriod: 10, write: complain)
        tail = try ControlTail(link.kafka, topics: link.topics)
        let silentMs = link.answerMs
        var watch = ReadingWatch([0], limitMs: silentMs, nowMs: Clock.steadyMs)
        while !link.patience.isStopped {
            let before = readBelow
            if try take(timeoutMs: 200) { return }
            if readBelow > before { watch.heard(0, nowMs: Clock.steadyMs) }
            guard watch.overdue(nowMs: Clock.steadyMs).isEmpty else {
                throw link.unread(link.topics.control, [0], silentMs: silentMs)
            }
        }
        throw CommandError(Exit.late, "the control topic was not read to its end: told to stop")
    }

    deinit {
        lines.settle()
        tail.close(timeoutMs: Self.closeMs)
    }

    /// Takes what comes; returns whether the end was reached.
    ///
    /// - Throws: `KafkaError` when the topic can not be read any more.
    @discardableResult
    func take(timeoutMs: Int32) throws -> Bool {
        var atEnd = false
        for event in tail.poll(timeoutMs: timeoutMs) {
            switch event {
            case .head(let manifest, let file):
                log.apply(manifest)
                if case .success(let bytes) = file { onFile(manifest, bytes) }
            // After a change of nodes the topic is read from its beginning again.
            case .cutover(let record, let offset) where offset >= readBelow: log.apply(record, at: offset)
            case .caughtUp: atEnd = true
            case .unreadable(let key, let problem):
                lines.say("control topic, \(key): \(problem)", kind: "control topic")
            case .error(let error):
                if error.isFatal { throw error }
                lines.say("control topic: \(error)")
            case .read(let below): (position, readBelow) = (below, max(readBelow, below))
            case .move(let move, _, let offset):
                let asked = move.settled ?? offset
                moves = (moves.filter { $0.offset != asked } + [(move, asked)]).sorted {
                    $0.offset < $1.offset
                }
            case .ledgerReset(let reset, let offset) where offset >= readBelow: resets.append((reset, offset))
            case .command, .checkpoint, .cutover, .ledgerReset: break
            }
        }
        return atEnd
    }

    /// Reads on by way of another node, from the beginning: the one that answers now may be cut off from its peers, and tell nothing
    /// new for ever. Nothing changes where there is only one, or none answers.
    func askAnother(_ link: Connection) {
        guard let asking = turns.next(link.kafka), let new = try? ControlTail(asking, topics: link.topics)
        else { return }
        tail.close(timeoutMs: Self.closeMs)
        tail = new
    }

    /// Takes all that is there now, or what comes within `timeoutMs`.
    func catchUp(timeoutMs: Int64) throws {
        let deadline = Clock.steadyMs + timeoutMs
        guard let end = try? tail.end(timeoutMs: Int32(clamping: timeoutMs)) else { return }
        while readBelow < end, Clock.steadyMs < deadline { try take(timeoutMs: 50) }
    }

    /// Reads to where the topic ends now.
    ///
    /// - Throws: `CommandError` 69 or 75 when it can not be read so far.
    func readOn() throws {
        let patience = link.patience.anew(milliseconds: link.answerMs)
        let end = try patience.wait(for: "the leader of topic \(link.topics.control)", callMs: 10_000) {
            timeoutMs throws(KafkaError) in try tail.end(timeoutMs: timeoutMs)
        }
        var watch = ReadingWatch([0], limitMs: link.answerMs, nowMs: Clock.steadyMs)
        while readBelow < end, !link.patience.isStopped {
            let before = readBelow
            try take(timeoutMs: 50)
            if readBelow > before { watch.heard(0, nowMs: Clock.steadyMs) }
            guard watch.overdue(nowMs: Clock.steadyMs).isEmpty else {
                throw link.unread(link.topics.control, [0], silentMs: link.answerMs)
            }
        }
        guard readBelow >= end else {
            throw CommandError(Exit.late, "the control topic was not read to its end: told to stop")
        }
    }

    /// The file of a published head, for which the topic is read anew; `nil` if it is not there.
    func file(of head: ContentDigest) throws -> [UInt8]? {
        var found: [UInt8]?
        // What is wrong with other records was said already.
        _ = try ControlView(link, complain: { _ in }) { manifest, file in
            if manifest.head == head { found = file }
        }
        return found
    }

    /// The published head named `name@version`.
    func manifest(_ label: HeadLabel) -> HeadManifest? { log.labels[label] }

    /// The next free version of a name: `v1`, `v2`, ...
    func nextVersion(of name: String) -> String {
        HeadVersions.next(after: log.labels.keys.filter { $0.name == name }.map(\.version))
    }

    /// Refuses what would not fit: the embedded broker silently drops what exceeds 5 MB a partition.
    func checkRoom(for fileBytes: Int) throws {
        let limit = EmbeddedBrokerLimits.partitionBytes * 4 / 5
        guard bytes + fileBytes <= limit else {
            throw CommandError(
                Exit.refused,
                "the embedded broker keeps \(Format.count(limit)) bytes of heads and cut-overs and has "
                    + "\(Format.count(bytes)); restart it, or use a real broker")
        }
    }
}
