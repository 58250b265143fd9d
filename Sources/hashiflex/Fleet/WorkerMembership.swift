import ArgumentParser
import Kafka

/// How workers belong to their group; shared by `worker` and `fleet up`.
struct WorkerMembership: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "The group remembers a worker by its name (static membership).",
            discussion:
                "One that is killed and started again goes on at once, without a rebalance. Of two workers under one name the "
                + "older one ends and says so. The partitions of one that was drained rest until its session is over."
        ))
    var staticMember = false

    /// Checks that the broker remembers names, and gives one back that was killed.
    ///
    /// - Throws: `CommandError` 64.
    func require(_ link: Connection) throws {
        guard staticMember else { return }
        if link.isEmbedded {
            throw CommandError(
                ExitCode(64),
                "--static-member: the embedded broker does not remember members; leave it out or connect to Apache Kafka"
            )
        }
        if link.kafka.usesConsumerProtocol {
            throw CommandError(
                ExitCode(64),
                "--static-member: with group.protocol=consumer the broker refuses a name whose holder was killed until that "
                    + "one's session is over; leave one of the two out")
        }
    }

    /// Arguments that hand the same membership to a child process.
    var childArguments: [String] { staticMember ? ["--static-member"] : [] }
}
