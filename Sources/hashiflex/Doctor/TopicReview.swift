import Foundation
import PipelineMessages

/// Whether a topic's settings on a Kafka keep what the pipeline promises. Pure.
///
/// Names and meaning of the settings: Apache Kafka 4.1, "Topic configs" and "Broker configs".
package struct TopicReview {
    /// A setting that costs something, and what.
    package struct Finding: Equatable {
        /// The setting.
        package let found: String
        /// What it does to the pipeline.
        package let cost: String
        /// What to set instead.
        package let remedy: String
    }

    let plan: TopicPlan
    /// Fewest copies of a partition.
    let copies: Int
    /// The topic's settings in force.
    let settings: [String: String]

    /// A topic that is planned as `plan`, as it was found.
    package init(plan: TopicPlan, copies: Int, settings: [String: String]) {
        self.plan = plan
        self.copies = copies
        self.settings = settings
    }

    /// Copies that hold a record when it is acknowledged: Kafka asks for no more than there are.
    package var copiesAcknowledged: Int {
        min(copies, settings["min.insync.replicas"].flatMap { Int($0) } ?? 1)
    }

    /// What is right, for people.
    package var summary: String {
        "\(copies) \(copies == 1 ? "copy" : "copies"), \(copiesAcknowledged) when acknowledged" + kept
    }

    /// How long records are kept, and how many of them, where they are deleted at all: what waits longer is lost unread.
    private var kept: String {
        guard settings["cleanup.policy"]?.contains("delete") != false else { return "" }
        let hours = settings["retention.ms"].flatMap { Int64($0) }.map { ms in
            ms < 0 ? ", kept for ever" : ", kept for \(Format.count(ms / 3_600_000)) h"
        }
        let bytes = settings["retention.bytes"].flatMap { Int64($0) }.flatMap { bytes in
            bytes < 0 ? nil : ", at most \(Format.count(bytes)) bytes of a partition"
        }
        return (hours ?? "") + (bytes ?? "")
    }

    /// What is wrong.
    package var findings: [Finding] {
        [policy, election, acknowledgement, availability, clock, size, compression].compactMap(\.self)
    }

    private var policy: Finding? {
        let wanted = plan.settings["cleanup.policy"] ?? "delete"
        let found = settings["cleanup.policy"] ?? "delete"
        let parts = Set(found.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
        guard parts != Set(wanted.split(separator: ",").map(String.init)) else { return nil }
        let cost =
            wanted == "compact"
            ? "heads and cut-overs would be deleted after a while, and new workers would not know them"
            : parts.contains("compact")
                ? "compaction deletes records that nobody has read where a later one has the same key"
                : "it would grow without bound"
        return Finding(found: "cleanup.policy=\(found)", cost: cost, remedy: "cleanup.policy=\(wanted)")
    }

    private var election: Finding? {
        guard settings["unclean.leader.election.enable"] == "true" else { return nil }
        return Finding(
            found: "unclean.leader.election.enable=true",
            cost: "acknowledged records may vanish, and their offsets be given to others",
            remedy: "unclean.leader.election.enable=false")
    }

    private var acknowledgement: Finding? {
        guard copies > 1, copiesAcknowledged < 2 else { return nil }
        return Finding(
            found: "min.insync.replicas=\(copiesAcknowledged) of \(copies) copies",
            cost: "what is acknowledged may stand on one disk only, and be lost with it",
            remedy: "min.insync.replicas=\(copies - 1)")
    }

    private var availability: Finding? {
        guard copies > 1, copiesAcknowledged == copies else { return nil }
        return Finding(
            found: "min.insync.replicas=\(copiesAcknowledged) of \(copies) copies",
            cost: "one node that is away stops all writing",
            remedy: copies > 2 ? "min.insync.replicas=\(copies - 1)" : "a third copy")
    }

    private var clock: Finding? {
        guard let found = settings["message.timestamp.type"], found != "LogAppendTime" else { return nil }
        return Finding(
            found: "message.timestamp.type=\(found)",
            cost:
                "the sender's clock decides how long a record lives: one that is days behind has its records "
                + "acknowledged and deleted unread, one that is ahead is refused",
            remedy: "message.timestamp.type=LogAppendTime")
    }

    private var compression: Finding? {
        let wanted = "uncompressed"
        guard plan.settings["compression.type"] == wanted, let found = settings["compression.type"],
            found != wanted
        else { return nil }
        return Finding(
            found: "compression.type=\(found)",
            cost:
                "a batch that its sender has compressed to a megabyte may be gigabytes in a worker's memory",
            remedy: "compression.type=\(wanted)")
    }

    private var size: Finding? {
        let planned = plan.settings["max.message.bytes"].flatMap { Int($0) }
        // Clients join what they send to batches of this size, and a batch is what is refused.
        let wanted = planned ?? ShardLimits.recordBytesMaxDefault
        guard let found = settings["max.message.bytes"].flatMap({ Int($0) }), found < wanted else {
            return nil
        }
        let cost =
            planned == nil
            ? "heads come in pieces of up to \(HeadManifest.chunkBytesMax) bytes and heartbeats may be long: larger "
                + "batches are refused"
            : "shards and dead letters that are larger are refused"
        return Finding(
            found: "max.message.bytes=\(found)", cost: cost,
            remedy: "max.message.bytes=\(wanted)"
                + (planned == nil ? "" : ", or ingest with a smaller --record-bytes-max"))
    }
}
