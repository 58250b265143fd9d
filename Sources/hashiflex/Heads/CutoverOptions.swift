import ArgumentParser
import Kafka
import PipelineMessages
import Threads

/// What `head push` and `head rollback` have in common: ask for a cut-over and watch it.
struct CutoverOptions: ParsableArguments {
    @Option(help: "Switch only this stream. Default: every stream without a head of its own.")
    var stream: String?

    @Option(help: "Switch only these partitions, for example 0,3,7: a canary. Default: all.")
    var partitions: String?

    @Option(help: "Workers that must be ready: all, or a number.")
    var require = "all"

    @Option(
        help: ArgumentHelp(
            "A worker that does not count, by name. May be repeated.",
            discussion: "It is neither waited for nor heard; without the head it stops at the cut-over."))
    var ignore: [String] = []

    @Option(
        help: ArgumentHelp(
            "How long workers have to get ready, seconds.",
            discussion:
                "It counts from the command's start, as 6 at least; the command ends within 10 s of it, and its exit code says "
                + "what stands."))
    var deadline = 30.0

    @Flag(help: "Ask and return, without waiting for the outcome.")
    var noWait = false

    @Flag(help: "Print the outcome as JSON.")
    var json = false

    func validate() throws {
        try requireRange("--deadline", deadline, in: 0.001...3_600)
        guard require == "all" || Int(require).map((1...1_000_000).contains) == true else {
            throw ValidationError("--require is 'all' or a number of workers, not '\(require)'")
        }
        if let stream {
            let isName = stream.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            guard isName, RecordBounds.name.contains(stream.utf8.count) else {
                throw ValidationError("--stream is 1 to 256 bytes without control characters")
            }
        }
        guard ignore.count <= CutoverRecord.ignoredMax, Set(ignore).count == ignore.count,
            ignore.allSatisfy({ RecordBounds.name.contains($0.utf8.count) })
        else {
            throw ValidationError(
                "--ignore names a worker, 1 to 256 bytes, each once, at most \(CutoverRecord.ignoredMax)")
        }
        _ = try numbers()
    }

    /// The partitions that were named, each once; `nil` for all.
    private func numbers() throws -> [Int32]? {
        guard let partitions else { return nil }
        let numbers = partitions.split(separator: ",", omittingEmptySubsequences: false).map { Int32($0) }
        let known = numbers.compactMap { $0 }
        guard known.count == numbers.count, known.allSatisfy({ $0 >= 0 }), Set(known).count == known.count
        else {
            throw ValidationError("--partitions is a list like 0,3,7, each once, not '\(partitions)'")
        }
        return known.sorted()
    }

    /// The partitions to switch, `nil` for all; called before anything is written.
    func wantedPartitions(_ link: Connection) throws -> [Int32]? {
        guard let wanted = try numbers() else { return nil }
        let count = try link.partitions
        if let unknown = wanted.first(where: { $0 >= count }) {
            throw CommandError(
                ExitCode(64),
                "--partitions: \(link.topics.shards) has partitions 0 to \(count - 1), not \(unknown)")
        }
        return wanted
    }

    /// Which shards are to be switched.
    var slot: HeadSlot { stream.map { .stream($0) } ?? .standard }

    /// How long the command may take that begins now.
    var time: CutoverDeadline {
        CutoverDeadline(beginMs: Clock.steadyMs, deadlineMs: Int64(deadline * 1_000))
    }

    /// The request for a cut-over to a published head.
    ///
    /// - Parameter readyMs: how long workers have from now on, milliseconds.
    func request(_ manifest: HeadManifest, _ link: Connection, readyMs: Int64) throws -> CutoverRecord {
        CutoverRecord(
            request: ProcessFacts.randomName(), slot: slot, head: manifest.head, label: manifest.label,
            partitions: try wantedPartitions(link), quorum: Int(require),
            ignore: ignore.isEmpty ? nil : ignore,
            deadlineMs: readyMs, requestedAtMs: Clock.wallMs)
    }
}
