import ArgumentParser
import Glibc
import Kafka
import PipelineMessages
import Threads

extension TopicsCommand {
    /// `hashiflex topics delete`.
    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "delete",
            abstract: "Delete every topic of the deployment, with all that is in them.",
            discussion: """
                Stop fleet, coordinators and cameras first: refused with 76 while heartbeats of a worker, a fleet or a \
                coordinator come; cameras send none. The topics belong together: the control topic speaks of \
                offsets of the shards, and a fleet does not read shards that it does not speak of. Kafka forgets the \
                group's offsets with them. Returns when no node lists them any more; topics create makes new ones, \
                and heads are to be pushed again. The embedded broker forgets all when it ends.
                """)

        @OptionGroup var connection: ConnectionOptions

        @Flag(help: "Delete them. Without this, say only what would be, and end with 76.")
        var yes = false

        @Flag(help: "Also while workers, fleets or coordinators are alive.")
        var force = false

        @Flag(help: "Print the outcome as JSON.")
        var json = false

        func run() throws {
            try runCommand {
                let link = try connection.connect(as: "topics")
                guard !link.isEmbedded else {
                    throw CommandError(
                        Exit.refused, "the embedded broker forgets its topics when it ends: end it")
                }
                let there = TopicPlan.all(link.topics, partitions: 1).map(\.name).filter {
                    link.cluster.topics[$0] != nil
                }
                if yes, !force, there.contains(link.topics.status) { try refuseWhileLive(link) }
                let failures = yes ? try delete(there, link) : [:]
                for name in there {
                    show(
                        Create.Outcome(
                            topic: name, partitions: link.cluster.topics[name]?.partitions.count ?? 0,
                            outcome: failures[name].map { "failed: \($0)" } ?? (yes ? "deleted" : "exists")))
                }
                if there.isEmpty {
                    Terminal.note(
                        "no topic of \(link.topics.prefix) is there, or none that this user may see")
                }
                guard yes || there.isEmpty else {
                    throw CommandError(
                        Exit.refused,
                        "nothing was deleted: --yes deletes these topics, with all that is in them")
                }
                guard failures.isEmpty else {
                    throw CommandError(Exit.mismatch, "not every topic could be deleted")
                }
            }
        }

        /// Who has stopped a moment ago is waited for until nobody can take it for alive; who goes on is named.
        private func refuseWhileLive(_ link: Connection) throws {
            var last: [String: Int64] = [:]
            while !link.patience.isStopped {
                let snapshot: FleetSnapshot
                do {
                    snapshot = try FleetSnapshot.read(link, listeningFor: [.worker, .fleet, .coordinator])
                } catch let error as KafkaError where error.isRefusedAccess {
                    throw CommandError(
                        Exit.refused,
                        "nothing was deleted: whether somebody is alive can not be told (\(error)); --force deletes all the same"
                    )
                }
                let live = snapshot.heartbeatsOfLive(at: .now)
                let going = live.filter { last[$0.key] ?? $0.value != $0.value }.keys.sorted()
                guard going.isEmpty else {
                    throw CommandError(
                        Exit.refused,
                        "nothing was deleted: \(Format.list(going, most: 4)) \(going.count == 1 ? "is" : "are") alive: "
                            + "stop them first, or pass --force")
                }
                if live.isEmpty { return }
                if last.isEmpty {
                    Terminal.note(
                        "waiting until nobody's heartbeat is fresh any more: \(Format.list(live.keys.sorted(), most: 4))"
                    )
                }
                last = live
                usleep(500_000)
            }
            throw CommandError(Exit.late, "nothing was deleted: told to stop")
        }

        private func delete(_ names: [String], _ link: Connection) throws -> [String: KafkaError] {
            let admin = try KafkaAdmin(link.kafka)
            do throws(KafkaError) {
                let failures = try link.patience.wait(for: "the controller of the cluster", callMs: 30_000) {
                    timeoutMs throws(KafkaError) in
                    let failures = try admin.deleteTopics(names, timeoutMs: timeoutMs)
                    for failure in failures.values where failure.isRetriable { throw failure }
                    return failures
                }
                try link.patience.wait(for: "the nodes to forget the topics") {
                    timeoutMs throws(KafkaError) in
                    // Each by itself: nodes hear of it one after the other.
                    for node in try admin.metadata(timeoutMs: timeoutMs).brokers {
                        var alone = link.kafka
                        alone.set("bootstrap.servers", node.address)
                        let listed = try KafkaAdmin(alone).metadata(timeoutMs: timeoutMs).topics
                        let left = names.first { listed[$0] != nil && failures[$0] == nil }
                        guard let left else { continue }
                        throw KafkaError(
                            code: KafkaError.Code.timedOut, doing: "topic \(left) is deleted",
                            detail: "node \(node.id) lists it still", isRetriable: true)
                    }
                }
                return failures
            } catch {
                throw link.explained(error)
            }
        }

        private func show(_ outcome: Create.Outcome) {
            if json {
                Terminal.printJSON(outcome)
            } else {
                Terminal.print("\(outcome.topic)  \(outcome.partitions) partitions  \(outcome.outcome)")
            }
        }
    }
}
