internal import Cutover
internal import FleetMachines
internal import PipelineMessages

/// The shard topic is deleted and created anew, and the control topic is not: what stands there of offsets is of another topic.
extension World {
    /// How long a fleet has to find out, and how long that has to hold, milliseconds.
    private static let newTopicMs: Int64 = 2_500

    /// Lets the fleet, which has read everything, find itself before another topic.
    func replaceTopic() {
        // Nobody does that while something is still under way.
        let openUntil = nowMs + Self.newTopicMs
        advance { openMoves.isEmpty || nowMs >= openUntil }
        guard report.complaints.isEmpty else { return }
        if let open = openMoves.first {
            return complain("the move at \(open) of the control topic is settled by nobody")
        }
        let ends = broker.shards.map(\.count)
        let noted = partitionsNoted
        let log = fold(broker.control)
        replacedAtMs = nowMs
        report.replaced += 1
        trace("the shard topic is created anew")
        for partition in broker.shards.indices {
            broker.replacePartition(partition)
            truth[partition] = Truth()
        }
        // Kafka forgets the offsets with the topic.
        broker.offsets = [:]
        broker.group.shake(nowMs: nowMs)
        // Some know what was before, some are told of it. Answers of the old topic do not come late.
        for worker in workers where !worker.isTwin && (worker.isMute || random.oneIn(2)) { worker.kill() }
        for coordinator in coordinators where random.oneIn(2) {
            coordinator.kill()
            coordinator.start()
        }
        for partition in broker.shards.indices { fill(partition, to: Int64(ends[partition])) }
        let until = nowMs + Self.newTopicMs
        advance { nowMs >= until }
        guard report.complaints.isEmpty else { return }
        if !isReplacementTold { complain("the topic is another one, and nobody says so") }
        for partition in broker.shards.indices {
            judgeNewTopic(partition, isNoted: noted.contains(Int32(partition)), log)
        }
    }

    /// The newest move of each partition, where nobody has said that it is settled; older ones are nobody's to carry out any more.
    private var openMoves: [Int64] {
        var open: [Int32: Int64] = [:]
        for entry in broker.controlHistory {
            guard case .move(let move) = entry.content else { continue }
            if move.settled == nil {
                open[move.partition] = entry.offset
            } else if open[move.partition] ?? .max <= move.settled ?? -1 {
                open[move.partition] = nil
            }
        }
        return open.values.sorted()
    }

    /// Sensors go on: some partitions stay shorter than they were, some get longer, soon or late. Not at once: what is longer again
    /// before anybody has looked nobody can tell from what was there (`FleetMachines`, decision 0009).
    private func fill(_ partition: Int, to end: Int64) {
        let wanted = random.within(0...end + 6)
        guard wanted > 0 else { return }
        after(random.within(200...1_000)) { [self] in
            for _ in 0..<wanted {
                broker.shards[partition].append(
                    .init(record: .shard(stream: random.pick(Self.streams)), images: 1, isReadable: true))
            }
        }
    }

    /// Nothing goes on where another topic stood, nor beyond the first place where a head of another topic came into force.
    private func judgeNewTopic(_ partition: Int, isNoted: Bool, _ log: ActivationLog) {
        let scored = broker.outcomes[partition].keys.max() ?? -1
        if isNoted, scored >= 0 || broker.offsets[Int32(partition)] != nil {
            complain("p\(partition): goes on in another topic, and has scored up to \(scored)")
        }
        let marker = (0...max(0, scored)).first { log.marker(partition: Int32(partition), at: $0) != nil }
        if let marker, scored >= marker {
            complain("p\(partition)@\(scored): scored behind the marker of another topic at \(marker)")
        }
    }
}
