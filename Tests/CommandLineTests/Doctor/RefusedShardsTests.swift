import Artifacts
import ControlPlane
import FleetMachines
import PipelineMessages
import Testing
import hashiflex

/// A fleet that refuses every shard is not called right anywhere.
@Suite struct RefusedShardsTests {
    private func heartbeat(
        _ name: String = "w", atMs: Int64, dead: Int64, scored: Int64 = 0, life: String = "1"
    ) -> WorkerStatus {
        var status = WorkerStatus(
            worker: name, incarnation: life, host: "h", pid: 1, startedAtMs: 0,
            backbone: ContentDigest(of: [1]), isa: "scalar", replicas: 1)
        status.state = .running
        status.atMs = atMs
        status.deadLetters = dead
        status.imagesScored = scored
        return status
    }

    private func alarm(_ heartbeats: [WorkerStatus], ledger: [LedgerEntry] = []) -> String? {
        var refused = RefusedShards()
        for status in heartbeats { refused.take(status) }
        let live = Dictionary(heartbeats.map { ($0.worker, $0) }) { $1 }
        return refused.alarm(live.values.sorted { $0.worker < $1.worker }, ledger: ledger)
    }

    @Test func aWholeLifeOfDeadLettersIsSaid() throws {
        let text = try #require(alarm([heartbeat(atMs: 0, dead: 7)]))
        #expect(text.contains("7 dead letters"))
    }

    /// Years of good work do not hide that nothing is taken now.
    @Test func thatAllIsRefusedNowIsSaid() throws {
        let text = try #require(
            alarm([
                heartbeat(atMs: 0, dead: 0, scored: 9_000_000),
                heartbeat(atMs: 20_000, dead: 4, scored: 9_000_000),
            ]))
        #expect(text.contains("last 30 s") && text.contains("4 dead letters"))
    }

    @Test func whereAnImageIsScoredNothingIsSaid() {
        #expect(alarm([heartbeat(atMs: 0, dead: 0), heartbeat(atMs: 500, dead: 4, scored: 1)]) == nil)
        #expect(
            alarm([
                heartbeat("a", atMs: 0, dead: 0), heartbeat("a", atMs: 500, dead: 4),
                heartbeat("b", atMs: 0, dead: 0),
                heartbeat("b", atMs: 500, dead: 0, scored: 8),
            ]) == nil, "another worker scores")
        #expect(alarm([heartbeat(atMs: 0, dead: 0)]) == nil)
    }

    @Test func whatIsLongAgoIsForgotten() {
        #expect(
            alarm([
                heartbeat(atMs: 0, dead: 0, scored: 5), heartbeat(atMs: 500, dead: 4, scored: 5),
                heartbeat(atMs: 60_000, dead: 4, scored: 5),
            ]) == nil)
    }

    @Test func anotherLifeBeginsAnew() {
        #expect(
            alarm([
                heartbeat(atMs: 0, dead: 9), heartbeat(atMs: 500, dead: 0, life: "2"),
            ]) == nil)
    }

    @Test func aLedgerOfShardsWithoutAnImageIsSaidWhoeverLives() throws {
        #expect(
            try #require(alarm([], ledger: [LedgerEntry(worker: "w", images: 0, shards: 3)])).contains(
                "3 shards"))
        #expect(alarm([], ledger: [LedgerEntry(worker: "w", images: 1, shards: 3)]) == nil)
        #expect(alarm([], ledger: []) == nil)
    }

    @Test func theViewShowsAnAlarm() {
        var snapshot = FleetSnapshot()
        let now = Moment(steadyMs: 1_000, wallMs: 1_000_000)
        snapshot.take(.caughtUp, nil, atMs: 0)
        snapshot.take(.worker(heartbeat(atMs: 1, dead: 7)), nil, atMs: 500)
        #expect(snapshot.refusedShards(at: now) != nil)
        #expect(snapshot.lines(at: now).contains { $0.hasPrefix("ALARM: every shard") })
    }
}
