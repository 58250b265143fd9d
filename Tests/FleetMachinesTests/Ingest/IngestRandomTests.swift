import FleetMachines
import TestSupport
import Testing

/// The machine in worlds that answer in any order, late, or not at all.
@Suite struct IngestRandomTests {
    @Test func whateverTheOrderOfAnswersTheBoundHoldsAndEveryShardIsAccountedFor() {
        for seed in UInt64(0)..<1_000 {
            var world = IngestWorld(seed: seed)
            for step in 0..<400 where !world.hasEnded {
                world.step()
                #expect(world.fault == nil, "seed \(seed), step \(step)")
                if world.fault != nil { return }
            }
            world.settle()
            #expect(world.fault == nil, "seed \(seed), at the end")
            if world.fault != nil { return }
        }
    }
}

/// What must be true.
extension IngestWorld {
    /// Lets everything come to its end.
    mutating func settle() {
        for _ in 0..<10_000 where !hasEnded && !(waiting.isEmpty && toProduce.isEmpty) {
            produce()
            arrive()
            report()
            work()
            answer()
            nowMs += 20
            tell(.tick)
            check()
        }
        if !waiting.isEmpty { fault = fault ?? "waits for ever: \(machine)" }
        // A stop may have had its time.
        guard !hasEnded else { return judge() }
        checkRoom()
        tell(.closed)
        // Half of the hostile worlds never confirm the rest.
        let isSilent = isHostile && random.next() % 2 == 0
        if isSilent { tell(.stop) }
        for _ in 0..<2_000 where !hasEnded {
            if !isSilent {
                arrive()
                report()
            }
            nowMs += 20
            tell(.tick)
            check()
        }
        judge()
    }

    private mutating func judge() {
        let open = toProduce + inLibrary + toReport.map(\.shard)
        let openImages = open.reduce(0) { $0 + $1.images }
        func require(_ isTrue: Bool, _ text: String) { if !isTrue { fault = fault ?? "\(text): \(self)" } }
        require(
            offered.shards == confirmed.shards + givenUp.shards + lost.shards + open.count,
            "a shard is nowhere")
        require(
            machine.counts.images == confirmed.images && machine.counts.shards == confirmed.shards,
            "the summary is wrong")
        let account = machine.account
        require(
            account.imagesConfirmed == confirmed.images && account.shardsConfirmed == confirmed.shards
                && account.imagesOpen == givenUp.images + lost.images + openImages
                && account.shardsOpen == givenUp.shards + lost.shards + open.count,
            "the account is wrong")
        let first = (unsent + open.map(\.flight)).min()
        require(
            account.sendAgain.map(\.image) == (first.map { ["\($0)"] } ?? []), "sent again from elsewhere")
        switch ending {
        case .done: require(open.isEmpty && lost.shards == 0 && firstFailure == nil, "not all is confirmed")
        case .failed(let text):
            if let firstFailure { return require(text == firstFailure, "not the first failure") }
            require(text.hasPrefix("stopped: "), text)
            require(givenUp.shards + open.count > 0, "everything is confirmed")
        default: require(false, "it does not end")
        }
        if !isHostile { require(offered.shards == confirmed.shards, "a shard is not sent") }
    }

    /// Own bytes that are not committed, on their way included, stay within the bound, and the machine never says less.
    mutating func check() {
        var backlog = logs.enumerated().map { partition, log in
            log[Int(committed[partition])...].reduce(0) { $0 + ($1.isOwn ? $1.bytes : 0) }
        }
        for shard in toProduce + inLibrary { backlog[shard.partition] += shard.bytes }
        for (partition, bytes) in backlog.enumerated() where bytes > Self.backlogBytesMax {
            fault = fault ?? "\(bytes) bytes in partition \(partition): \(machine)"
        }
        if machine.backlogBytes < backlog.reduce(0, +) { fault = fault ?? "underestimated: \(machine)" }
        let open = waiting.count + toProduce.count + inLibrary.count + toReport.count
        if machine.shardsOpen != open { fault = fault ?? "\(open) shards are open: \(machine)" }
    }

    /// With everything committed only what is on its way takes room.
    private mutating func checkRoom() {
        committed = logs.map { Int64($0.count) }
        let all = committed.enumerated().map { (Int32($0.offset), $0.element) }
        tell(.committed(Dictionary(uniqueKeysWithValues: all)))
        let reserved = (inLibrary + toReport.map(\.shard)).reduce(0) { $0 + $1.bytes }
        if saysOffsets, machine.backlogBytes != reserved {
            fault = fault ?? "\(reserved) bytes are on their way: \(machine)"
        }
    }
}
