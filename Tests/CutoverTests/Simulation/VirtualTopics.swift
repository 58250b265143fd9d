import Artifacts
import Cutover
import PipelineMessages

/// The topics of a simulated deployment: plain arrays, whose indices are the offsets.
struct VirtualTopics {
    enum ShardRecord {
        case shard(stream: String)
        case marker(CutoverMarker)
    }

    enum ControlRecord {
        case manifest(HeadManifest)
        case cutover(CutoverRecord)
    }

    struct Commit {
        var offset: Int64 = 0
        var progress = PartitionProgress()
    }

    /// Who scored a shard by what.
    struct Score: Equatable {
        let head: ContentDigest
        let number: Int64
        let imagesBefore: Int64
    }

    var shards: [[ShardRecord]]
    var control: [ControlRecord] = []
    var commits: [Commit]
    /// Everything published for each shard, redeliveries included.
    var scores: [[Int64: [Score]]]

    init(partitions: Int) {
        shards = Array(repeating: [], count: partitions)
        commits = Array(repeating: Commit(), count: partitions)
        scores = Array(repeating: [:], count: partitions)
    }

    /// Images of every shard.
    static let imagesPerShard: Int64 = 3

    mutating func append(_ marker: CutoverMarker, to partition: Int) {
        shards[partition].append(.marker(marker))
    }

    /// The first marker of a request in a partition, at or above `from`.
    func firstMarker(of request: String, in partition: Int, from: Int64) -> Int64? {
        for offset in Int(from)..<max(Int(from), shards[partition].count) {
            if case .marker(let marker) = shards[partition][offset], marker.request == request {
                return Int64(offset)
            }
        }
        return nil
    }

    /// Whether everything was read and committed.
    var isDrained: Bool {
        zip(shards, commits).allSatisfy { $0.count == Int($1.offset) }
    }
}

/// What a program that only reads the topics at the end has to say.
struct FinalAudit {
    private(set) var complaints: [String] = []
    private(set) var committed = 0
    private(set) var aborted = 0
    private(set) var scores = 0
    private(set) var redelivered = 0
    private(set) var repeatedMarkers = 0

    init(_ topics: VirtualTopics) {
        var log = ActivationLog()
        for (offset, record) in topics.control.enumerated() {
            switch record {
            case .manifest(let manifest): log.apply(manifest)
            case .cutover(let record): log.apply(record, at: Int64(offset))
            }
        }
        committed = log.committed.count
        aborted = log.cutovers.values.count { $0.state == .aborted }
        if let stuck = log.open.first { complaints.append("cut-over \(stuck.request) stays \(stuck.state)") }
        for partition in topics.shards.indices {
            checkMarkers(topics, log, partition)
            checkScores(topics, log, partition)
        }
    }

    /// Nothing was switched by a request that did not commit, and the log names the first markers.
    private mutating func checkMarkers(_ topics: VirtualTopics, _ log: ActivationLog, _ partition: Int) {
        var seen: Set<String> = []
        for (offset, record) in topics.shards[partition].enumerated() {
            guard case .marker(let marker) = record else { continue }
            guard seen.insert(marker.request).inserted else {
                repeatedMarkers += 1
                continue
            }
            let stated = log.cutovers[marker.request]
            let place = stated?.offsets?.first { $0.partition == Int32(partition) }?.offset
            if stated?.state != .committed || place != Int64(offset) {
                complaints.append(
                    "partition \(partition): first marker of \(marker.request) is at \(offset), the log says "
                        + "\(place.map(String.init) ?? "none") and \(stated?.state.rawValue ?? "nothing")"
                )
            }
        }
    }

    private mutating func checkScores(_ topics: VirtualTopics, _ log: ActivationLog, _ partition: Int) {
        var images: Int64 = 0
        for (offset, record) in topics.shards[partition].enumerated() {
            guard case .shard(let stream) = record else { continue }
            let found = topics.scores[partition][Int64(offset)] ?? []
            let rule = log.head(partition: Int32(partition), offset: Int64(offset), stream: stream)
            let expected = rule.map {
                VirtualTopics.Score(head: $0.head, number: $0.number, imagesBefore: images)
            }
            if found.isEmpty { complaints.append("partition \(partition), offset \(offset): never scored") }
            for score in found where score != expected {
                complaints.append(
                    "partition \(partition), offset \(offset), stream \(stream): scored by cut-over "
                        + "\(score.number) after \(score.imagesBefore) images, the rule says "
                        + "\(rule.map { "\($0.number)" } ?? "none") after \(images)"
                )
            }
            scores += found.count
            redelivered += max(0, found.count - 1)
            images += VirtualTopics.imagesPerShard
        }
        if topics.commits[partition].progress.images != images {
            complaints.append(
                "partition \(partition): \(topics.commits[partition].progress.images) images committed of "
                    + "\(images)"
            )
        }
    }
}
