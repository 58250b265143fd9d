internal import Artifacts
internal import FleetMachines
internal import PipelineMessages

/// The hand that follows the control topic, and the one that asks questions beside the reading.
extension SimulatedWorker {
    /// Returns whether there was something to read.
    func controlTurn() -> Bool {
        guard !isCutOff, !isControlStuck else { return false }
        let entries = broker.control(from: controlPosition).prefix(Int(world.random.within(1...8)))
        guard !entries.isEmpty else {
            controlPosition = max(controlPosition, broker.controlEnd)
            tell(.controlRead(below: controlPosition))
            if !hasControl {
                hasControl = true
                subscribe()
            }
            return false
        }
        for entry in entries {
            controlPosition = entry.offset + 1
            switch entry.content {
            case .manifest(let manifest):
                // Loading happens before the follower reads on.
                load(manifest.head, again: false)
                tell(.published(manifest))
            case .cutover(let record): tell(.cutover(record, offset: entry.offset))
            case .move(let move): tell(.move(move, offset: entry.offset))
            case .checkpoint(let checkpoint): tell(.checkpoint(checkpoint, offset: entry.offset))
            case .reset, .garbage: break
            }
            tell(.controlRead(below: controlPosition))
        }
        return true
    }

    func load(_ head: ContentDigest, again: Bool) {
        guard !machine.hasReady(head) else { return }
        let answer: Machine.Event =
            world.refuses(head, self)
            ? .headRefused(head, "does not like it") : .headReady(head, bytes: 1_000)
        guard again else { return tell(answer) }
        after(world.random.within(1...40)) { [self] in
            tell(world.fails(20) || isCutOff ? .headNotFetched(head) : answer)
        }
    }

    func answerControlEnd(_ serial: Int) {
        after(world.random.within(1...20)) { [self] in
            let end = world.fails(10) || isCutOff ? nil : broker.controlEnd
            after(world.random.within(world.fails(4) ? 40...250 : 1...20)) { [self] in
                tell(.controlEnd(end, serial: serial))
            }
        }
    }

    func askLeaders(_ partitions: [Int32], _ role: LeaderRole) {
        after(world.random.within(1...20)) { [self] in
            // Of a cluster that is out of reach nothing is known.
            guard !isCutOff else { return tell(.leaders(role, answered: [], silent: [], of: 0)) }
            func isSilent(_ partition: Int32) -> Bool {
                role == .images ? isDeaf(to: partition) : muteLeftMs(partition) > 0
            }
            tell(
                .leaders(
                    role, answered: partitions.filter { !isSilent($0) }, silent: partitions.filter(isSilent),
                    of: world.partitions))
        }
    }
}
