import ArgumentParser
import Kafka
import PipelineMessages

/// `hashiflex topics`.
struct TopicsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics", abstract: "Create, list or delete the topics on a real broker.",
        subcommands: [Create.self, List.self, Delete.self, Acls.self])

    /// `hashiflex topics create`.
    struct Create: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Create every topic with the right settings; topics that exist are left alone.",
            discussion: """
                Returns when every node knows every topic and its leaders, or says which does not when the time of \
                --wait is up. The embedded broker makes its own topics when it starts: there, this only checks them.
                """)

        @OptionGroup var connection: ConnectionOptions

        @Option(help: "Partitions of shards, predictions and receipts: at least four a worker.")
        var partitions = 32

        @Option(help: "Copies of every partition; -1 takes the broker's default.")
        var replication = -1

        @Option(
            help: ArgumentHelp(
                "Copies that must have a record before it is acknowledged (min.insync.replicas).",
                discussion:
                    "Default: one less than --replication, so that one node may be away and none lost."))
        var minInsync: Int?

        @Option(help: "Largest record, bytes (max.message.bytes).")
        var recordBytesMax = ShardLimits.recordBytesMaxDefault

        @Option(help: "How long shards, predictions and receipts are kept, hours.")
        var retentionHours = 168

        @Flag(help: "Print the outcome as JSON.")
        var json = false

        struct Outcome: Codable {
            let topic: String
            let partitions: Int
            let outcome: String
        }

        func validate() throws {
            try requireRange("--partitions", partitions, in: 1...10_000)
            if replication != -1 { try requireRange("--replication", replication, in: 1...32_767) }
            if let minInsync {
                try requireRange(
                    "--min-insync", minInsync, in: 1...(replication == -1 ? 32_767 : replication))
            }
            try requireRange("--record-bytes-max", recordBytesMax, in: 4_096...ShardLimits.bodyBytesMax)
            try requireRange("--retention-hours", retentionHours, in: 1...876_000)
        }

        func run() throws {
            try runCommand {
                let link = try connection.connect(as: "topics")
                let plans = TopicPlan.all(
                    link.topics, partitions: partitions, recordBytesMax: recordBytesMax,
                    retentionMs: Int64(retentionHours) * 3_600_000,
                    minInsync: minInsync ?? (replication == -1 ? nil : max(1, replication - 1)))
                let outcomes = link.isEmbedded ? check(plans, link) : try create(plans, link)
                for outcome in outcomes {
                    if json {
                        Terminal.printJSON(outcome)
                    } else {
                        Terminal.print(
                            "\(outcome.topic)  \(outcome.partitions) partitions  \(outcome.outcome)")
                    }
                }
                guard outcomes.allSatisfy({ $0.outcome == "created" || $0.outcome == "exists" }) else {
                    throw CommandError(Exit.mismatch, "not every topic is as it should be, on every node")
                }
            }
        }

        private func check(_ plans: [TopicPlan], _ link: Connection) -> [Outcome] {
            plans.map { plan in
                let found = link.cluster.topics[plan.name]?.partitions.count ?? 0
                return Outcome(
                    topic: plan.name, partitions: found,
                    outcome: found > 0 ? "exists" : "missing: start hashiflex broker with --topic-prefix")
            }
        }

        private func create(_ plans: [TopicPlan], _ link: Connection) throws -> [Outcome] {
            let results = try TopicMaker(link: link, replication: replication).make(
                plans.filter { link.cluster.topics[$0.name] == nil })
            if case .created = results[link.topics.shards], link.cluster.topics[link.topics.control] != nil {
                Terminal.note(
                    "\(link.topics.shards) is new, and \(link.topics.control) was there: if it speaks of heads in force in an "
                        + "earlier \(link.topics.shards), no worker reads this one; hashiflex topics delete removes all, to "
                        + "begin anew")
            }
            var known: [String: Int] = [:]
            var outcomes: [Outcome] = []
            for plan in plans {
                let found = link.cluster.topics[plan.name]?.partitions.count
                let outcome: String
                switch results[plan.name] {
                case .created: outcome = "created"
                case .failed(let error): outcome = "failed: \(error)"
                case .alreadyExists, nil:
                    outcome =
                        found ?? plan.partitions == plan.partitions
                        ? "exists" : "exists with \(found ?? 0) partitions, \(plan.partitions) wanted"
                }
                let count = found ?? plan.partitions
                outcomes.append(Outcome(topic: plan.name, partitions: count, outcome: outcome))
                if case .failed = results[plan.name] { continue }
                known[plan.name] = count
            }
            let gaps = try TopicSpread(link.kafka, topics: known).settle(link.patience)
            return outcomes.map { outcome in
                guard let gap = gaps.first(where: { $0.topic == nil || $0.topic == outcome.topic }),
                    known[outcome.topic] != nil
                else { return outcome }
                return Outcome(
                    topic: outcome.topic, partitions: outcome.partitions,
                    outcome: "\(outcome.outcome); \(gap)")
            }
        }
    }

    /// `hashiflex topics list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the deployment's topics.")

        @OptionGroup var connection: ConnectionOptions

        /// How a topic stands that the broker does not list: it may be hidden from this user.
        private func state(of name: String, _ link: Connection) throws -> String {
            do {
                return "\(try link.topic(name).partitions.count) partitions"
            } catch is CommandError {
                return "missing"
            }
        }

        func run() throws {
            try runCommand {
                let link = try connection.connect(as: "topics")
                for plan in TopicPlan.all(link.topics, partitions: 1) {
                    let count = link.cluster.topics[plan.name]?.partitions.count
                    Terminal.print(
                        "\(plan.name)  \(try count.map { "\($0) partitions" } ?? state(of: plan.name, link))")
                }
            }
        }
    }
}
