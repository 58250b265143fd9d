import Kafka
import Testing

extension OnBroker {
    @Suite struct Groups {
        @Test func committedMetadataComesBackToAnyoneWhoAsks() throws {
            try withBroker([("t", 2)]) { broker in
                let first = TopicPartition(topic: "t", partition: 0)
                let second = TopicPartition(topic: "t", partition: 1)
                let producer = try KafkaProducer(broker.configuration)
                try producer.deliver("t", [bytes("a"), bytes("b"), bytes("c")])

                let reader = try Reader(broker)
                try reader.consumer.subscribe(["t"])
                try reader.read(3)
                #expect(reader.owned == [first, second])
                let note = "head=défauts@v7;" + String(repeating: "x", count: 300)
                try reader.consumer.commit(
                    [.init(first, offset: 2, metadata: note)],
                    synchronously: true
                )

                let asker = try KafkaConsumer(broker.configuration, groupID: "g")
                var known = try asker.committed([first, second])
                #expect(known[first]?.offset == 2)
                #expect(known[first]?.metadata == note)
                #expect(known[second]?.offset == nil)
                #expect(known[second]?.metadata == "")

                // As confluent-kafka for Python writes it back.
                try reader.consumer.commit(
                    [.init(first, offset: 2, metadata: note + "\0")], synchronously: true)
                known = try asker.committed([first])
                #expect(known[first]?.metadata == note)

                // Committing works without joining, and without metadata clears it.
                try reader.consumer.commit([.init(first, offset: 3)], synchronously: false)
                try eventually("the commit nobody waits for") {
                    try reader.step()
                    known = try asker.committed([first])
                    return known[first]?.offset == 3
                }
                #expect(known[first]?.metadata == "")
                #expect(reader.errors == [])

                // Another group has committed nothing.
                let stranger = try KafkaConsumer(broker.configuration, groupID: "other")
                #expect(try stranger.committed([first])[first]?.offset == nil)
            }
        }

        @Test func membersSharePartitionsAndTheOneLeavingHandsItsOver() throws {
            try withBroker([("t", 6)]) { broker in
                let all = Set((0..<6).map { TopicPartition(topic: "t", partition: $0) })
                let one = TopicPartition(topic: "t", partition: 0)
                let first = try Reader(broker)
                first.commitsOnRevocation = [OffsetCommit(one, offset: 7)]
                try first.consumer.subscribe(["t"])
                try eventually("the first member owns everything") {
                    try first.step()
                    return first.owned == all
                }
                let second = try Reader(broker)
                try second.consumer.subscribe(["t"])
                // On a busy machine the members may be told to join once more before they agree.
                try eventually("they share everything") {
                    try first.step()
                    try second.step()
                    return first.owned.count == 3 && first.owned.isDisjoint(with: second.owned)
                        && first.owned.union(second.owned) == all
                }
                #expect(first.revocations.first.map { Set($0.partitions) } == all)
                #expect(first.revocations.allSatisfy { !$0.lost })
                // Kafka takes commits of the old generation while members join again; the embedded broker does
                // not: the next owner reads that work again, so its results must be repeatable.
                #expect(
                    first.errors.map(\.code)
                        == first.revocations.map { _ in KafkaError.Code.rebalanceInProgress }
                )
                #expect(first.errors.allSatisfy { $0.isStaleMember && !$0.isRetriable })
                #expect(try second.consumer.committed([one])[one]?.offset == nil)

                #expect(first.consumer.close())
                #expect(first.consumer.poll(timeoutMs: 0) == nil)
                try eventually("the second member owns everything") {
                    try second.step()
                    return second.owned == all
                }
                #expect(second.errors == [])
            }
        }

        @Test func nothingIsReadBeforeTheAssignmentIsAnsweredAndClosingDoesNotWaitForTheAnswer() throws {
            try withBroker([("t", 1)]) { broker in
                let partition = TopicPartition(topic: "t", partition: 0)
                try KafkaProducer(broker.configuration).deliver("t", [bytes("a"), bytes("b"), bytes("c")])
                let consumer = try KafkaConsumer(broker.configuration, groupID: "g", options: .test)
                try consumer.subscribe(["t"])
                let silent = try KafkaConsumer(broker.configuration, groupID: "other", options: .test)
                try silent.subscribe(["t"])
                var assigned: [TopicPartition]?
                eventually("the assignment") {
                    if case .assigned(let partitions) = consumer.poll(timeoutMs: 20) { assigned = partitions }
                    return assigned != nil
                }
                #expect(assigned == [partition])
                #expect(consumer.poll(timeoutMs: 300) == nil)
                // The application may begin elsewhere than at the committed offset.
                try consumer.assign([(partition, .tail(1))])
                var texts: [String] = []
                eventually("the last message") {
                    if case .message(let message) = consumer.poll(timeoutMs: 20) {
                        texts.append(text(message.payload) ?? "")
                    }
                    return !texts.isEmpty
                }
                #expect(texts == ["c"])
                #expect(consumer.close())

                var isAssigned = false
                eventually("the assignment nobody answers") {
                    if case .assigned = silent.poll(timeoutMs: 20) { isAssigned = true }
                    return isAssigned
                }
                #expect(silent.close())
                #expect(silent.close(), "closing twice is closing once")
                #expect(throws: KafkaError.self) { try silent.subscribe(["t"]) }
                #expect(throws: KafkaError.self) { try silent.unassign() }
                #expect(throws: KafkaError.self) { try silent.commit([], synchronously: true) }
                #expect(silent.poll(timeoutMs: 0) == nil)
            }
        }

        @Test func aMemberTheGroupForgotLosesItsPartitionsAndJoinsAgain() throws {
            try withBroker([("t", 2)]) { broker in
                let reader = try Reader(broker)
                try reader.consumer.subscribe(["t"])
                try eventually("the assignment") {
                    try reader.step()
                    return reader.owned.count == 2
                }
                try broker.pushRequestErrors(.heartbeat, codes: [KafkaError.Code.unknownMember])
                try eventually("the next assignment") {
                    try reader.step()
                    return reader.assignments == 2
                }
                #expect(reader.revocations.map(\.lost) == [true])
                #expect(reader.owned.count == 2)

                // Closing does not wait for the answer to a revocation either.
                try broker.pushRequestErrors(.heartbeat, codes: [KafkaError.Code.unknownMember])
                var isRevoked = false
                eventually("the revocation nobody answers") {
                    if case .revoked = reader.consumer.poll(timeoutMs: 20) { isRevoked = true }
                    return isRevoked
                }
                #expect(reader.consumer.close(timeoutMs: 3000))
            }
        }

        @Test func aCommitForPartitionsOfOthersIsStale() throws {
            try withBroker([("t", 1)]) { broker in
                let partition = TopicPartition(topic: "t", partition: 0)
                let reader = try Reader(broker)
                try broker.pushRequestErrors(.offsetCommit, codes: [KafkaError.Code.unknownMember])
                let failure = #expect(throws: KafkaError.self) {
                    try reader.consumer.commit([.init(partition, offset: 1)], synchronously: true)
                }
                #expect(failure?.isStaleMember == true)
                #expect(failure?.isRetriable == false)

                // The same, without waiting: the failure comes as an event.
                try broker.pushRequestErrors(.offsetCommit, codes: [KafkaError.Code.illegalGeneration])
                try reader.consumer.commit([.init(partition, offset: 1)], synchronously: false)
                try eventually("the failure of the commit") {
                    try reader.step()
                    return reader.errors.contains { $0.isStaleMember }
                }
            }
        }
    }
}
