import Artifacts
import FleetMachines
import PipelineMessages
import Testing

/// A worker of very many partitions is heard of, whatever they wait for.
@Suite struct HeartbeatOfManyTests {
    private func status(_ partitions: Int, waiting reason: String?) -> WorkerStatus {
        var status = WorkerStatus(
            worker: "w", incarnation: "1", host: "h", pid: 1, startedAtMs: 0, backbone: digest("b"),
            isa: "scalar", replicas: 1)
        status.partitions = (0..<partitions).map {
            WorkerStatus.Partition(
                partition: Int32($0), position: 1_000_000, head: label("a"), blocked: reason)
        }
        return status
    }

    @Test(arguments: [100, 4_800, 16_384])
    func itsRecordIsReadable(_ partitions: Int) throws {
        let reason = String(repeating: "why ", count: 200)
        let bytes = status(partitions, waiting: reason).encoded(within: 900_000)
        #expect(bytes.count <= 900_000)
        let read = try JSONRecord.decode(WorkerStatus.self, from: bytes)
        #expect(read.worker == "w" && read.partitions.allSatisfy { $0.blocked?.hasPrefix("why") == true })
        #expect(read.partitions.count == partitions || read.partitions.count > 4_000)
    }

    @Test func whatHasRoomIsWhole() {
        let whole = status(200, waiting: String(repeating: "why ", count: 200))
        #expect(whole.encoded(within: 900_000) == JSONRecord.encode(whole))
    }
}
