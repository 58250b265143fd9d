import ArgumentParser
import Foundation
import Kafka
import PipelineMessages
import Threads

/// `hashiflex broker`: the embedded single-node broker.
struct BrokerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "broker",
        abstract: "Run the embedded broker, for laptops and tests.",
        discussion: """
            It is librdkafka's mock cluster in a process of its own: in memory, one node, on 127.0.0.1, gone when \
            it ends. Each partition silently drops what exceeds 5 MB, so ingest is paced by consumer lag, and \
            readers of predictions must keep up. No transactions, no authentication: use a real Kafka in \
            production.

            Prints its address as the first line on standard output, and leaves it where this user's other \
            commands find it.
            """)

    @Option(help: "Partitions of the shard, prediction and receipt topics (1-256).")
    var partitions = 16

    @Option(help: "What every topic name begins with.")
    var topicPrefix = "hashiflex"

    @Flag(help: "Do not leave the address for other commands.")
    var `private` = false

    @Flag(help: "End when the process that started this one ends.")
    var exitWithParent = false

    @Flag(help: "Read commands from standard input: down, up, rtt MS, quit. Ends with its input.")
    var controlStdin = false

    func validate() throws {
        try requireRange("--partitions", partitions, in: OptionRange.embeddedPartitions)
        guard TopicNames(prefix: topicPrefix) != nil else {
            throw ValidationError("--topic-prefix is 1 to 100 of [A-Za-z0-9._-], not '\(topicPrefix)'")
        }
    }

    func run() throws {
        let stop = Signal()
        Signals.onTermination { stop.set() }
        try runCommand {
            guard let topics = TopicNames(prefix: topicPrefix) else { throw Exit.fault }
            let plans = TopicPlan.all(topics, partitions: partitions).map { ($0.name, $0.partitions) }
            let file = try `private` ? nil : place()
            let broker = try EmbeddedBroker(topics: plans + [(TopicNames.embeddedBrokerSign, 1)])
            try file?.write(broker.bootstrap)
            Terminal.print(broker.bootstrap)
            Terminal.note(
                "embedded broker at \(broker.bootstrap), \(partitions) partitions, in memory, "
                    + "\(EmbeddedBrokerLimits.partitionBytes / 1_000_000) MB a partition")
            if exitWithParent { Signals.onParentDeath { stop.set() } }
            if controlStdin { listen(to: broker, stop) }
            stop.wait()
            broker.close()
            withExtendedLifetime(file) {}
        }
    }

    /// Where this user's commands find the broker; `nil`, and said, where the file can not be used.
    private func place() throws -> BrokerAddressFile? {
        do {
            return try BrokerAddressFile()
        } catch let error as CommandError where error.code != Exit.refused {
            Terminal.note("its address can not be left for other commands: \(error.text)")
            return nil
        }
    }

    private func listen(to broker: EmbeddedBroker, _ stop: Signal) {
        _ = PlatformThread("control") {
            while let line = readLine() {
                let words = line.split(separator: " ")
                do {
                    switch (words.first, words.count) {
                    case ("down", 1): try broker.setDown()
                    case ("up", 1): try broker.setUp()
                    case ("rtt", 2):
                        guard let milliseconds = Int(words[1]), (0...600_000).contains(milliseconds) else {
                            Terminal.complain("rtt is 0 to 600000 ms, not '\(words[1])'")
                            continue
                        }
                        try broker.setRoundTrip(milliseconds: milliseconds)
                    case ("quit", 1): stop.set()
                    default: Terminal.complain("unknown command '\(line)': down, up, rtt MS or quit")
                    }
                } catch {
                    Terminal.complain("\(error)")
                }
            }
            stop.set()
        }
    }
}
