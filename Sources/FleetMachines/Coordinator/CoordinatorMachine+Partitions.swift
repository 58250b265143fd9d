internal import Cutover
internal import PipelineMessages

/// Partitions that are added to the shard topic while all runs: they are found, and get the heads in force.
extension CoordinatorMachine {
    /// Asks how many there are, again and again.
    mutating func countPartitions(_ now: Moment) {
        guard let atMs = term?.countAtMs, now.steadyMs >= atMs else { return }
        term?.countAtMs = now.steadyMs + settings.partitionsMs
        actions.append(.countPartitions)
    }

    /// Takes the count; returns whether there are more, with which everything begins anew.
    @discardableResult
    mutating func counted(_ count: Int, _ now: Moment) -> Bool {
        let known = settings.partitions.count
        guard count > known else {
            // No topic loses partitions: it was created anew, or who answered is behind.
            if count < known, shrunkenTo != count {
                actions.append(
                    .say(
                        "partitions: the broker knows \(count) of the shard topic, there were \(known); they are kept, and if "
                            + "the topic was created anew, this coordinator has to be restarted"))
            }
            shrunkenTo = count < known ? count : nil
            return false
        }
        shrunkenTo = nil
        settings.partitions = (0..<Int32(clamping: count)).map { $0 }
        actions.append(.say("partitions: the shard topic has \(count), there were \(known)"))
        begin(now)
        return true
    }

    /// Nothing is open: gives partitions that were added the heads in force, one slot after the other.
    mutating func extend(_ now: Moment) {
        guard let atMs = term?.additionAtMs, now.steadyMs >= atMs, term?.log.hasOpen == false else { return }
        term?.additionAtMs = now.steadyMs + settings.partitionsMs / 10
        guard let addition = term?.log.addition(settings.partitions, atMs: now.wallMs) else { return }
        let live = live(at: now)
        // Nobody may be there who could take them, or need a head. One that is in force nowhere any more nobody has to have: it is
        // loaded once it is asked for.
        guard
            live.contains(where: { $0.headsReady.contains(addition.head) })
                || !live.isEmpty && term?.log.isInForce(addition.head) == false,
            live.allSatisfy({ $0.frozenHeadRefusal == nil }), term?.log.manifests[addition.head] != nil
        else { return }
        term?.additionAtMs = now.steadyMs + settings.partitionsMs
        write(addition, now)
    }
}
