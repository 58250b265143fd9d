internal import ImageDecoding
internal import Kafka
internal import PipelineMessages
internal import Synchronization
internal import Threads

/// Turns sensor streams into shards: read, decode and resize, pack, pace, send.
public final class IngestService: Sendable {
    /// One stream and where its images come from.
    public struct Stream: Sendable {
        /// Its name.
        public let name: String
        /// Opens the source; called on the stream's own thread.
        public let open: @Sendable (@escaping StopCheck) throws -> any ImageSource

        /// A stream.
        public init(
            name: String, open: @escaping @Sendable (@escaping StopCheck) throws -> any ImageSource
        ) {
            self.name = name
            self.open = open
        }
    }

    private let options: IngestOptions
    private let streams: [Stream]
    private let log: @Sendable (String) -> Void
    private let memory: ByteBudget
    /// Ends all reading.
    private let stop = Signal()
    /// Set, besides, when somebody wants the end.
    private let asked = Signal()
    private let conductor: Mutex<IngestConductor?> = Mutex(nil)
    private let failure = Mutex<(any Error)?>(nil)

    /// An ingest of several streams at once.
    public init(_ options: IngestOptions, streams: [Stream], log: @escaping @Sendable (String) -> Void) {
        self.options = options
        self.streams = streams
        self.log = log
        memory = ByteBudget(bytes: options.decodeBytesMax, uncounted: IngestOptions.decodeBytesUncounted)
    }

    /// The most that decoded pictures took at any time, those left out that nobody is asked about, bytes.
    package var decodeBytesHighest: Int { memory.highest }

    /// Ends reading, and ``run()`` within ``IngestOptions/stopMs`` or little more, whatever the broker does: what was sent is
    /// confirmed while the broker confirms anything, what waits is not sent.
    public func requestStop() {
        asked.set()
        stop.set()
    }

    /// What is confirmed by now and what is not, and from which image on to send again; for people, in one line.
    public var account: String {
        conductor.withLock { $0.map { "\($0.account)" } } ?? "nothing was sent"
    }

    /// What was confirmed so far.
    public var summary: IngestSummary { conductor.withLock { $0?.summary } ?? IngestSummary() }

    /// Runs until every source ends. Blocks; call from a thread of its own.
    ///
    /// - Throws: ``IngestStopped`` after ``requestStop()`` if something that was read is not confirmed; `KafkaError` where
    ///   sending failed, with what is not confirmed; what a source throws.
    public func run() throws -> IngestSummary {
        let conductor = try connect()
        self.conductor.withLock { $0 = conductor }
        let carriers = conductor.run()
        // A source of bad pictures only must not fill the log.
        let lines = LineLimiter(linesPerPeriod: 20, write: log)
        defer { lines.settle() }
        let threads = streams.enumerated().map { index, stream in
            StreamThreads(
                stream, index: index, options: options, conductor: conductor, stop: stop,
                lines: lines, memory: memory, onFailure: { [self] in fail($0) }
            ).run()
        }
        for thread in threads {
            // One whose source hears of nothing is left behind, once nothing else is waited for.
            while !thread.join(milliseconds: 200), !conductor.hasEnded {}
        }
        conductor.finish(carriers)
        if let failure = failure.withLock({ $0 }) {
            do { try conductor.check() } catch { log("ingest: \(error)") }
            throw failure
        }
        try conductor.check()
        return conductor.summary
    }

    private func connect() throws -> IngestConductor {
        do throws(KafkaError) {
            let admin = try KafkaAdmin(options.kafka)
            let shards = options.topics.shards
            let partitions = try options.patience.until(stop).wait(
                for: "the partitions of \(shards)", mayBeUnheard: true
            ) { timeoutMs throws(KafkaError) in
                try admin.partitionCount(of: shards, timeoutMs: timeoutMs)
            }
            return try IngestConductor(
                options, partitions: partitions, stop: stop, asked: asked, say: log)
        } catch {
            guard asked.isSet else { throw error }
            throw IngestStopped(description: "stopped before anything was sent: \(error.message)")
        }
    }

    private func fail(_ error: any Error) {
        failure.withLock { $0 = $0 ?? error }
        stop.set()
    }
}

/// An ingest that somebody ended before everything that it had read was confirmed.
public struct IngestStopped: Error, Sendable, CustomStringConvertible {
    /// Why it was not, what is confirmed and what is not, and from which image on to send again.
    public let description: String
}

/// Tensors that may not be sent: the reason is ``IngestOptions/tensorRefusal``.
public struct TensorRefusal: Error, Sendable, CustomStringConvertible {
    /// Why, and what to do.
    public let description: String
}
