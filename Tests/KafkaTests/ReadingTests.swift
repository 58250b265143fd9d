import Kafka
import Testing

extension OnBroker {
    @Suite struct Reading {
        private let partition = TopicPartition(topic: "t", partition: 0)

        @Test func theEndIsReportedEachTimeItIsReached() throws {
            try withBroker([("t", 2)]) { broker in
                let producer = try KafkaProducer(broker.configuration)
                try producer.deliver("t", [bytes("a"), bytes("b")])
                let reader = try Reader(broker)
                try reader.follow("t", 0..<2)
                try eventually("both ends") {
                    try reader.step()
                    return reader.ends.count == 2
                }
                #expect(reader.ends[partition] == 2)
                #expect(reader.ends[TopicPartition(topic: "t", partition: 1)] == 0)
                #expect(reader.texts == ["a", "b"])
                // Nothing lies behind the end that was told.
                #expect(reader.consumer.knownEnd(of: partition) == 2)
                #expect(reader.consumer.knownEnd(of: TopicPartition(topic: "other", partition: 0)) == nil)

                try producer.deliver("t", [bytes("c")])
                try eventually("the new end") {
                    try reader.step()
                    return reader.ends[partition] == 3
                }
                #expect(reader.texts == ["a", "b", "c"])
            }
        }

        @Test func readingStartsWhereItIsTold() throws {
            try withBroker([("t", 1)]) { broker in
                try KafkaProducer(broker.configuration).deliver("t", (0..<10).map { bytes("\($0)") })
                let reader = try Reader(broker)
                for (start, expected) in [
                    (StartOffset.offset(7), ["7", "8", "9"]), (.tail(2), ["8", "9"]), (.end, []),
                    (.beginning, (0..<10).map(String.init)),
                ] {
                    reader.messages = []
                    reader.ends = [:]
                    try reader.follow("t", from: start)
                    try eventually("the end from \(start)") {
                        try reader.step()
                        return reader.ends[partition] == 10
                    }
                    #expect(reader.texts == expected)
                }
            }
        }

        @Test func theCommittedOffsetIsWhereAnAssignmentGoesOn() throws {
            try withBroker([("t", 1)]) { broker in
                try KafkaProducer(broker.configuration).deliver("t", (0..<5).map { bytes("\($0)") })
                let first = try Reader(broker)
                try first.consumer.commit([.init(partition, offset: 3)], synchronously: true)
                try first.follow("t", from: .committed)
                try first.read(2)
                #expect(first.texts == ["3", "4"])
            }
        }

        @Test func aNewAssignmentReplacesWhatWasBeingRead() throws {
            try withBroker([("t", 2)]) { broker in
                let producer = try KafkaProducer(broker.configuration)
                try producer.deliver("t", partition: 0, (0..<50).map { bytes("old \($0)") })
                try producer.deliver("t", partition: 1, (0..<3).map { bytes("new \($0)") })
                let reader = try Reader(broker)
                try reader.follow("t", 0..<1)
                try reader.read(5)
                reader.messages = []
                try reader.follow("t", 1..<2, from: .offset(1))
                try reader.read(2)
                #expect(reader.texts == ["new 1", "new 2"])
            }
        }

        @Test func aPausedPartitionIsSilentAndGoesOnWithoutAGap() throws {
            try withBroker([("t", 2)]) { broker in
                let producer = try KafkaProducer(broker.configuration)
                for partition: Int32 in 0..<2 {
                    try producer.deliver("t", partition: partition, (0..<200).map { bytes("\($0)") })
                }
                let reader = try Reader(broker)
                try reader.follow("t", 0..<2)
                try eventually("something of the first partition") {
                    try reader.step()
                    return reader.messages.contains { $0.partition == 0 }
                }
                try reader.consumer.pause([partition])
                let before = reader.messages.filter { $0.partition == 0 }.count
                try eventually("the end of the other partition") {
                    try reader.step()
                    return reader.ends[TopicPartition(topic: "t", partition: 1)] == 200
                }
                #expect(reader.messages.filter { $0.partition == 0 }.count == before)
                try reader.consumer.resume([partition])
                try eventually("the end of the paused partition") {
                    try reader.step()
                    return reader.ends[partition] == 200
                }
                for partition: Int32 in 0..<2 {
                    #expect(
                        reader.messages.filter { $0.partition == partition }.map(\.offset) == Array(0..<200)
                    )
                }
            }
        }

