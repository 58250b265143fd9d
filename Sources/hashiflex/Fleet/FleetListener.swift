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
        let beganAtMs = Clock.wallMs
        var orders = FleetOrders(for: fleet, beganAtMs: beganAtMs)
        var probes = NodeProbes(link.kafka)
        var turns = NodeTurns()
        let lines = LineLimiter(linesPerPeriod: 4) { Terminal.complain(Terminal.oneLine($0)) }
        defer { lines.settle() }
        // All that was read by any reader; where this one stands, and stood when it was asked last.
        var (readBelow, place, lastPlace): (Int64, Int64, Int64) = (0, 0, -1)
        var (behind, asked, isAtEnd) = (0, 0, false)
        var askAtMs = Clock.steadyMs + Self.askMs
        while !stop.isSet {
            let events = tail.poll(timeoutMs: 100)
            // What is read anew was obeyed before.
            let below = events.compactMap { if case .read(let below) = $0 { below } else { nil } }.last
            let isKnown = below.map { $0 <= readBelow } ?? false
            place = below ?? place
            readBelow = max(readBelow, place)
            for event in events {
                if case .error(let error) = event { lines.say("fleet \(fleet): control topic: \(error)") }
                if case .caughtUp = event {
                    _ = orders.take(event, nowMs: Clock.wallMs)
                    isAtEnd = true
                }
                if !isKnown, let command = orders.take(event, nowMs: Clock.wallMs) { obey(command) }
            }
            guard Clock.steadyMs >= askAtMs, !stop.isSet else { continue }
            askAtMs = Clock.steadyMs + Self.askMs
            asked += 1
            let nodes = (try? admin.metadata(timeoutMs: Self.answerMs).brokers) ?? []
            // Who reads on is on the way; every other node may be the one that is cut off.
            if place != lastPlace {
                behind = 0
            } else if let end = end(toldBy: asked, nodes, &probes), end > readBelow {
                behind += 1
            }
            lastPlace = place
            let isShorter = isAtEnd && place < readBelow && isShorter(than: readBelow, nodes, tail, &probes)
            guard isShorter || behind >= Self.behindMax else { continue }
            let asking = turns.next(link.kafka) ?? (isShorter ? link.kafka : nil)
            guard let asking, let new = try? ControlTail(asking, topics: link.topics, latencyMs: 250) else {
                continue
            }
            lines.say(
                "fleet \(fleet): the control topic was read below \(readBelow) and "
                    + (isShorter
                        ? "is shorter now: it was made anew, or has lost its end; it is read from its beginning"
                        : "goes on: the node that answers may be cut off from its peers; it is read anew by way of another")
            )
            if isShorter {
                readBelow = 0
                orders = FleetOrders(for: fleet, beganAtMs: beganAtMs)
            }
            (behind, place, lastPlace, isAtEnd) = (0, 0, -1, false)
            tail.close(timeoutMs: Self.closeMs)
            tail = new
        }
        tail.close()
    }

    /// Whether most nodes know of no more than this reader: not only the one that it asks.
    private func isShorter(
        than readBelow: Int64, _ nodes: [ClusterDescription.Broker], _ tail: ControlTail,
        _ probes: inout NodeProbes
    ) -> Bool {
        let end =
            nodes.count > 1
            ? probes.highestEnd(of: control, knownTo: nodes, timeoutMs: Self.answerMs, until: stop)
            : try? tail.end(timeoutMs: Self.answerMs)
        return end.map { $0 < readBelow } ?? false
    }

    private var control: TopicPartition { TopicPartition(topic: link.topics.control, partition: 0) }

    /// Where the topic ends by way of the node whose turn it is; `nil` of a cluster of one, or where that does not answer.
    private func end(
        toldBy turn: Int, _ nodes: [ClusterDescription.Broker], _ probes: inout NodeProbes
    ) -> Int64? {
        guard nodes.count > 1 else { return nil }
        return try? probes.end(
            of: control, knownTo: nodes[turn % nodes.count], timeoutMs: Self.answerMs)
    }
}
