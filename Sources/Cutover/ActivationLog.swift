public import Artifacts
public import PipelineMessages

/// What the control topic says about cut-overs, folded in order.
///
/// A state only ever goes forward: `requested`, then `committing` and `committed`, or `aborted`. The
/// first of `committing` and `aborted` in the topic wins, whoever wrote it; so two coordinators that
/// both believe to lead can not disagree about an outcome.
///
/// Memory: it remembers every cut-over for as long as it lives, since each marker decides about the offsets behind it. One takes
/// about 1 KB, and 104 bytes for each of its partitions: 16 for the announced end, 16 for the marker's offset, 72 for the marker
/// in the partition's list, up to twice 72 while that grows. Of a published head the manifest is kept, not its file.
public struct ActivationLog: Sendable, Equatable {
    /// The cut-overs by request name.
    public private(set) var cutovers: [String: CutoverRecord] = [:]
    /// The published heads by digest.
    public private(set) var manifests: [ContentDigest: HeadManifest] = [:]
    /// The published heads by label; a label keeps the head it was first used for.
    public private(set) var labels: [HeadLabel: HeadManifest] = [:]

    /// The requests that are neither committed nor aborted, with their numbers.
    private var undecided: [String: Int64] = [:]
    /// The newest committed cut-over of each slot, as a request's number ranks it.
    private var newest: [HeadSlot: CutoverRecord] = [:]
    /// Likewise, of those that were asked for every partition.
    private var newestEverywhere: [HeadSlot: CutoverRecord] = [:]
    /// The committed markers of each partition by ascending offset.
    private(set) var markers: [Int32: [HeadInForce]] = [:]
    /// The requests that are announced and not committed.
    private var announced: Set<String> = []
    /// The first default marker of each partition, once it is certain that none comes below it.
    private var firsts: [Int32: HeadInForce] = [:]
    /// Partitions that have default markers, and may get one below them.
    private var unsettled: Set<Int32> = []

    /// An empty log.
    public init() {}

    /// Takes a published head.
    public mutating func apply(_ manifest: HeadManifest) {
        manifests[manifest.head] = manifest
        labels[manifest.label] = labels[manifest.label] ?? manifest
    }

    /// Takes the record at `offset` of the control topic; returns whether the state changed.
    @discardableResult
    public mutating func apply(_ record: CutoverRecord, at offset: Int64) -> Bool {
        let known = cutovers[record.request]
        guard Self.follows(known?.state, record.state) else { return false }
        // A request lies where its number says: nobody gets ahead of all later ones by a number of tomorrow.
        guard record.number ?? 0 <= offset else { return false }
        var record = record
        // The rank is the request's own offset, as whoever decided saw it: every reader sees that decision first, while
        // the request may have been written twice, and compaction keeps only the last.
        switch record.state {
        case .requested: record.number = offset
        case .committing, .aborted: record.number = record.number ?? known?.number ?? offset
        case .committed: record.number = known?.number ?? record.number ?? offset
        }
        if record.state == .committing || record.state == .committed {
            // Nobody who commits takes back for which partitions it was announced: their markers were judged by that.
            let announced = known?.state == .committing ? known?.scanFrom : nil
            record.scanFrom = announced ?? record.scanFrom ?? known?.scanFrom
            // Of two announcements the first counts, with its token.
            record.token = known?.state == .committing ? known?.token : record.token
        }
        cutovers[record.request] = record
        if record.state == .requested || record.state == .committing {
            undecided[record.request] = record.number ?? 0
        } else {
            undecided[record.request] = nil
        }
        if record.state == .committing {
            announced.insert(record.request)
        } else {
            announced.remove(record.request)
        }
        guard record.state == .committed else { return true }
        if record.number ?? 0 >= newest[record.slot]?.number ?? 0 { newest[record.slot] = record }
        if record.partitions == nil, record.restates == nil,
            record.number ?? 0 >= newestEverywhere[record.slot]?.number ?? 0
        {
            newestEverywhere[record.slot] = record
        }
        index(record, wasAnnounced: known?.state == .committing)
        return true
    }

    private mutating func index(_ record: CutoverRecord, wasAnnounced: Bool) {
        for at in record.offsets ?? [] {
            let marker = HeadInForce(
                slot: record.slot, head: record.head, label: record.label, number: record.number ?? 0,
                marker: at.offset)
            // In place: a list that is held beside the table would be copied for each marker.
            let place =
                markers[at.partition].map { list in
                    list.firstIndex { $0.marker > at.offset } ?? list.endIndex
                } ?? 0
            markers[at.partition, default: []].insert(marker, at: place)
            guard record.slot == .standard else { continue }
            // Of records of earlier versions compaction may have taken the announcement.
            if !wasAnnounced, firsts[at.partition]?.marker ?? -1 > at.offset { firsts[at.partition] = nil }
            if firsts[at.partition] == nil { unsettled.insert(at.partition) }
        }
        settleFirsts()
    }

