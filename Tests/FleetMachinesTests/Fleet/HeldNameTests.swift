import FleetMachines
import Testing

/// When a worker asks another node to be let in, and when it waits for nobody.
@Suite struct HeldNameTests {
    private func isSilent(_ name: inout HeldName, _ times: [Int64]) -> [Bool] {
        times.map { name.isSilent(nowMs: $0) }
    }

    private func member() -> HeldName {
        var name = HeldName(sessionMs: 10_000)
        name.joins(nowMs: 0)
        name.isIn(nowMs: 1_000)
        return name
    }

    /// Its first node may be cut off from its peers already.
    @Test func theFirstJoinIsWatched() {
        var name = HeldName(sessionMs: 10_000)
        name.joins(nowMs: 1_000)
        #expect(isSilent(&name, [30_999, 31_000, 60_999, 61_000]) == [false, true, false, true])
        name.isIn(nowMs: 62_000)
        #expect(isSilent(&name, [1_000_000]) == [false])
    }

    /// A new client has just joined when the wait begins anew.
    @Test func theNextNodeHasItsTimeToo() {
        var name = HeldName(sessionMs: 10_000)
        name.joins(nowMs: 0)
        #expect(isSilent(&name, [30_000]) == [true])
        name.joinsAgain(nowMs: 34_000)
        #expect(isSilent(&name, [59_999, 60_000]) == [false, true])
    }

    /// The group says that everything is taken back when it is left, and is not waited for.
    @Test(arguments: [false, true]) func whoIsOutsideStaysOutside(_ isLost: Bool) {
        var name = member()
        name.leaves()
        name.isRevoked(lost: isLost)
        name.gaveBack(nowMs: 2_000)
        #expect(name.isOutside)
        #expect(isSilent(&name, [7_000, 32_000, 482_000]) == [false, false, false])

        name.joins(nowMs: 482_000)
        #expect(!name.isOutside)
        // What was lost before is over.
        #expect(isSilent(&name, [511_999, 512_000]) == [false, true])
    }

    @Test func whoIsFencedOutsideStaysOutside() {
        var name = member()
        name.leaves()
        let waitMs = name.lost(nowMs: 2_000, draw: 0)
        #expect(waitMs != nil && name.againMs != nil)
        name.gaveBack(nowMs: 2_100)
        name.joinsAgain(nowMs: 6_000)
        #expect(name.isOutside && name.againMs == nil)
        #expect(isSilent(&name, [36_000, 400_000]) == [false, false])
    }

    @Test func whoWasLetInIsNotOutside() {
        var name = member()
        name.leaves()
        name.isIn(nowMs: 2_000)
        #expect(!name.isOutside)
        name.isRevoked(lost: false)
        name.gaveBack(nowMs: 3_000)
        #expect(isSilent(&name, [32_999, 33_000]) == [false, true])
    }

    /// Finished work takes its time to leave; until then the group waits, not the worker.
    @Test func theWaitBeginsWhenEverythingIsGivenBack() {
        var name = member()
        name.isRevoked(lost: false)
        #expect(isSilent(&name, [40_000]) == [false])
        name.gaveBack(nowMs: 41_000)
        #expect(isSilent(&name, [70_999, 71_000]) == [false, true])
    }

    @Test func afterALostSessionTheWaitIsShort() {
        var name = member()
        name.isRevoked(lost: true)
        name.gaveBack(nowMs: 10_000)
        #expect(isSilent(&name, [14_999, 15_000]) == [false, true])
    }

    /// The join after the name was lost is watched from when it is sent, whatever was waited for before.
    @Test func theJoinAfterTheNameWasLostIsWatched() {
        var name = member()
        name.isRevoked(lost: true)
        name.gaveBack(nowMs: 10_000)
        let waitMs = name.lost(nowMs: 12_000, draw: 0)
        #expect(waitMs == RejoinPolicy.waitMs.lowerBound)
        #expect(name.againMs == 12_000 + RejoinPolicy.waitMs.lowerBound)
        name.gaveBack(nowMs: 12_100)
        #expect(isSilent(&name, [14_999]) == [false])
        name.joinsAgain(nowMs: 15_000)
        #expect(isSilent(&name, [44_999, 45_000]) == [false, true])
    }

    /// Of two actions that wait the worker comes back before its new client is made.
    @Test func whoComesBackWhileItsNameIsLostWaitsFromTheNewClientOn() {
        var name = member()
        name.leaves()
        let waitMs = name.lost(nowMs: 2_000, draw: 0)
        #expect(waitMs != nil)
        name.joins(nowMs: 3_000)
        #expect(!name.isOutside && name.againMs != nil)
        name.joinsAgain(nowMs: 5_000)
        #expect(isSilent(&name, [34_999, 35_000]) == [false, true])
    }
}
