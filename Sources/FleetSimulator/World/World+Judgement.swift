internal import Artifacts
internal import Cutover
internal import FleetMachines
internal import PipelineMessages

/// What must hold at every step; judged from the topics, by none of the code that is judged.
extension World {
    /// A worker holds no more than it may.
    func judge(_ worker: SimulatedWorker) {
        let held = worker.machine.recordsHeld
        // Handed on and waiting; of partitions that rest, records of some milliseconds are still on their way.
        if held > 12 + 12 + 16 { complain("\(worker.name) holds \(held) records") }
        if !worker.machine.countsRight { complain("\(worker.name) counts other records than it has") }
    }

    /// A coordinator writes markers only for what was decided first, whoever decided it.
    func judge(_ marker: CutoverMarker, by coordinator: SimulatedCoordinator) {
        let first = broker.controlHistory.lazy.compactMap { entry -> CutoverRecord? in
            guard case .cutover(let record) = entry.content, record.request == marker.request,
                record.state == .committing || record.state == .aborted, record.number ?? 0 <= entry.offset
            else { return nil }
            return record
        }.first
        guard first?.state == .committing, first?.token == marker.token else {
            return complain(
                "\(coordinator.name) wrote a marker of \(marker.request), whose first decision is "
                    + "\(first?.state.rawValue ?? "missing")")
        }
    }

    /// A coordinator writes no heartbeat that readers refuse.
    func judge(_ status: CoordinatorStatus, by coordinator: SimulatedCoordinator) {
        var bounds = BoundsCheck()
        status.check(&bounds)
        if let problem = bounds.problem {
            complain("\(coordinator.name) wrote a heartbeat that nobody reads: \(problem)")
        }
    }

    /// Nothing of a shard is published that differs from what was published before.
    func judge(_ outcome: SimulatedBroker.Outcome, partition: Int32, offset: Int64) {
        trace("p\(partition)@\(offset) published by cut-over \(outcome.number ?? -1)")
        let all = broker.outcomes[Int(partition)][offset] ?? []
        guard let first = all.first else { return }
        if !first.isSame(as: outcome) {
            complain("p\(partition)@\(offset): published twice with different bytes")
        }
        // A move counts from the receipts that it finds; what was published without one may have counted otherwise.
        if first.imagesBefore != outcome.imagesBefore, !plan.isForgetful {
            complain("p\(partition)@\(offset): receipted twice with different counts")
        }
    }

    /// A commit that reached the broker.
    func store(_ commit: PartitionCommit, by worker: SimulatedWorker) {
        accept(commit, worker)
    }

    /// A transaction that is committed at the broker.
    func commit(_ transaction: SimulatedBroker.Transaction, by worker: SimulatedWorker) {
        guard transaction.state == .open else { return }
        transaction.state = .committed
        for (_, commit) in transaction.offsets.sorted(by: { $0.key < $1.key }) { accept(commit, worker) }
    }

    private func accept(_ commit: PartitionCommit, _ worker: SimulatedWorker) {
        let partition = commit.partition
        let saved = SavedPosition(offset: commit.offset, metadata: commit.progress.text)
        let before = followMove(partition, commit.progress.moved, by: worker)
        broker.offsets[partition] = saved
        truth[Int(partition)].committed = saved.offset
        trace("\(worker.name) commits p\(partition)@\(saved.offset)")
        guard saved.offset >= before else {
            return complain("\(worker.name) moved p\(partition) back from \(before) to \(saved.offset)")
        }
        guard saved.offset <= broker.shards[Int(partition)].count else {
            return complain("\(worker.name) committed p\(partition)@\(saved.offset), beyond its end")
        }
        // What a person has passed over stays so where a fleet that was set back before it goes on behind it.
        let passedOver = truth[Int(partition)].passedOver
        for offset in before..<saved.offset
        where !isMarker(partition, offset) && !passedOver.contains(where: { $0.contains(offset) }) {
            let visible = visibleOutcomes(partition, offset)
            if visible.isEmpty {
                complain("p\(partition)@\(offset) was committed by \(worker.name), not delivered")
            }
        }
        if saved.metadata.utf8.count > PartitionProgress.textBytesMax {
            complain("\(worker.name) wrote \(saved.metadata.utf8.count) bytes beside an offset")
        }
    }

    private func isMarker(_ partition: Int32, _ offset: Int64) -> Bool {
        if case .marker = broker.shards[Int(partition)][Int(offset)].record { return true }
        return false
    }

    func visibleOutcomes(_ partition: Int32, _ offset: Int64) -> [SimulatedBroker.Outcome] {
        (broker.outcomes[Int(partition)][offset] ?? []).filter {
            $0.transaction == nil || $0.transaction?.state == .committed
        }
    }
}