    /// Finds the partitions whose first default marker is certain.
    ///
    /// Two coordinators that both believe to lead may announce two cut-overs at once, and the one with the later marker may be
    /// committed first. A marker below a committed one was announced before that was written, so its announcement is known here:
    /// it is enough to wait for those.
    private mutating func settleFirsts() {
        for partition in unsettled {
            guard let first = markers[partition]?.first(where: { $0.slot == .standard }),
                !announced.contains(where: { cutovers[$0]?.mayPrecede(first, partition: partition) ?? false })
            else { continue }
            firsts[partition] = first
            unsettled.remove(partition)
        }
    }

    private static func follows(_ old: CutoverRecord.State?, _ new: CutoverRecord.State) -> Bool {
        switch (old, new) {
        // Compaction may leave only the last record of a request.
        case (nil, _): true
        case (.requested, .committing), (.requested, .aborted), (.committing, .committed): true
        case (.requested, _), (.committing, _), (.committed, _), (.aborted, _): false
        }
    }

    /// What the log says about a marker.
    public enum MarkerJudgement: Sendable, Equatable {
        /// A cut-over was announced for which it stands.
        case announced
        /// It stands for none, and never will; why.
        case refuted(String)
        /// The log knows of no announcement so far.
        case unannounced
    }

    /// Whether a marker in `partition` stands for an announced cut-over.
    ///
    /// A marker is written after its announcement (`committing`) could be read, and repeats a token that nobody could know
    /// before. So the answer is the same whenever it is asked, once the log has been read as far as it went when the marker
    /// was met: nothing that comes later announces a marker that is there already.
    public func judge(_ marker: CutoverMarker, partition: Int32) -> MarkerJudgement {
        guard let record = cutovers[marker.request], record.state != .requested else { return .unannounced }
        guard record.state != .aborted else { return .refuted("cut-over \(marker.request) was aborted") }
        guard marker == CutoverMarker(of: record) else {
            return .refuted("it is not the marker that cut-over \(marker.request) announced")
        }
        guard record.scanFrom?.contains(where: { $0.partition == partition }) ?? true else {
            return .refuted("cut-over \(marker.request) was not announced for partition \(partition)")
        }
        return .announced
    }

    /// Cut-overs that are neither committed nor aborted, lowest number first.
    public var open: [CutoverRecord] {
        undecided.sorted { $0.value < $1.value }.compactMap { cutovers[$0.key] }
    }

    /// Whether there is one.
    public var hasOpen: Bool { !undecided.isEmpty }

    /// The one of them that is to be decided or completed next.
    public var firstOpen: CutoverRecord? {
        undecided.min { $0.value < $1.value }.flatMap { cutovers[$0.key] }
    }

    /// Committed cut-overs, lowest number first.
    public var committed: [CutoverRecord] {
        cutovers.values.filter { $0.state == .committed }.sorted { ($0.number ?? 0) < ($1.number ?? 0) }
    }

    /// The last committed cut-over of `slot`.
    public func current(_ slot: HeadSlot) -> CutoverRecord? { newest[slot] }

    /// The last committed cut-over of `slot` that was asked for every partition.
    func everywhere(_ slot: HeadSlot) -> CutoverRecord? { newestEverywhere[slot] }

    /// Those of all slots, in no order.
    var everywhereOfSlots: [CutoverRecord] { Array(newestEverywhere.values) }

    /// Whether a marker of `slot`, of rank `number` or above, is committed in the partition.
    func hasMarker(of slot: HeadSlot, from number: Int64, partition: Int32) -> Bool {
        markers[partition]?.contains { $0.slot == slot && $0.number >= number } ?? false
    }

    /// The last committed cut-overs, one a slot, in no order.
    public var newestOfSlots: [CutoverRecord] { Array(newest.values) }

    /// The heads in force at `offset` of a partition, one a slot, as the committed markers say.
    public func inForce(partition: Int32, below offset: Int64) -> [HeadInForce] {
        var heads = HeadsInForce()
        for marker in markers[partition] ?? [] where marker.marker < offset { heads.adopt(marker) }
        return heads.sorted
    }

    /// The head of the partition's first default marker; `nil` while an announced cut-over may put one below those that are
    /// known. Once known it stays, whatever is announced later.
    public func firstHead(partition: Int32) -> HeadInForce? { firsts[partition] }

    /// The head that the log alone gives a shard: the function that every prediction must agree with.
    public func head(partition: Int32, offset: Int64, stream: String) -> HeadInForce? {
        HeadTimeline(
            partition: partition, startOffset: offset, progress: PartitionProgress(), activations: self
        ).head(stream: stream)
    }

    /// Heads that a worker must keep: in force or first somewhere, or asked for.
    public var neededHeads: Set<ContentDigest> {
        Set(cutovers.values.filter { $0.state != .aborted }.map(\.head))
    }
}

extension CutoverRecord {
    /// Whether the marker of this announced cut-over may lie below `first` in the partition.
    fileprivate func mayPrecede(_ first: HeadInForce, partition: Int32) -> Bool {
        guard slot == first.slot else { return false }
        return scanFrom?.contains { $0.partition == partition && $0.offset <= first.marker } ?? true
    }
}
