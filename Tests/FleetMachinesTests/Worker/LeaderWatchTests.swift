import FleetMachines
import PipelineMessages
import Testing

/// A worker that can not read a partition leaves it to another; one whose partitions merely rest does not.
@Suite struct LeaderWatchTests {
    /// Owns partitions 0 and 1; the session is 10 s, so that it asks after 5 s of silence, every 2.5 s.
    private func owner(of partitions: [Int32] = [0, 1]) -> WorkerBench {
        var settings = WorkerSettings()
        settings.sessionMs = 10_000
        var bench = WorkerBench(settings)
        bench.own(partitions)
        return bench
    }

    /// Lets so many questions come, each answered so; returns what was asked for beside them and where the group stands.
    private func ask(
        _ bench: inout WorkerBench, times: Int, answered: [Int32] = [], silent: [Int32] = [], of count: Int
    ) -> [String] {
        (0..<times).flatMap { _ in
            bench.tell(.tick, afterMs: 2_500)
                + bench.tell(.leaders(.images, answered: answered, silent: silent, of: count))
        }.filter { !$0.hasPrefix("ask leaders") && !$0.hasPrefix("fetch") }
    }

    @Test func aPartitionWhoseLeaderIsSilentHereIsLeftToAnother() {
        var bench = owner()
        #expect(bench.tell(.tick, afterMs: 4_949).isEmpty)
        #expect(bench.tell(.tick, afterMs: 51) == ["ask leaders [0, 1]"])
        bench.tell(.leaders(.images, answered: [0], silent: [1], of: 8))
        #expect(bench.tell(.tick, afterMs: 2_500) == ["ask leaders [1]"])
        var words = ask(&bench, times: 4, answered: [0], silent: [1], of: 8)
        #expect(words.isEmpty)
        words = ask(&bench, times: 1, answered: [0], silent: [1], of: 8)
        #expect(words.count == 2 && words[1] == "leave")
        #expect(words[0].contains("partition 1 can not be read here, the leader has not answered for 20 s"))
        #expect(bench.tell(.revoked(lost: false)) == ["unassign"])
        // It joins again when the leader answers.
        words = ask(&bench, times: 4, silent: [1], of: 8)
        #expect(words.isEmpty)
        words = ask(&bench, times: 1, answered: [1], of: 8)
        #expect(words == ["say group: partition 1: its leader answers again; joining again", "join"])
        // Not again for the same partition: nobody may be able to read it.
        bench.own([0, 1])
        words = ask(&bench, times: 40, answered: [0], silent: [1], of: 8)
        #expect(words.isEmpty)
    }

    @Test func itComesBackAfterAMinute() {
        var bench = owner()
        let left = ask(&bench, times: 8, answered: [0], silent: [1], of: 8)
        #expect(left.last == "leave")
        bench.tell(.revoked(lost: false))
        let back = ask(&bench, times: 30, silent: [1], of: 8)
        #expect(back.last == "join")
    }

    @Test func whoeverAnswersMerelyRests() {
        var bench = owner()
        let words = ask(&bench, times: 200, answered: [0, 1], of: 8)
        #expect(words.isEmpty)
    }

    /// No leader is named, or nobody answers at all: another could not read it either, or the session tells.
    @Test func aSilentClusterIsNoReason() {
        var bench = owner()
        let words = ask(&bench, times: 200, answered: [0], of: 8) + ask(&bench, times: 200, of: 0)
        #expect(words.isEmpty)
    }

    @Test func aProcessThatSleptAsksFirst() {
        var bench = owner()
        bench.tell(.leaders(.images, answered: [0], silent: [1], of: 8))
        #expect(bench.tell(.tick, afterMs: 600_000) == ["ask leaders [0, 1]"])
    }

    @Test func aRecordIsAnAnswer() {
        var bench = owner()
        for offset in Int64(0)..<60 {
            let words = ask(&bench, times: 1, answered: [0], silent: [1], of: 8)
            #expect(!words.contains("leave"))
            _ = bench.takeShard(offset, partition: 1)
        }
    }

    /// Who has all partitions may be alone: the others would be read by nobody.
    @Test func whoHasEverythingStaysUnlessNothingCanBeRead() {
        var alone = owner()
        let stays = ask(&alone, times: 40, answered: [0], silent: [1], of: 2)
        #expect(stays.isEmpty)
        var standby = owner(of: [0])
        let leaves = ask(&standby, times: 8, silent: [0], of: 1)
        #expect(leaves.last == "leave")
    }
}