        /// The library keeps a partition's rest through a new assignment: whoever assigns has to resume.
        @Test func aRestingPartitionIsReadAgainOnlyWhenItIsResumed() throws {
            try withBroker([("t", 1)]) { broker in
                let producer = try KafkaProducer(broker.configuration)
                try producer.deliver("t", (0..<20).map { [UInt8($0)] })
                let reader = try Reader(broker)
                try reader.follow("t", from: .beginning)
                try eventually("a message") {
                    try reader.step()
                    return !reader.messages.isEmpty
                }
                try reader.consumer.pause([partition])
                try reader.consumer.unassign()
                try reader.follow("t", from: .offset(15))
                let before = reader.messages.count
                for _ in 0..<40 { try reader.step() }
                #expect(reader.messages.count == before, "the rest ended with the assignment")
                try reader.consumer.resume([partition])
                try eventually("the last message") {
                    try reader.step()
                    return reader.messages.last?.offset == 19
                }
            }
        }

        @Test func lostMessagesAreAnErrorAndNotASilentJump() throws {
            try withBroker([("t", 1)]) { broker in
                let producer = try KafkaProducer(broker.configuration)
                let megabyte = [UInt8](repeating: 7, count: 900_000)
                for _ in 0..<10 { try producer.deliver("t", [megabyte]) }
                let options = ConsumerOptions(offsetReset: .error)
                let reader = try Reader(broker, options: options)
                let marks = try reader.consumer.watermarks(partition)
                #expect(marks.low > 0, "the embedded broker has dropped the oldest messages")
                #expect(marks.high == 10)
                try reader.follow("t", from: .offset(0))
                try eventually("the error") {
                    try reader.step()
                    return !reader.errors.isEmpty
                }
                #expect(reader.errors.first?.code == KafkaError.Code.noOffsetToResetTo)
                #expect(reader.errors.first?.description.contains("t/0") == true)
                #expect(reader.messages.isEmpty)
            }
        }

        @Test func aPartitionThatIsNotThereIsReported() throws {
            try withBroker([("t", 1)]) { broker in
                let reader = try Reader(broker)
                try reader.follow("t", 5..<6)
                try eventually("the error") {
                    try reader.step()
                    return !reader.errors.isEmpty
                }
                #expect(reader.errors.first?.code == KafkaError.Code.unknownPartition)
            }
        }

        @Test func aLeaderWithoutAnAnswerTakesNoOthersPartitionsAlong() throws {
            try withBroker([("t", 2)]) { broker in
                let reader = try KafkaConsumer(
                    broker.configuration, groupID: nil, options: ConsumerOptions(offsetReset: .error))
                let places = (0..<2).map { TopicPartition(topic: "t", partition: $0) }
                let nowhere = TopicPartition(topic: "t", partition: 9)
                var asked = 0
                let found = reader.extents(
                    by: [1: [nowhere], 2: [places[0]], 3: [places[1]]], timeoutMs: 2_000
                ) {
                    asked += 1
                    return asked == 3
                }
                #expect(Array(found.known.keys) == [places[0]])
                #expect(found.silent.isSubset(of: [nowhere]))
            }
        }

        @Test func messagesAreFreedWhenTheyAreLetGo() throws {
            try withBroker([("t", 4)]) { broker in
                let producer = try KafkaProducer(broker.configuration)
                var options = ConsumerOptions.test
                options.queueKilobytes = 16_384
                let reader = try Reader(broker, options: options)
                try reader.follow("t", 0..<4)
                weak var last: KafkaMessage?
                let chunk = [UInt8](repeating: 1, count: 250_000)
                var highest = 0
                // 4 MB a round in flight: the broker keeps 5 MB a partition, and 160 MB pass through.
                for round in 0..<40 {
                    for partition: Int32 in 0..<4 {
                        for _ in 0..<4 {
                            try producer.produce(topic: "t", partition: partition, value: chunk)
                        }
                    }
                    #expect(producer.flush(timeoutMs: 10_000) == 0)
                    _ = producer.poll(timeoutMs: 0)
                    try reader.read(16)
                    last = reader.messages.last
                    #expect(last != nil)
                    reader.messages = []
                    #expect(last == nil)
                    if round == 10 { highest = residentBytes() }
                }
                #expect(reader.errors == [])
                #expect(residentBytes() < highest + 60_000_000)
            }
        }

        @Test func messagesMayOutliveTheirConsumer() throws {
            try withBroker([("t", 1)]) { broker in
                try KafkaProducer(broker.configuration).deliver("t", [bytes("kept")])
                var reader: Reader? = try Reader(broker)
                try reader?.follow("t")
                try reader?.read(1)
                let message = try #require(reader?.messages.first)
                reader = nil
                #expect(text(message.payload) == "kept")
            }
        }
    }
}
