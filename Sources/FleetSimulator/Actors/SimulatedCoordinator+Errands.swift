internal import FleetMachines
internal import PipelineMessages

/// The hand that asks, searches and writes for cut-overs and moves, one thing after the other.
extension SimulatedCoordinator {
    func runErrand() {
        guard !isBusy, !errands.isEmpty else { return }
        isBusy = true
        switch errands.removeFirst() {
        case .findEnds(let errand):
            answer(errand) { [self] in
                let ends = broker.shards.indices.map {
                    PartitionOffset(partition: Int32($0), offset: Int64(broker.shards[$0].count))
                }
                return .ends(ends, token: world.token(), errand: errand)
            }
        case .findMarkers(let record, let errand):
            answer(errand) { [self] in
                let found = (record.scanFrom ?? []).compactMap { from in
                    broker.firstMarker(of: record, in: from.partition, from: from.offset).map {
                        PartitionOffset(partition: from.partition, offset: $0)
                    }
                }
                return .markers(found, errand: errand)
            }
        case .writeMarkers(let record, let partitions, let errand): mark(record, partitions, errand)
        case .write(let record, let errand):
            answer(errand, applying: { [broker] in broker.appendControl(.cutover(record)) }) {
                .written(errand: errand)
            }
        case .checkTopic(let stood, let errand):
            // Of an empty partition nothing can be told.
            answer(errand) { [self] in
                let anew = stood.map(\.partition).filter { world.isReplaced && broker.extent($0).end > 0 }
                return .topicChecked(anew: anew, errand: errand)
            }
        case .writeMoves(let moves, let errand):
            answer(
                errand,
                applying: { [broker] in for named in moves { broker.appendControl(.move(named.move)) } }
            ) {
                .written(errand: errand)
            }
        default: world.complain("\(name): no errand")
        }
    }

    /// Does something at the broker and answers, each after a while; either may get lost.
    private func answer(
        _ errand: Int, applying apply: @escaping () -> Void = {}, _ body: @escaping () -> CoordinatorEvent
    ) {
        let isLost = world.fails(15)
        let isApplied = !isLost || world.random.oneIn(2)
        after(world.random.within(world.fails(6) ? 20...150 : 1...10)) { [self] in
            if isApplied { apply() }
            let event = body()
            after(world.random.within(1...10)) { [self] in
                isBusy = false
                if !errands.isEmpty { after(world.random.within(1...4)) { [self] in runErrand() } }
                if isLost { world.report.lostCalls += 1 }
                tell(isLost ? .errandFailed(world.failure("no answer"), errand: errand) : event)
            }
        }
    }

    /// One marker after the other, with time to die or sleep between any two.
    private func mark(_ record: CutoverRecord, _ partitions: [Int32], _ errand: Int) {
        guard let marker = CutoverMarker(of: record), let next = partitions.first else {
            isBetweenMarkers = false
            return answer(errand) { .written(errand: errand) }
        }
        after(world.random.within(1...6)) { [self] in
            isBetweenMarkers = partitions.count > 1
            world.judge(marker, by: self)
            broker.shards[Int(next)].append(.init(record: .marker(marker), images: 0, isReadable: false))
            mark(record, Array(partitions.dropFirst()), errand)
        }
    }
}
