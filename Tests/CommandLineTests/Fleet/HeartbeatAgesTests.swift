import ControlPlane
import FleetMachines
import Testing
import hashiflex

/// The one rule for the age of heartbeats.
@Suite struct HeartbeatAgesTests {
    private static let wallMs: Int64 = 1_700_000_000_000
    private let sender = HeartbeatSender(.worker, "w")

    /// A moment so long after the reading began, by clocks that agree.
    private func at(_ milliseconds: Int64) -> Moment {
        Moment(steadyMs: milliseconds, wallMs: Self.wallMs + milliseconds)
    }

    private func stamp(_ milliseconds: Int64, isBrokers: Bool = true) -> StatusTail.Stamp {
        StatusTail.Stamp(atMs: Self.wallMs + milliseconds, isBrokers: isBrokers)
    }

    @Test func whatIsHeardIsAsOldAsTheTimeSince() {
        for wrong in [stamp(-3_600_000), stamp(3_600_000, isBrokers: false), nil] {
            var ages = HeartbeatAges()
            ages.caughtUp(atMs: 100)
            ages.take(sender, wrong, atMs: 500)
            #expect(
                ages.age(of: sender, at: at(2_000)) == HeartbeatAge(milliseconds: 1_500, source: .heard))
            #expect(ages.isLive(sender, at: at(10_499)) && !ages.isLive(sender, at: at(10_500)))
            #expect(ages.heardMs(of: sender) == 500 && !ages.mayTellMore(sender, at: at(20_000)))
        }
    }

    /// The broker's clock is an hour ahead of ours, or behind it: one heartbeat that comes tells the age of all.
    @Test(arguments: [-3_600_000, 0, 3_600_000] as [Int64])
    func oneHeartbeatTellsTheBrokersTime(_ ahead: Int64) {
        var ages = HeartbeatAges()
        let (recent, dead) = (HeartbeatSender(.coordinator), HeartbeatSender(.fleet, "f"))
        ages.take(recent, stamp(ahead - 4_000), atMs: 0)
        ages.take(dead, stamp(ahead - 12_000), atMs: 0)
        ages.caughtUp(atMs: 0)
        #expect(ages.mayTellMore(.coordinator, at: at(0)) && ages.mayTellMore(.fleet, at: at(0)))
        #expect(!ages.mayTellMore(.worker, at: at(0)), "nobody was ever there")
        #expect(!ages.isTold([.coordinator], at: at(100)))
        ages.take(sender, stamp(ahead + 300), atMs: 300)
        #expect(ages.isTold([.coordinator, .fleet, .worker], at: at(300)))
        #expect(ages.age(of: recent, at: at(500)) == HeartbeatAge(milliseconds: 4_500, source: .broker))
        #expect(ages.isLive(recent, at: at(500)) && !ages.isLive(dead, at: at(500)))
        #expect(!ages.isLive(recent, at: at(6_000)))
        #expect(ages.youngest(.fleet, at: at(300)) == HeartbeatAge(milliseconds: 12_300, source: .broker))
    }

    /// A sender's stamp can not be compared with the broker's: that sender is listened for.
    @Test func aSendersStampIsNotComparedWithTheBrokersTime() {
        var ages = HeartbeatAges()
        ages.take(sender, stamp(-60_000, isBrokers: false), atMs: 0)
        ages.caughtUp(atMs: 0)
        ages.take(HeartbeatSender(.coordinator), stamp(200), atMs: 200)
        #expect(ages.mayTellMore(sender, at: at(200)) && !ages.isTold([.worker], at: at(200)))
        #expect(ages.age(of: sender, at: at(200))?.source == .sender)
        ages.take(sender, stamp(-59_600, isBrokers: false), atMs: 400)
        #expect(ages.isLive(sender, at: at(400)) && ages.isTold([.worker], at: at(400)))
    }

    /// Whoever looks live by its own stamp would look so after listening in vain as well.
    @Test func aSenderThatLooksLiveIsNotWaitedFor() {
        for (milliseconds, isTold) in [(-2_000, true), (2_000, true), (-60_000, false), (60_000, false)]
            as [(Int64, Bool)]
        {
            var ages = HeartbeatAges()
            ages.take(sender, stamp(milliseconds, isBrokers: false), atMs: 0)
            ages.caughtUp(atMs: 0)
            #expect(ages.isTold([.worker], at: at(10)) == isTold, "\(milliseconds)")
        }
    }

    @Test func whereNobodyBeatsOurClockIsAskedInBothDirections() {
        for isBrokers in [true, false] {
            for (milliseconds, isFresh) in [
                (-9_000, true), (-11_000, false), (9_000, true), (63_000, false), (-3_600_000, false),
            ] as [(Int64, Bool)] {
                var ages = HeartbeatAges()
                ages.take(sender, stamp(milliseconds, isBrokers: isBrokers), atMs: 0)
                ages.caughtUp(atMs: 0)
                #expect(ages.isLive(sender, at: at(0)) == isFresh, "\(milliseconds)")
            }
        }
    }

    /// However young a stamp ahead of our clock looks, who has kept silent while we listened is not there.
    @Test func nobodyIsYoungerThanTheSilence() {
        var ages = HeartbeatAges()
        ages.take(sender, stamp(12_000, isBrokers: false), atMs: 0)
        ages.caughtUp(atMs: 0)
        #expect(!ages.isLive(sender, at: at(0)) && ages.isLive(sender, at: at(9_000)))
        #expect(ages.age(of: sender, at: at(12_000))?.milliseconds == 12_000)
        #expect(!ages.isLive(sender, at: at(12_000)))
    }

    @Test func listeningEndsForThoseWhoAreSilent() {
        var ages = HeartbeatAges()
        ages.take(sender, stamp(0), atMs: 0)
        #expect(!ages.isTold([], at: at(60_000)), "the reading has not come to its end")
        ages.caughtUp(atMs: 60_000)
        ages.caughtUp(atMs: 61_000)
        #expect(ages.isTold([.fleet], at: at(60_000)))
        #expect(!ages.isTold([.worker], at: at(62_499)) && ages.isTold([.worker], at: at(62_500)))
        ages.forget(sender)
        #expect(ages.isTold([.worker], at: at(60_000)) && ages.age(of: sender, at: at(60_000)) == nil)
    }

    /// Anyone may write any stamp into a topic that keeps the senders'.
    @Test func noStampIsTooFarAway() {
        for milliseconds in [Int64.min, .max] {
            var ages = HeartbeatAges()
            let wild = StatusTail.Stamp(atMs: milliseconds, isBrokers: true)
            ages.take(HeartbeatSender(.fleet, "f"), wild, atMs: 0)
            ages.caughtUp(atMs: 0)
            #expect(!ages.isLive(HeartbeatSender(.fleet, "f"), at: at(100)))
            ages.take(sender, StatusTail.Stamp(atMs: ~milliseconds, isBrokers: true), atMs: 0)
            #expect(ages.isLive(sender, at: at(100)))
            #expect(!ages.isLive(HeartbeatSender(.fleet, "f"), at: at(100)))
        }
    }
}
