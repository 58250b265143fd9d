import Coordinator
import Kafka
import PipelineMessages
import Synchronization
import Testing
import Threads

/// One coordinator on a thread of its own, and what it said.
final class TestCoordinator: Sendable {
    private let service: CoordinatorService
    private let thread: PlatformThread
    private let said: Lines
    private let leading = Signal()

    init(
        _ name: String,
        broker: EmbeddedBroker,
        topics: TopicNames,
        onLog: @escaping @Sendable (String) -> Void
    ) {
        var options = CoordinatorOptions(name: name, kafka: broker.configuration, topics: topics)
        options.livenessMs = 60_000
        options.heartbeatMs = 100
        // The embedded broker forgets a joining member sooner than its own first wait of 3 s otherwise.
        options.sessionTimeoutMs = 3_500
        let said = Lines()
        let leading = leading
        let service = CoordinatorService(options) { line in
            said.add(line)
            if line == "this coordinator leads" { leading.set() }
            onLog(line)
        }
        self.said = said
        self.service = service
        thread = PlatformThread("coordinator \(name)") {
            do throws(KafkaError) {
                try service.run()
            } catch {
                said.add("failed: \(error)")
            }
        }
    }

    /// Waits until it leads.
    func waitUntilLeading(sourceLocation: SourceLocation = #_sourceLocation) {
        if !leading.wait(milliseconds: 30_000) {
            Issue.record("never led: \(lines)", sourceLocation: sourceLocation)
        }
    }

    /// Ends it and waits for the end.
    func stop() {
        service.requestStop()
        thread.join()
    }

    var isLeading: Bool { leading.isSet }
    var lines: [String] { said.all }
}

/// Lines that several threads write.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}
