import Kafka
import Testing

extension OnBroker {
    @Suite struct Writing {
        @Test func everyMessageIsAnsweredWithItsTagAndPlace() throws {
            try withBroker([("t", 2)]) { broker in
                let producer = try KafkaProducer(broker.configuration)
                for index in 0..<100 {
                    try producer.produce(
                        topic: "t",
                        partition: Int32(index % 2),
                        value: bytes("\(index)"),
                        tag: UInt64(index)
                    )
                }
                var answers: [UInt64: Delivery] = [:]
                eventually("100 deliveries") {
                    for delivery in producer.poll(timeoutMs: 100) {
                        #expect(answers.updateValue(delivery, forKey: delivery.tag) == nil)
                    }
                    return answers.count == 100
                }
                for index in 0..<100 {
                    let answer = try #require(answers[UInt64(index)])
                    #expect(answer.error == nil)
                    #expect(answer.partition == Int32(index % 2))
                    #expect(answer.offset == Int64(index / 2))
                }
                #expect(producer.waitingCount == 0)
            }
        }

        @Test func aFlushLeavesTheOutcomesForPoll() throws {
            try withBroker([("t", 1)]) { broker in
                let producer = try KafkaProducer(broker.configuration, options: .init(lingerMs: 60_000))
                try producer.produce(topic: "t", partition: 0, value: bytes("a"), tag: .max)
                #expect(producer.flush(timeoutMs: 10_000) == 0)
                #expect(producer.poll(timeoutMs: 0).map(\.tag) == [.max])
                #expect(producer.poll(timeoutMs: 0) == [])
            }
        }

        @Test func aFullQueueIsSaidAndEmptiesAgain() throws {
            try withBroker([("t", 1)]) { broker in
                try broker.setDown()
                var options = ProducerOptions()
                options.queueKilobytes = 1024
                let producer = try KafkaProducer(broker.configuration, options: options)
                let value = [UInt8](repeating: 1, count: 100_000)
                var accepted: UInt64 = 0
                let failure = #expect(throws: KafkaError.self) {
                    while accepted < 1000 {
                        try producer.produce(topic: "t", partition: 0, value: value, tag: accepted)
                        accepted += 1
                    }
                }
                #expect(failure?.code == KafkaError.Code.queueFull)
                #expect(failure?.isRetriable == true)
                #expect(failure?.message.contains("queue.buffering.max.kbytes=1024") == true)
                #expect(accepted > 0 && accepted <= 11)
                #expect(producer.flush(timeoutMs: 10) == Int(accepted))

                try broker.setUp()
                #expect(producer.flush(timeoutMs: 20_000) == 0)
                #expect(producer.poll(timeoutMs: 0).map(\.tag) == Array(0..<accepted))
                try producer.produce(topic: "t", partition: 0, value: value)
                #expect(producer.flush(timeoutMs: 20_000) == 0)
            }
        }

