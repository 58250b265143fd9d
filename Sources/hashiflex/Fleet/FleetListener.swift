import ControlPlane
import Kafka
import PipelineMessages
import Threads

/// Hears `fleet scale` and `fleet drain` on a thread of its own.
///
/// The node that its reader asks may be cut off from its peers, and tell nothing new for ever: from time to time another one is asked
/// where the topic ends, and where more is there than was read, all is read anew by way of another.
final class FleetListener: Sendable {
    /// Time between two questions for the end, milliseconds, and how long an answer may take.
    private static let askMs: Int64 = 5_000
    private static let answerMs: Int32 = 2_000
    /// How long a reader that is left may take to close, milliseconds.
    private static let closeMs: Int32 = 1_000
    /// How often in a row more has to be there: what came a moment ago is on its way.
    private static let behindMax = 2

    private let link: Connection
    private let fleet: String
    private let stop: Signal
    private let obey: @Sendable (PipelineMessages.FleetCommand) -> Void

    /// - Parameters:
    ///   - stop: Ends it.
    ///   - obey: Takes commands for the fleet, those that count.
    init(
        _ link: Connection, fleet: String, until stop: Signal,
        obey: @escaping @Sendable (PipelineMessages.FleetCommand) -> Void
    ) {
        self.link = link
        self.fleet = fleet
        self.stop = stop
        self.obey = obey
    }

    /// Begins to listen.
    func run() throws(KafkaError) -> PlatformThread {
        let first = try ControlTail(link.kafka, topics: link.topics, latencyMs: 250)
        let admin = try KafkaAdmin(link.kafka)
        return PlatformThread("control") { [self] in listen(first, admin) }
    }

    private func listen(_ first: ControlTail, _ admin: KafkaAdmin) {
        var tail = first
        var orders = FleetOrders(for: fleet, beganAtMs: Clock.wallMs)
        var probes = NodeProbes(link.kafka)
        var turns = NodeTurns()
        let lines = LineLimiter(linesPerPeriod: 4) { Terminal.complain(Terminal.oneLine($0)) }
        defer { lines.settle() }
        var (readBelow, behind, asked): (Int64, Int, Int) = (0, 0, 0)
        var askAtMs = Clock.steadyMs + Self.askMs
        while !stop.isSet {
            let events = tail.poll(timeoutMs: 100)
            // What is read anew was obeyed before.
            let below = events.compactMap { if case .read(let below) = $0 { below } else { nil } }.last
            let isKnown = below.map { $0 <= readBelow } ?? false
            readBelow = max(readBelow, below ?? 0)
            for event in events {
                if case .error(let error) = event { lines.say("fleet \(fleet): control topic: \(error)") }
                if case .caughtUp = event { _ = orders.take(event, nowMs: Clock.wallMs) }
                if !isKnown, let command = orders.take(event, nowMs: Clock.wallMs) { obey(command) }
            }
            guard Clock.steadyMs >= askAtMs, !stop.isSet else { continue }
            askAtMs = Clock.steadyMs + Self.askMs
            asked += 1
            behind = end(toldBy: asked, admin, &probes) ?? 0 > readBelow ? behind + 1 : 0
            guard behind >= Self.behindMax, let asking = turns.next(link.kafka),
                let new = try? ControlTail(asking, topics: link.topics, latencyMs: 250)
            else { continue }
            behind = 0
            lines.say(
                "fleet \(fleet): the control topic was read below \(readBelow) and goes on: the node that answers may be cut "
                    + "off from its peers; it is read anew by way of another")
            tail.close(timeoutMs: Self.closeMs)
            tail = new
        }
        tail.close()
    }

    /// Where the topic ends by way of the node whose turn it is; `nil` of a cluster of one, or where that does not answer.
    private func end(toldBy turn: Int, _ admin: KafkaAdmin, _ probes: inout NodeProbes) -> Int64? {
        let nodes = (try? admin.metadata(timeoutMs: Self.answerMs).brokers) ?? []
        guard nodes.count > 1 else { return nil }
        return try? probes.end(
            of: TopicPartition(topic: link.topics.control, partition: 0), knownTo: nodes[turn % nodes.count],
            timeoutMs: Self.answerMs)
    }
}
