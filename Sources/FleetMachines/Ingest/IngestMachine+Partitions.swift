/// Partitions that were added to the shard topic since the start.
struct AddedPartitions: Sendable {
    /// When to count next.
    var countAtMs: Int64
    /// How many there are, where that is more than are used, and since when that is known.
    var found: (count: Int, sinceMs: Int64)?
    /// The lower count that was spoken of.
    var shrunkenTo: Int?
}

/// Partitions that are added to the shard topic while all runs: they are found, and used once workers can read them.
extension IngestMachine {
    /// Whether it is time to count them.
    mutating func isTimeToCount(_ now: Moment) -> Bool {
        guard now.steadyMs >= additions.countAtMs else { return false }
        additions.countAtMs = now.steadyMs + settings.partitionsMs
        return true
    }

    /// Takes the count.
    mutating func counted(_ count: Int, _ now: Moment) {
        answered(.partitionCount, now)
        guard endingSinceMs == nil, closedAtMs == nil else { return }
        let known = meters.count
        guard count > known else {
            // No topic loses partitions: it was created anew, or who answered is behind.
            if count < known, additions.shrunkenTo != count {
                actions.append(
                    .say(
                        "partitions: the broker knows \(count) of the shard topic, there were \(known); they are kept, and "
                            + "if the topic was created anew, ingest has to be restarted"))
            }
            additions.shrunkenTo = count < known ? count : nil
            return
        }
        additions.shrunkenTo = nil
        additions.found = (count, additions.found?.sinceMs ?? now.steadyMs)
        put(.start(partition: Int32(clamping: known)))
    }

    /// Takes where the next partition stands. It is used from now on if somebody has written to it: most likely a coordinator,
    /// a marker, and the workers have a head for it.
    mutating func started(_ partition: Int32, committed: Int64, end: Int64, _ now: Moment) {
        answered(.start(partition: partition), now)
        guard endingSinceMs == nil, closedAtMs == nil, let found = additions.found,
            partition == meters.count
        else { return }
        guard end > 0 || now.steadyMs - found.sinceMs >= settings.additionMs else { return }
        meters.append(BacklogMeter(recordBytesMax: settings.recordBytesMax, committed: committed, end: end))
        guard meters.count >= found.count else {
            return put(.start(partition: Int32(clamping: meters.count)))
        }
        additions.found = nil
        actions.append(
            .say("partitions: the shard topic has \(meters.count), and shards go to all of them from now on")
        )
    }
}