        @Test func aBatchArrivesAsItsMessagesInOrder() throws {
            try withBroker([("t", 2)]) { broker in
                let producer = try KafkaProducer(broker.configuration)
                var batch = MessageBatch()
                for round in 0..<3 {
                    batch.removeAll()
                    for index in 0..<100 {
                        batch.append(
                            key: { $0 += bytes("key \(index)") },
                            value: { $0 += index == 50 ? [] : bytes("\(round) \(index)") })
                    }
                    #expect(batch.count == 100 && !batch.isQueued)
                    try producer.produce(topic: "t", partition: 1, batch: &batch, tag: UInt64(round))
                    #expect(batch.isQueued)
                    // Nothing is left, so nothing is written twice.
                    try producer.produce(topic: "t", partition: 1, batch: &batch, tag: 99)
                }
                #expect(producer.flush(timeoutMs: 20_000) == 0)
                let deliveries = producer.poll(timeoutMs: 0)
                #expect(deliveries.map(\.tag) == [0, 1, 2])
                #expect(deliveries.map(\.count) == [100, 100, 100])
                #expect(deliveries.map(\.offset) == [99, 199, 299])
                #expect(deliveries.allSatisfy { $0.error == nil && $0.partition == 1 })
                let reader = try Reader(broker)
                try reader.follow("t", 1..<2)
                try reader.read(300)
                for (place, message) in reader.messages.enumerated() {
                    #expect(message.key == bytes("key \(place % 100)"))
                    #expect(
                        message.payload == (place % 100 == 50 ? [] : bytes("\(place / 100) \(place % 100)")))
                }
            }
        }

        @Test func aBatchThatFindsTheQueueFullGoesOnWhereItStopped() throws {
            try withBroker([("t", 1)]) { broker in
                try broker.setDown()
                var options = ProducerOptions()
                options.queueKilobytes = 1024
                let producer = try KafkaProducer(broker.configuration, options: options)
                var batch = MessageBatch()
                for index in 0..<20 {
                    batch.append(
                        key: { $0.append(UInt8(index)) },
                        value: { $0 += [UInt8](repeating: 1, count: 100_000) })
                }
                let failure = #expect(throws: KafkaError.self) {
                    try producer.produce(topic: "t", partition: 0, batch: &batch, tag: 7)
                }
                #expect(failure?.code == KafkaError.Code.queueFull)
                #expect(!batch.isQueued && (1..<20).contains(producer.waitingCount))

                try broker.setUp()
                eventually("the rest is queued") {
                    _ = producer.poll(timeoutMs: 100)
                    do throws(KafkaError) {
                        try producer.produce(topic: "t", partition: 0, batch: &batch, tag: 7)
                    } catch {
                        #expect(error.code == KafkaError.Code.queueFull)
                    }
                    return batch.isQueued
                }
                #expect(producer.flush(timeoutMs: 20_000) == 0)
                let reader = try Reader(broker)
                try reader.follow("t")
                try reader.read(20)
                #expect(reader.messages.compactMap(\.key) == (0..<20).map { [UInt8($0)] })
            }
        }

        @Test func aBatchWithAMessageThatIsTooLargeSaysSo() throws {
            try withBroker([("t", 1)]) { broker in
                let producer = try KafkaProducer(
                    broker.configuration, options: .init(messageMaxBytes: 10_000))
                var batch = MessageBatch()
                for size in [1, 20_000, 1] {
                    batch.append(key: { _ in }, value: { $0 += [UInt8](repeating: 1, count: size) })
                }
                let failure = #expect(throws: KafkaError.self) {
                    try producer.produce(topic: "t", partition: 0, batch: &batch, tag: 1)
                }
                #expect(failure?.code == KafkaError.Code.messageTooLarge)
                #expect(failure?.message.contains("1 of a batch's messages to t/0") == true)
                // The others; the library also counts events that wait to be told.
                #expect(producer.waitingCount >= 2)
            }
        }

        @Test func aMessageThatIsTooLargeNamesTheLimit() throws {
            try withBroker([("t", 1)]) { broker in
                let small = try KafkaProducer(broker.configuration, options: .init(messageMaxBytes: 10_000))
                let value = [UInt8](repeating: 1, count: 20_000)
                let failure = #expect(throws: KafkaError.self) {
                    try small.produce(topic: "t", partition: 3, value: value)
                }
                #expect(failure?.code == KafkaError.Code.messageTooLarge)
                #expect(failure?.isRetriable == false)
                #expect(failure?.message.contains("message.max.bytes=10000") == true)
                #expect(failure?.message.contains("20000 bytes to t/3") == true)

                let large = try KafkaProducer(
                    broker.configuration,
                    options: .init(messageMaxBytes: 4_000_000)
                )
                try large.deliver("t", [[UInt8](repeating: 1, count: 3_900_000)])
                let reader = try Reader(broker)
                try reader.follow("t")
                try reader.read(1)
                #expect(reader.messages.first?.byteCount == 3_900_000)
            }
        }

        @Test func aRefusalByTheBrokerIsTheErrorOfTheDelivery() throws {
            try withBroker([("t", 1)]) { broker in
                let producer = try KafkaProducer(broker.configuration)
                try broker.pushRequestErrors(.produce, codes: [KafkaError.Code.messageTooLarge])
                try producer.produce(topic: "t", partition: 0, value: bytes("a"), tag: 9)
                #expect(producer.flush(timeoutMs: 10_000) == 0)
                let delivery = try #require(producer.poll(timeoutMs: 0).first)
                #expect(delivery.tag == 9)
                #expect(delivery.offset == nil)
                #expect(delivery.error?.code == KafkaError.Code.messageTooLarge)
                #expect(delivery.error?.message.contains("t/0") == true)
            }
        }

        @Test func aPassingFailureIsRepeatedWithoutADuplicate() throws {
            try withBroker([("t", 1)]) { broker in
                let producer = try KafkaProducer(broker.configuration)
                try broker.pushRequestErrors(
                    .produce,
                    codes: [KafkaError.Code.notLeader, KafkaError.Code.transport]
                )
                try producer.deliver("t", (0..<20).map { bytes("\($0)") })
                let reader = try Reader(broker)
                try reader.follow("t")
                try eventually("the end") {
                    try reader.step()
                    return reader.ends[TopicPartition(topic: "t", partition: 0)] != nil
                }
                #expect(reader.texts == (0..<20).map(String.init))
            }
        }

        @Test func compressedBatchesReadTheSame() throws {
            try withBroker([("t", 8)]) { broker in
                let values = (0..<10).map { [UInt8](repeating: UInt8($0), count: 50_000) }
                let reader = try Reader(broker)
                for (partition, compression) in zip(Int32(0)..., KafkaCompression.allCases) {
                    var options = ProducerOptions()
                    options.compression = compression
                    let producer = try KafkaProducer(broker.configuration, options: options)
                    try producer.deliver("t", partition: partition, values)
                    try reader.follow("t", partition..<partition + 1)
                    reader.messages = []
                    try reader.read(10)
                    #expect(reader.messages.map(\.payload) == values, "\(compression)")
                }
            }
        }

        @Test func anyAcknowledgementDelivers() throws {
            try withBroker([("t", 8)]) { broker in
                let reader = try Reader(broker)
                for (partition, acknowledgement) in zip(Int32(0)..., Acknowledgement.allCases) {
                    var options = ProducerOptions()
                    options.acknowledgement = acknowledgement
                    let producer = try KafkaProducer(broker.configuration, options: options)
                    try producer.deliver("t", partition: partition, [bytes("\(acknowledgement)")])
                    try reader.follow("t", partition..<partition + 1)
                    reader.messages = []
                    try reader.read(1)
                    #expect(reader.texts == ["\(acknowledgement)"])
                }
            }
        }

        /// Shows that the calls fit together. The embedded broker cannot show more: it drops the offsets sent
        /// inside a transaction, shows aborted messages to everybody and fences nobody, so whether results and
        /// offsets become visible exactly once needs a real broker (see `RealBrokerTests`).
        @Test func theCallsOfTransactionsFitTogether() throws {
            try withBroker([("in", 1), ("out", 1)]) { broker in
                let input = TopicPartition(topic: "in", partition: 0)
                try KafkaProducer(broker.configuration).deliver("in", [bytes("1"), bytes("2")])
                let reader = try Reader(broker)
                try reader.follow("in")
                try reader.read(2)
                let group = try reader.consumer.groupMetadata()

                let producer = try KafkaProducer(
                    broker.configuration,
                    options: .init(transactionalID: "g-0")
                )
                let early = #expect(throws: KafkaError.self) { try producer.beginTransaction() }
                #expect(early?.code == KafkaError.Code.wrongState)
                try producer.initTransactions(timeoutMs: 10_000)
                let outside = #expect(throws: KafkaError.self) {
                    try producer.produce(topic: "out", partition: 0, value: bytes("x"))
                }
                #expect(outside?.code == KafkaError.Code.wrongState)

                try producer.beginTransaction()
                try producer.produce(topic: "out", partition: 0, value: bytes("1 done"), tag: 1)
                try producer.sendOffsets([.init(input, offset: 1)], group: group, timeoutMs: 10_000)
                try producer.commitTransaction()
                #expect(producer.poll(timeoutMs: 0).map(\.tag) == [1])

                try producer.beginTransaction()
                try producer.produce(topic: "out", partition: 0, value: bytes("given up"), tag: 2)
                try producer.abortTransaction()
                #expect(producer.poll(timeoutMs: 0).map(\.tag) == [2])

                // An error of the coordinator asks for an abort; after it, work goes on.
                try producer.beginTransaction()
                try broker.pushRequestErrors(
                    .addOffsetsToTransaction,
                    codes: [ /* GROUP_AUTHORIZATION_FAILED */30]
                )
                let refused = #expect(throws: KafkaError.self) {
                    try producer.sendOffsets([.init(input, offset: 2)], group: group, timeoutMs: 10_000)
                }
                #expect(refused?.requiresAbort == true)
                #expect(refused?.isRefusedAccess == true)
                try producer.abortTransaction()
                try producer.beginTransaction()
                try producer.produce(topic: "out", partition: 0, value: bytes("2 done"), tag: 3)
                try producer.commitTransaction()

                let results = try Reader(broker)
                try results.follow("out")
                try eventually("the last result") {
                    try results.step()
                    return results.texts.contains("2 done")
                }
                #expect(results.texts.filter { $0.hasSuffix("done") } == ["1 done", "2 done"])
            }
        }

        @Test func aFencedProducerIsFatal() throws {
            try withBroker([("t", 1)]) { broker in
                let producer = try KafkaProducer(broker.configuration, options: .init(transactionalID: "x"))
                try producer.initTransactions(timeoutMs: 10_000)
                #expect(producer.fatalError == nil)
                try producer.beginTransaction()
                try producer.produce(topic: "t", partition: 0, value: bytes("a"))
                try broker.pushRequestErrors(.endTransaction, codes: [KafkaError.Code.producerFenced])
                let failure = #expect(throws: KafkaError.self) { try producer.commitTransaction() }
                #expect(failure?.isFatal == true)
                #expect(producer.fatalError?.isFatal == true)
            }
        }
    }
}
