import Artifacts
import FleetMachines
import PipelineMessages
import Testing

/// What a coordinator says of partitions in which records wait.
@Suite struct WaitingPartitionTests {
    private func worker(owning partitions: [Int32], blocked: String? = nil) -> WorkerStatus {
        var status = WorkerStatus(
            worker: "w", incarnation: "1", host: "h", pid: 1, startedAtMs: 0,
            backbone: ContentDigest(of: [1]),
            isa: "scalar", replicas: 1)
        status.partitions = partitions.map {
            WorkerStatus.Partition(partition: $0, position: 0, head: nil, blocked: blocked)
        }
        return status
    }

    private func alarms(
        _ saved: [Int32: SavedPosition] = [:], ends: [Int32: Int64], begins: [Int32: Int64] = [:],
        _ worker: WorkerStatus?
    ) -> [String] {
        var bench = LedgerBench()
        for _ in 0..<13 {
            if let worker { bench.tell(.worker(worker)) }
            bench.answer(saved, ends: ends, begins: begins)
        }
        return bench.status.alarms
    }

    @Test func partitionsThatNobodyReadsAreAnAlarmWhileRecordsWaitInThem() {
        #expect(
            alarms(ends: [0: 4, 1: 0], nil) == ["partition 0: no worker is live, and 4 records wait there"])
        #expect(
            alarms(ends: [0: 4, 1: 3], worker(owning: [0]))
                == ["partition 1: no worker has them, and 3 records wait there"])
        #expect(alarms(ends: [0: 0, 1: 0], nil).isEmpty)
        #expect(alarms(ends: [0: 4, 1: 3], worker(owning: [0, 1])).isEmpty)
    }

    @Test func aPartitionThatWaitsForLongIsAnAlarm() {
        #expect(
            alarms(ends: [0: 4, 1: 0], worker(owning: [0, 1], blocked: "no head"))
                == ["partition 0 waits at w, 4 records: no head"])
    }

    @Test func whatRetentionTookUnreadAndWhatOthersCommittedAreAlarms() throws {
        let saved = [Int32(0): LedgerBench.saved(2, 5), 1: SavedPosition(offset: 3, metadata: "")]
        let alarms = alarms(saved, ends: [0: 9, 1: 3], begins: [0: 6], worker(owning: [0, 1]))
        #expect(alarms.count == 2)
        #expect(alarms[0].hasPrefix("partition 0: offsets 2 to 5 were deleted before they were read"))
        #expect(alarms[1].hasPrefix("partition 1: offset 3 was committed by something else"))
    }

    @Test func theHeartbeatSaysHowFarEachPartitionIs() {
        var bench = LedgerBench()
        bench.answer([0: LedgerBench.saved(2, 5)], ends: [0: 9, 1: 0])
        let partitions = bench.status.partitions
        #expect(partitions.map(\.partition) == [0])
        #expect(partitions[0].committedOffset == 2 && partitions[0].endOffset == 9)
    }
}
