import FleetMachines
import Testing

/// Asking the nodes one after the other where a topic ends.
@Suite struct EndRoundTests {
    private func asked(_ round: inout EndRound, _ nodes: [Int32], times: Int) -> [Int32?] {
        (0..<times).map { _ in round.next(among: nodes) }
    }

    @Test func everyNodeHasItsTurn() {
        var round = EndRound()
        var order = asked(&round, [3, 1, 2], times: 7)
        #expect(order == [1, 2, 3, 1, 2, 3, 1])
        // One that is new, or back, is next.
        order = asked(&round, [3, 1, 2, 4], times: 4)
        #expect(order == [4, 2, 3, 1])
        _ = asked(&round, [1, 2, 4], times: 3)
        order = asked(&round, [1, 2, 3, 4], times: 1)
        #expect(order == [3])
    }

    @Test func oneNodeAloneHasNobodyToBeComparedWith() {
        var round = EndRound()
        let order =
            asked(&round, [1], times: 2) + asked(&round, [], times: 1) + asked(&round, [1, 1], times: 1)
        #expect(order == [nil, nil, nil, nil])
    }
}
