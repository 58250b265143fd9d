import Foundation
import Kafka
import PipelineMessages

/// What the settings of a cluster's nodes do to groups, transactions and commits. Pure.
///
/// Names and meaning of the settings: Apache Kafka 4.1, "Broker configs".
package struct NodeSettingsReview {
    /// What exactly-once workers ask for, milliseconds.
    private static let transactionMs = ProducerOptions.transactionTimeoutMsUsual
    private static let minutesWanted = 7 * 24 * 60

    private let nodes: [(node: String, settings: [String: String])]

    /// A review of what nodes have told of themselves.
    package init(_ nodes: [(node: String, settings: [String: String])]) { self.nodes = nodes }

    /// Each line; nothing where no node has told anything.
    package var checks: [DoctorCheck] { [offsets, transactions, besideOffsets].compactMap(\.self) }

    /// The lowest value of a setting, and who has it: each node goes by its own.
    private func lowest(_ setting: String) -> (value: Int, node: String)? {
        nodes.compactMap { node in
            node.settings[setting].flatMap { Int($0) }.map { ($0, node.node) }
        }.min { $0.0 < $1.0 }
    }

    private var offsets: DoctorCheck? {
        guard let (minutes, node) = lowest("offsets.retention.minutes") else { return nil }
        let isShort = minutes < Self.minutesWanted
        return DoctorCheck(
            what: "committed offsets", ok: !isShort,
            found:
                "kept for \(Format.count(minutes)) minutes without a worker (offsets.retention.minutes\(isShort ? " of \(node)" : ""))",
            advice: isShort
                ? "when they are gone, every shard that is kept is scored again: set at least \(Self.minutesWanted)"
                : nil)
    }

    private var transactions: DoctorCheck? {
        guard let (longest, node) = lowest("transaction.max.timeout.ms"), longest < Self.transactionMs else {
            return nil
        }
        return DoctorCheck(
            what: "transactions", ok: false,
            found: "at most \(longest) ms (transaction.max.timeout.ms of \(node))",
            advice:
                "workers with --delivery exactly-once ask for \(Self.transactionMs) ms and are refused")
    }

    private var besideOffsets: DoctorCheck? {
        guard let (bytes, node) = lowest("offset.metadata.max.bytes") else { return nil }
        let wanted = PartitionProgress.textBytesMax
        let isShort = bytes < wanted
        return DoctorCheck(
            what: "beside offsets", ok: !isShort,
            found:
                "\(Format.count(bytes)) bytes may be committed (offset.metadata.max.bytes\(isShort ? " of \(node)" : ""))",
            advice: isShort
                ? "workers commit the heads in force beside every offset: where they do not fit, the commit is refused and the "
                    + "worker ends; the coordinator refuses such a head. Set \(wanted) and restart the node"
                : nil)
    }
}
