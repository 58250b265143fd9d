import Artifacts
import Cutover
import PipelineMessages
import TestSupport

/// One worker: reads the control topic late, takes shards, finishes them out of order, commits, dies.
struct VirtualWorker {
    /// Rules that a worker may break, to see that the audit notices.
    enum Fault: CaseIterable {
        /// Uses the newest committed head, not the one its partition's markers give.
        case followsTheControlTopic
        /// Forgets what was committed beside the offset and does not look into the log.
        case ignoresItsStart
        /// Believes every marker, repeated ones too.
        case believesEveryMarker
        /// Begins with any head it has instead of waiting for the first.
        case guessesTheFirst
    }

    private struct Taken {
        let offset: Int64
        let headsAfter: [HeadInForce]
        let images: Int64
        let score: VirtualTopics.Score?
        var isPublished = false
    }

    private struct Lane {
        var timeline: HeadTimeline
        var position: Int64
        var images: Int64
        var taken: [Taken] = []
        /// Only for ``Fault/believesEveryMarker``.
        var lastMarker: CutoverMarker?
    }

    let name: String
    let fault: Fault?
    private(set) var isAlive = true
    private var life = 0
    private var bornMs: Int64 = 0
    private var log = ActivationLog()
    private var controlRead = 0
    private var loaded: Set<ContentDigest> = []
    private var arriving: [ContentDigest] = []
    private var refused: Set<ContentDigest> = []
    private var lanes: [Int: Lane] = [:]

    init(name: String, fault: Fault? = nil) {
        self.name = name
        self.fault = fault
    }

    // MARK: Life

    mutating func crash() {
        isAlive = false
        lanes = [:]
    }

    mutating func start(nowMs: Int64) {
        isAlive = true
        life += 1
        bornMs = nowMs
        log = ActivationLog()
        controlRead = 0
        loaded = []
        arriving = []
        refused = []
    }

    var status: WorkerStatus {
        var status = heartbeat(name, incarnation: "\(life)", startedAtMs: bornMs)
        status.headsReady = Array(loaded)
        status.refusals = refused.map { .init(head: $0, reason: "does not like it") }
        return status
    }

    // MARK: Control topic

    /// Reads one record, if it is not behind on purpose; loads or refuses what arrived before.
    mutating func followControl(_ topics: VirtualTopics, refusing: Int, _ random: inout SeededRandom) {
        if let head = arriving.first, random.oneIn(3) {
            arriving.removeFirst()
            if refusing > 0, random.oneIn(refusing) { refused.insert(head) } else { loaded.insert(head) }
        }
        guard controlRead < topics.control.count else { return }
        switch topics.control[controlRead] {
        case .manifest(let manifest):
            log.apply(manifest)
            arriving.append(manifest.head)
        case .cutover(let record): log.apply(record, at: Int64(controlRead))
        }
        controlRead += 1
    }

    // MARK: Assignment

    /// Takes over partitions where they were committed; everything else of this worker is dropped.
    mutating func assign(_ partitions: [Int], _ topics: VirtualTopics, _ random: inout SeededRandom) throws {
        lanes = [:]
        for partition in partitions {
            let commit = topics.commits[partition]
            var progress = try PartitionProgress(text: commit.progress.text)
            if fault == .ignoresItsStart { progress.heads = [] }
            // Where the log knows every marker below, it alone must be enough.
            if knowsMarkers(topics, partition, below: commit.offset), random.oneIn(3) { progress.heads = [] }
            lanes[partition] = Lane(
                timeline: HeadTimeline(
                    partition: Int32(partition),
                    startOffset: commit.offset,
                    progress: progress,
                    activations: fault == .ignoresItsStart ? ActivationLog() : log
                ),
                position: commit.offset,
                images: progress.images
            )
        }
    }

    private func knowsMarkers(_ topics: VirtualTopics, _ partition: Int, below offset: Int64) -> Bool {
        topics.shards[partition][..<Int(offset)].allSatisfy { record in
            guard case .marker(let marker) = record else { return true }
            return log.cutovers[marker.request]?.state == .committed
        }
    }

    var ownedPartitions: [Int] { lanes.keys.sorted() }

    // MARK: Work

    /// Takes the next record of a partition, unless its head is missing.
    mutating func take(_ partition: Int, _ topics: VirtualTopics) {
        guard var lane = lanes[partition], Int(lane.position) < topics.shards[partition].count,
            lane.taken.count < 8
        else { return }
        defer { lanes[partition] = lane }
        var score: VirtualTopics.Score?
        var images: Int64 = 0
        switch topics.shards[partition][Int(lane.position)] {
        case .marker(let marker):
            lane.timeline.apply(marker, at: lane.position)
            lane.lastMarker = marker
        case .shard(let stream):
            lane.timeline.learn(log)
            guard let head = choose(lane, stream), loaded.contains(head.head) else { return }
            images = VirtualTopics.imagesPerShard
            score = VirtualTopics.Score(head: head.head, number: head.number, imagesBefore: lane.images)
        }
        lane.images += images
        lane.taken.append(
            Taken(offset: lane.position, headsAfter: lane.timeline.heads, images: lane.images, score: score)
        )
        lane.position += 1
    }

    private func choose(_ lane: Lane, _ stream: String) -> HeadInForce? {
        let rule = lane.timeline.head(stream: stream)
        switch fault {
        case nil, .ignoresItsStart: return rule
        case .followsTheControlTopic:
            guard rule != nil, let newest = log.current(.stream(stream)) ?? log.current(.standard) else {
                return rule
            }
            return inForce(newest.marker)
        case .believesEveryMarker:
            guard let marker = lane.lastMarker, marker.slot == .standard else { return rule }
            return inForce(marker)
        case .guessesTheFirst:
            return rule
                ?? log.manifests.values.filter { loaded.contains($0.head) }
                .min { $0.head.hex < $1.head.hex }
                .map { HeadInForce(slot: .standard, head: $0.head, label: $0.label, number: 0, marker: 0) }
        }
    }

    private func inForce(_ marker: CutoverMarker) -> HeadInForce {
        HeadInForce(
            slot: marker.slot,
            head: marker.head,
            label: marker.label,
            number: marker.number,
            marker: 0
        )
    }

    /// Publishes one taken record, any of them.
    mutating func publish(_ partition: Int, _ topics: inout VirtualTopics, _ random: inout SeededRandom) {
        guard let lane = lanes[partition] else { return }
        let waiting = lane.taken.indices.filter { !lane.taken[$0].isPublished }
        guard !waiting.isEmpty else { return }
        let place = random.pick(waiting)
        if let score = lane.taken[place].score {
            topics.scores[partition][lane.taken[place].offset, default: []].append(score)
        }
        lanes[partition]?.taken[place].isPublished = true
    }

    /// Commits the longest published prefix.
    mutating func commit(_ partition: Int, _ topics: inout VirtualTopics) {
        guard let lane = lanes[partition] else { return }
        let done = lane.taken.prefix { $0.isPublished }
        guard let last = done.last else { return }
        topics.commits[partition] = .init(
            offset: last.offset + 1,
            progress: PartitionProgress(images: last.images, heads: last.headsAfter)
        )
        lanes[partition]?.taken.removeFirst(done.count)
    }
}
