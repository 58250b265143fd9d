import Foundation
import Kafka
import PipelineMessages

/// Whether readers stand still because a transaction is open for longer than whoever began it may take. Pure.
package struct TransactionReview {
    /// What Kafka's clients ask for unless told otherwise, milliseconds: foreign gateways may write shards in transactions.
    private static let foreignMs: Int64 = 60_000
    /// How often a node looks for transactions whose time is up, milliseconds, unless its
    /// `transaction.abort.timed.out.transaction.cleanup.interval.ms` says otherwise.
    private static let cleanupMs: Int64 = 10_000
    private static let what = "open transactions"
    /// Most partitions that are named.
    private static let namedMax = 8

    private let found: [OpenTransaction]
    private let topics: TopicNames
    private let nowMs: Int64
    private let unseen: [String]
    private let silent: [TopicPartition]

    /// A review of the transactions that are open.
    ///
    /// - Parameters:
    ///   - nowMs: Milliseconds since 1970.
    ///   - unseen: Topics that are missing, or hidden from this user.
    ///   - silent: Partitions whose leader does not answer.
    package init(
        _ found: [OpenTransaction], topics: TopicNames, nowMs: Int64, unseen: [String] = [],
        silent: [TopicPartition] = []
    ) {
        self.found = found
        self.topics = topics
        self.nowMs = nowMs
        self.unseen = unseen
        self.silent = silent
    }

    /// The topics whose readers would stand still.
    package static func looked(_ topics: TopicNames) -> [String] {
        [topics.shards, topics.predictions, topics.receipts]
    }

    /// How long a transaction in a topic lasts, dead or alive, milliseconds.
    private func limitMs(_ topic: String) -> Int64 {
        let timeoutMs =
            topic == topics.shards ? Self.foreignMs : Int64(ProducerOptions.transactionTimeoutMsUsual)
        return timeoutMs + Self.cleanupMs
    }

    /// The lines: those that last too long, and those of which it is not known.
    package var checks: [DoctorCheck] {
        let what = Self.what
        let stuck = found.filter { $0.ageMs(nowMs: nowMs) ?? 0 > limitMs($0.partition.topic) }
        let unknown = found.filter { $0.sinceMs == nil }
        var checks = stuck.prefix(Self.namedMax).map { transaction in
            DoctorCheck(
                what: what, ok: false, found: transaction.text(nowMs: nowMs),
                advice:
                    "its producer had \((limitMs(transaction.partition.topic) - Self.cleanupMs) / 1_000) s unless its "
                    + "transaction.timeout.ms says otherwise; one that has died is waited for until then, at most the node's "
                    + "transaction.max.timeout.ms; beyond that end it with Kafka's kafka-transactions find-hanging and abort"
            )
        }
        if stuck.count > Self.namedMax {
            let places = stuck.dropFirst(Self.namedMax).map { "\($0.partition)" }.joined(separator: ", ")
            checks.append(DoctorCheck(what: what, ok: false, found: "likewise \(places)"))
        }
        for transaction in unknown.prefix(Self.namedMax) {
            checks.append(
                .unknown(
                    what, transaction.text(nowMs: nowMs),
                    advice: "a user with the right Read on the topic can see its first record's time"))
        }
        if unknown.count > Self.namedMax {
            checks.append(
                .unknown(what, "and \(unknown.count - Self.namedMax) more, nobody can say since when"))
        }
        if checks.isEmpty, let all = allRight { checks.append(all) }
        return checks + unlooked
    }

    /// What is said where none lasts too long; `nil` where nothing was looked at.
    private var allRight: DoctorCheck? {
        guard !Self.looked(topics).allSatisfy(unseen.contains) else { return nil }
        let longest = found.compactMap { $0.ageMs(nowMs: nowMs) }.max()
        let age = longest.map { "\(found.count), the oldest for \($0 / 1_000) s" } ?? "none"
        let others = unseen.isEmpty && silent.isEmpty ? "" : " where it could be looked"
        return DoctorCheck(what: Self.what, ok: true, found: age + others)
    }

    /// Where it could not be looked.
    private var unlooked: [DoctorCheck] {
        var checks: [DoctorCheck] = []
        if !unseen.isEmpty {
            checks.append(
                .unknown(
                    Self.what, "not looked at: \(unseen.joined(separator: ", "))",
                    advice: "see what is said of each topic"))
        }
        if !silent.isEmpty {
            let named = silent.prefix(Self.namedMax).map(\.description).joined(separator: ", ")
            let more = silent.count > Self.namedMax ? " and \(silent.count - Self.namedMax) more" : ""
            checks.append(
                .unknown(Self.what, "not looked at, since their leaders do not answer: \(named)\(more)"))
        }
        return checks
    }
}
