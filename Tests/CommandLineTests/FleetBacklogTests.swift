import Artifacts
import ControlPlane
import PipelineMessages
import Testing
import Threads
import hashiflex

/// What `top`, `fleet status` and `doctor` say of the heartbeats.
@Suite struct FleetBacklogTests {
    private func worker(_ name: String = "w") -> WorkerStatus {
        var status = WorkerStatus(
            worker: name, incarnation: "1", host: "h", pid: 1, startedAtMs: 0,
            backbone: ContentDigest(of: [1]), isa: "scalar", replicas: 1)
        status.state = .running
        status.atMs = Clock.wallMs
        return status
    }

    private func partition(
        _ number: Int32, begin: Int64?, committed: Int64?, end: Int64?
    ) -> LedgerPartition {
        var entry = LedgerPartition(partition: number)
        (entry.beginOffset, entry.committedOffset, entry.endOffset) = (begin, committed, end)
        return entry
    }

    private func lines(_ workers: [WorkerStatus], _ partitions: [LedgerPartition]?) -> [String] {
        var snapshot = FleetSnapshot()
        snapshot.take(.caughtUp, nil)
        for worker in workers { snapshot.take(.worker(worker), nil) }
        if let partitions {
            var status = CoordinatorStatus(coordinator: "c", atMs: Clock.wallMs)
            status.partitions = partitions
            snapshot.take(.coordinator(status), nil)
        }
        return snapshot.lines()
    }

    @Test func whatWaitsIsSaidWithTheWorstPartition() {
        var (first, second) = (worker("a"), worker("b"))
        (first.deadLetters, first.imageErrors) = (2, 1_000)
        (second.deadLetters, second.imageErrors) = (1, 3)
        let refused = "dead letters 3, images that could not be read 1,003"
        #expect(lines([first, second], nil).contains(refused), "nobody knows of a backlog")
        let done = partition(0, begin: 0, committed: 10, end: 10)
        #expect(lines([first, second], [done]).contains("nothing waits; " + refused))
        let partitions = [
            done,
            // Nobody has committed anything: what is still there waits.
            partition(1, begin: 5, committed: nil, end: 1_205),
            // Retention took what lies between.
            partition(2, begin: 100, committed: 40, end: 150),
            // Not learned.
            partition(3, begin: nil, committed: nil, end: nil),
        ]
        #expect(
            lines([first, second], partitions).contains(
                "1,250 records wait in 2 partitions, most in 1 (1,200); " + refused))
    }

    /// By the mean of what the partition's worker has opened, or all workers where it has none.
    @Test func whatWaitsIsSaidInBytes() {
        var (first, second) = (worker("a"), worker("b"))
        (first.shardBytes, second.shardBytes) = (100_000, 300_000)
        first.partitions = [.init(partition: 0, position: 0, head: nil, blocked: nil)]
        let partitions = (0..<Int32(2)).map { partition($0, begin: 0, committed: 0, end: 20) }
        #expect(
            lines([first, second], partitions).contains {
                // 20 of 100 kB and 20 of 200 kB.
                $0.hasPrefix("40 records (about 6.0 MB) wait in 2 partitions")
            })
        (first.shardBytes, second.shardBytes) = (RecordBounds.count.upperBound, nil)
        let most = [partition(0, begin: 0, committed: 0, end: RecordBounds.integerMax)]
        #expect(lines([first, second], most).contains { $0.contains(" MB) wait in 1 partitions") })
    }

    /// Of whatever anyone wrote.
    @Test func extremeBacklogsAreAdded() {
        let partitions = (0..<Int32(2_000)).map {
            partition($0, begin: 0, committed: 0, end: RecordBounds.integerMax)
        }
        #expect(
            lines([worker()], partitions).contains {
                $0.hasPrefix("9,223,372,036,854,775,807 records wait in 2000 partitions, most in ")
            })
    }

    @Test func aHeartbeatOfThousandsOfHeadsIsAFewLinesOfBoundedWidth() {
        for version in ["1", String(repeating: "v", count: 64)] {
            var status = worker()
            status.partitions = (0..<Int32(5_000)).map {
                .init(
                    partition: $0, position: 0, head: HeadLabel(name: "h\($0)", version: version),
                    blocked: "no head\nALARM: all is lost")
            }
            let lines = lines([status, worker("other")], nil)
            #expect(lines.count < 40 && lines.allSatisfy { $0.utf8.count < 400 }, "\(lines.count)")
            #expect(!lines.contains { $0.hasPrefix("ALARM: all") })
            #expect(lines.contains("w: 4,984 more partitions wait"))
            let row = lines.first { $0.hasPrefix("w ") }
            let heads = version == "1" ? "h0@1,h1000@1,h1001@1,h1002@1 and 4,996 more" : "v..."
            #expect(row?.contains(heads) == true, "\(row ?? "")")
        }
    }
}
