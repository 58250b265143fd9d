import Artifacts
import PipelineMessages
import Testing

/// Lists that RecordBoundsTests is too small for.
@Suite struct ListBoundsTests {
    private func heartbeat(partitions: Int, head: HeadLabel? = nil) -> WorkerStatus {
        var status = WorkerStatus(
            worker: "w", incarnation: "i", host: "h", pid: 1, startedAtMs: 1,
            backbone: ContentDigest(of: [1]), isa: "scalar", replicas: 1)
        status.partitions = (0..<Int32(partitions)).map {
            .init(partition: $0, position: 123_456_789, head: head, blocked: nil)
        }
        return status
    }

    private func problem(_ status: WorkerStatus) -> String? {
        do throws(RecordError) {
            let back = try JSONRecord.decode(WorkerStatus.self, from: JSONRecord.encode(status))
            return back == status ? nil : "read back as another"
        } catch {
            return error.problem
        }
    }

    /// What `topics create` can make, all of it owned by one worker.
    @Test func aWorkerOfEveryPartitionIsHeard() {
        let label = HeadLabel("inspection@2026-11-30")
        #expect(problem(heartbeat(partitions: 10_000, head: label)) == nil)
        #expect(problem(heartbeat(partitions: RecordBounds.partitions)) == nil)
    }

    @Test func moreThanAWorkerNamesIsRefused() {
        #expect(
            problem(heartbeat(partitions: RecordBounds.partitions + 1))
                == "partitions has 16385 entries, more than 16384")
    }
}
