import Artifacts
import ControlPlane
import Coordinator
import Kafka
import PipelineMessages
import Testing
import Threads

/// Coordinators on an embedded broker, one test after another: each starts a broker and waits for elections.
@Suite(.serialized, .timeLimit(.minutes(3))) struct CoordinatorServiceTests {
    private func withDeployment(_ partitions: Int = 3, _ body: (Deployment) throws -> Void) throws {
        let deployment = try Deployment(partitions: partitions)
        defer { deployment.close() }
        try body(deployment)
    }

    /// A marker in each of `partitions`, the first at the offset that `committed` names; a second one says the same.
    private func expectFirstMarkers(
        _ deployment: Deployment,
        _ committed: CutoverRecord,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for (partition, markers) in try deployment.markers() {
            let own = markers.filter { $0.marker.request == committed.request }
            #expect(
                own.first?.offset == committed.offsets?.first { $0.partition == partition }?.offset,
                sourceLocation: sourceLocation)
            #expect(
                own.allSatisfy { $0.marker == CutoverMarker(of: committed) }, sourceLocation: sourceLocation)
        }
    }

    /// One marker in each of `partitions`, at the offset that `committed` names.
    private func expectOneMarkerEach(
        _ deployment: Deployment,
        _ committed: CutoverRecord,
        partitions: [Int32],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var found: [PartitionOffset] = []
        for (partition, markers) in try deployment.markers() {
            for (offset, marker) in markers where marker.request == committed.request {
                found.append(PartitionOffset(partition: partition, offset: offset))
                #expect(marker.number == committed.number, sourceLocation: sourceLocation)
                #expect(marker.head == committed.head, sourceLocation: sourceLocation)
                #expect(marker.label == committed.label, sourceLocation: sourceLocation)
                #expect(marker.slot == committed.slot, sourceLocation: sourceLocation)
            }
        }
        found.sort { $0.partition < $1.partition }
        #expect(found.map(\.partition) == partitions, sourceLocation: sourceLocation)
        #expect(committed.offsets == found, sourceLocation: sourceLocation)
    }

    @Test func twoCoordinatorsSwitchEveryPartitionOnce() throws {
        try withDeployment { deployment in
            let first = deployment.coordinator("c1")
            let second = deployment.coordinator("c2")
            try deployment.writeShards()
            let head = try deployment.publishHead("blue")
            try deployment.beat("w1", ready: [head])
            try deployment.beat("w2")
            try deployment.ask("r1", head)
            eventually("one of them leads") { first.isLeading || second.isLeading }
            try deployment.beat("w2", ready: [head])
            let committing = try deployment.wait(for: .committing, of: "r1")
            let committed = try deployment.wait(for: .committed, of: "r1")

            #expect(committing.scanFrom?.map(\.offset) == [1, 2, 3], "the ends before the markers")
            #expect(committed.offsets?.map(\.offset) == [1, 2, 3])
            #expect(committed.number == deployment.number(of: "r1"))
            try expectOneMarkerEach(deployment, committed, partitions: [0, 1, 2])
            // Whoever does not lead says so.
            eventually("the other one stands by") {
                (first.lines + second.lines).contains { $0.hasPrefix("standby: ") }
            }
        }
    }

    @Test func aRefusalSwitchesNothingAndSaysWhy() throws {
        try withDeployment { deployment in
            _ = deployment.coordinator("c1")
            let head = try deployment.publishHead("blue")
            let other = try deployment.publishHead("green")
            try deployment.beat("w1", ready: [head, other])
            try deployment.beat("w2", ready: [other], refused: [(head, "tuned on another backbone")])
            try deployment.ask("r1", head)
            var canary = deployment.record("r2", other)
            canary.partitions = [2]
            try deployment.writer.write(canary, topics: deployment.topics)
            var lost = deployment.record("r3", other)
            lost.partitions = [2, 99]
            try deployment.writer.write(lost, topics: deployment.topics)

            let aborted = try deployment.wait(for: .aborted, of: "r1")
            #expect(aborted.reasons == ["w2: tuned on another backbone"])
            // The next in line is not held up by it, and touches its own partitions only.
            let committed = try deployment.wait(for: .committed, of: "r2")
            try expectOneMarkerEach(deployment, committed, partitions: [2])
            #expect(try deployment.markers().keys.sorted() == [2])
            // Nor is anything switched of a request that names a partition which is not there.
            let unknown = try deployment.wait(for: .aborted, of: "r3")
            #expect(unknown.reasons?.first?.hasPrefix("partition 99 is not one of the ") == true)
            try expectOneMarkerEach(deployment, committed, partitions: [2])
        }
    }

    @Test func aFrozenHeadIsNotOutvotedAndTwoBackbonesAreAnAlarm() throws {
        try withDeployment { deployment in
            _ = deployment.coordinator("c1")
            let head = try deployment.publishHead("blue")
            let frozen = try deployment.publishHead("ice")
            try deployment.beat("w1", ready: [head])
            try deployment.beat("w2", frozen: frozen)
            var request = deployment.record("r1", head)
            (request.quorum, request.partitions) = (1, [0])
            try deployment.writer.write(request, topics: deployment.topics)
            let aborted = try deployment.wait(for: .aborted, of: "r1")
            #expect(aborted.reasons?.count == 1)
            #expect(aborted.reasons?.first?.hasPrefix("w2: head ice@v1 (") == true)
            #expect(try deployment.markers().isEmpty)
            try waitForStatus(deployment) { $0.alarms.contains { $0.hasPrefix("w2 runs frozen backbone") } }
        }
    }

    @Test func theNextCoordinatorCompletesWhatADeadOneBegan() throws {
        try withDeployment { deployment in
            let first = deployment.coordinator("c1")
            first.waitUntilLeading()
            let head = try deployment.publishHead("blue")
            try deployment.beat("w1", ready: [head])
            try deployment.ask("r1", head)
            let scored = try deployment.writeToShards(0, kind: .shard, value: [])
            try deployment.receipt("w1", partition: 0, offset: scored, before: 0)
            _ = try deployment.wait(for: .committed, of: "r1")
            try waitForStatus(deployment) { $0.coordinator == "c1" && $0.imagesCommitted == 10 }
            let second = deployment.coordinator("c2")
            first.stop()

            // What a coordinator leaves that dies between the markers of one cut-over.
            let later = try deployment.publishHead("green")
            var committing = deployment.record("r2", later)
            let number = try deployment.writer.write(
                RecordWriter.Record(
                    topic: deployment.topics.control,
                    key: ControlKey.cutover(request: "r2").bytes,
                    value: JSONRecord.encode(committing)
                )
            )
            let marker = CutoverMarker(
                number: number,
                request: "r2",
                slot: .standard,
                head: later.head,
                label: later.label
            )
            let offset = try deployment.writeToShards(1, kind: .marker, value: JSONRecord.encode(marker))
            committing.state = .committing
            committing.number = number
            committing.scanFrom = (0..<3).map { PartitionOffset(partition: $0, offset: 1) }
            try deployment.writer.write(committing, topics: deployment.topics)
            let next = try deployment.writeToShards(0, kind: .shard, value: [])
            try deployment.receipt("w2", partition: 0, offset: next, before: 10)

            second.waitUntilLeading()
            let committed = try deployment.wait(for: .committed, of: "r2")
            #expect(committed.offsets?.first { $0.partition == 1 }?.offset == offset)
            #expect(committed.number == number)
            try expectOneMarkerEach(deployment, committed, partitions: [0, 1, 2])
            // The ledger goes on where the first coordinator's last heartbeat left it.
            try waitForStatus(deployment) { status in
                status.coordinator == "c2" && status.imagesCommitted == 20 && status.alarms.isEmpty
                    && status.ledger.map(\.images) == [10, 10]
            }
        }
    }

    @Test func aCoordinatorThatWakesUpLateChangesNothing() throws {
        try withDeployment { deployment in
            let frozen = Signal()
            let thaw = Signal()
            // Its reading freezes when it reads its own decision back; what it has begun to write it goes on with.
            _ = deployment.coordinator("zombie") { line in
                guard line.contains("the workers are ready") else { return }
                frozen.set()
                thaw.wait()
            }
            defer { thaw.set() }
            let head = try deployment.publishHead("blue")
            try deployment.beat("w1", ready: [head])
            try deployment.ask("r1", head)
            var record = try deployment.wait(for: .committing, of: "r1")
            eventually("it froze") { frozen.isSet }

            // Another one takes over: it completes the cut-over and somebody asks for the next.
            record.number = deployment.number(of: "r1")
            let marker = try #require(CutoverMarker(of: record))
            #expect(marker.token?.count == 32)
            for partition in 0..<Int32(3) {
                try deployment.writeToShards(partition, kind: .marker, value: JSONRecord.encode(marker))
            }
            record.offsets = try deployment.markers().sorted { $0.key < $1.key }.map { partition, markers in
                PartitionOffset(
                    partition: partition, offset: try #require(markers.first { $0.marker == marker }).offset)
            }
            record.state = .committed
            try deployment.writer.write(record, topics: deployment.topics)
            let later = try deployment.publishHead("green")
            try deployment.beat("w1", ready: [head, later])
            try deployment.ask("r2", later)

            thaw.set()
            let next = try deployment.wait(for: .committed, of: "r2")
            try expectFirstMarkers(deployment, next)
            // Whoever wrote first: the log has one answer, and every record says the same.
            let first = try #require(
                deployment.cutovers.first { $0.record.request == "r1" && $0.record.state == .committed }?
                    .record)
            try expectFirstMarkers(deployment, first)
            // Whatever it wrote about the first cut-over says the same.
            for (repeated, _) in deployment.cutovers
            where repeated.request == "r1" && repeated.state == .committed {
                #expect(repeated.token == record.token)
            }
        }
    }

    @Test func aMissingTopicIsSaidAtOnce() throws {
        let broker = try EmbeddedBroker(topics: [(TopicNames.embeddedBrokerSign, 1)])
        defer { broker.close() }
        let topics = try #require(TopicNames(prefix: "nowhere"))
        let service = CoordinatorService(
            CoordinatorOptions(name: "c", kafka: broker.configuration, topics: topics),
            log: { _ in }
        )
        do throws(KafkaError) {
            try service.run()
            Issue.record("it runs without topics")
        } catch {
            #expect(error.code == KafkaError.Code.unknownTopicOrPartition)
            #expect("\(error)".contains("hashiflex topics create"))
        }
    }

    private func waitForStatus(
        _ deployment: Deployment,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: (CoordinatorStatus) -> Bool
    ) throws {
        let tail = try StatusTail(
            deployment.broker.configuration,
            topics: deployment.topics,
            from: .beginning
        )
        defer { tail.close() }
        var last: CoordinatorStatus?
        eventually("the heartbeat says so", sourceLocation: sourceLocation) {
            guard case .coordinator(let status) = tail.poll(timeoutMs: 50) else { return false }
            last = status
            return condition(status)
        }
        if let last, !condition(last) {
            Issue.record("the last heartbeat is \(last)", sourceLocation: sourceLocation)
        }
    }
}
