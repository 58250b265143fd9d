internal import PipelineMessages

/// Lets receipts count only for shards that are there.
///
/// Anybody may write a receipt of a shard far above the partition's end; once counted, the ledger would take all that
/// come after it for repeated ones. So receipts at or above the known end wait, with those behind them, until the end
/// was asked for twice more: by then it lies above every honest one, unless who answers is behind: a node that is cut off from its
/// peers goes on answering with its own end. So what was refused is remembered for a while, and counts when the end passes it.
struct ReceiptGate: Sendable {
    /// Most receipts that wait, in all partitions together, and most of those that were refused and are remembered.
    static let waitingMax = 16_384
    static let doubtedMax = 16_384

    private struct Waiting: Sendable {
        let receipt: Receipt
        let offset: Int64
        /// How often the ends had been asked for when it came.
        let asked: Int
    }

    private var ends: [Int32: Int64] = [:]
    private var waiting: [Int32: [Waiting]] = [:]
    private var waitingCount = 0
    /// Those that were refused a while ago at most, in the order of their topic, and when.
    private var doubted: [Int32: [(receipt: Receipt, offset: Int64, atMs: Int64)]] = [:]
    private var doubtedCount = 0
    /// How many were refused, and the last of them.
    private(set) var refused: (count: Int64, last: Receipt)?
    /// How many did not fit.
    private(set) var leftOut: Int64 = 0

    /// Whether a receipt waits for the ends to be asked for.
    var isWaiting: Bool { waitingCount > 0 }

    /// Takes a receipt; returns those that count now, in order.
    mutating func take(_ receipt: Receipt, offset: Int64, asked: Int) -> [(receipt: Receipt, offset: Int64)] {
        let partition = receipt.partition
        if waiting[partition] == nil, receipt.offset < ends[partition] ?? 0 { return [(receipt, offset)] }
        guard waitingCount < Self.waitingMax else {
            leftOut += 1
            return []
        }
        waiting[partition, default: []].append(Waiting(receipt: receipt, offset: offset, asked: asked))
        waitingCount += 1
        return []
    }

    /// Learns where the partitions end, as the question number `answered` found; returns the receipts that count now.
    mutating func learn(
        _ ends: [Int32: Int64], answered: Int, nowMs: Int64
    ) -> [(receipt: Receipt, offset: Int64)] {
        self.ends.merge(ends) { max($0, $1) }
        var counting: [(receipt: Receipt, offset: Int64)] = []
        for partition in waiting.keys.sorted() {
            let end = self.ends[partition] ?? 0
            let all = waiting[partition] ?? []
            var passed = 0
            for entry in all {
                if entry.receipt.offset < end {
                    counting.append((entry.receipt, entry.offset))
                } else if answered >= entry.asked + 2, ends[partition] != nil {
                    refuse(entry.receipt, entry.offset, nowMs)
                } else {
                    break
                }
                passed += 1
            }
            waiting[partition] = passed == all.count ? nil : Array(all.dropFirst(passed))
            waitingCount -= passed
        }
        return counting
    }

    private mutating func refuse(_ receipt: Receipt, _ offset: Int64, _ nowMs: Int64) {
        refused = ((refused?.count ?? 0) + 1, receipt)
        guard doubtedCount < Self.doubtedMax else { return }
        doubted[receipt.partition, default: []].append((receipt, offset, nowMs))
        doubtedCount += 1
    }

    /// Those that were refused by the word of somebody who was behind, in order: their shards are there after all.
    ///
    /// - Parameter forMs: For how long what was refused is remembered.
    mutating func takeProven(forMs: Int64, nowMs: Int64) -> [(receipt: Receipt, offset: Int64)] {
        var proven: [(receipt: Receipt, offset: Int64)] = []
        for partition in doubted.keys.sorted() {
            let end = ends[partition] ?? 0
            let all = doubted[partition] ?? []
            let left = all.filter { $0.receipt.offset >= end && nowMs - $0.atMs < forMs }
            proven += all.filter { $0.receipt.offset < end }.map { ($0.receipt, $0.offset) }
            doubted[partition] = left.isEmpty ? nil : left
            doubtedCount -= all.count - left.count
        }
        guard let known = refused, !proven.isEmpty else { return proven }
        let count = known.count - Int64(proven.count)
        refused = count > 0 ? (count, known.last) : nil
        return proven
    }

    /// Where a successor has to read receipts on, lest it miss what may still count; `nil` where nothing is in doubt.
    func heldFrom(_ partition: Int32) -> Int64? { doubted[partition]?.first?.offset }

    /// What is wrong with the receipts topic.
    var alarms: [String] {
        var alarms: [String] = []
        if let refused {
            let last = refused.last
            alarms.append(
                "receipts: \(refused.count) name shards that are not there, the last \(last.key) by worker "
                    + "\(last.worker): somebody else writes to the topic; they are not counted")
        }
        if leftOut > 0 {
            alarms.append(
                "receipts: \(leftOut) came faster than the partitions' ends could be asked for and are not counted; "
                    + "hashiflex ledger reset counts anew")
        }
        return alarms.map(RecordBounds.cut)
    }
}
