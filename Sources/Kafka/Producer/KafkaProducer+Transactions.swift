internal import CRDKafka

/// Transactions: messages and the offsets they were made from become visible together or not at all.
///
/// Every call that throws says what comes next: ``KafkaError/requiresAbort`` means ``abortTransaction(timeoutMs:)``,
/// then begin again from the committed offsets; ``KafkaError/isRetriable`` means the same call again;
/// ``KafkaError/isFatal`` means another producer has taken this one's name: end the process.
extension KafkaProducer {
    /// Takes the transactional name over: aborts what a predecessor left open and shuts the predecessor out.
    ///
    /// Once, before the first transaction. May be called again after a retriable error.
    public func initTransactions(timeoutMs: Int32) throws(KafkaError) {
        try raise(rd_kafka_init_transactions(client.pointer, timeoutMs), "cannot take over the transactions")
    }

    /// Begins a transaction; from now on everything produced belongs to it.
    public func beginTransaction() throws(KafkaError) {
        try raise(rd_kafka_begin_transaction(client.pointer), "cannot begin a transaction")
    }

    /// Makes the commit of the consumer's offsets part of the transaction.
    ///
    /// - Parameters:
    ///   - offsets: Per partition the offset after the last message of the batch, taken from the batch itself.
    ///   - group: The consumer's membership at the time the batch was taken; under the protocol of Kafka 4 that of now.
    public func sendOffsets(
        _ offsets: [OffsetCommit],
        group: ConsumerGroupMetadata,
        timeoutMs: Int32
    ) throws(KafkaError) {
        let list = PartitionList(offsets)
        let error = rd_kafka_send_offsets_to_transaction(
            client.pointer,
            list.pointer,
            group.pointer,
            timeoutMs
        )
        try raise(error, "cannot add offsets to the transaction")
    }

    /// Delivers everything, then ends the transaction so that readers see it.
    ///
    /// - Parameter timeoutMs: `-1` for what is left of the transaction's time, which librdkafka recommends.
    public func commitTransaction(timeoutMs: Int32 = -1) throws(KafkaError) {
        try raise(rd_kafka_commit_transaction(client.pointer, timeoutMs), "cannot commit the transaction")
    }

    /// Ends the transaction so that readers never see it; messages that wait are given up, each with a
    /// ``Delivery`` that says so.
    ///
    /// - Parameter timeoutMs: `-1` for what is left of the transaction's time, which librdkafka recommends.
    public func abortTransaction(timeoutMs: Int32 = -1) throws(KafkaError) {
        try raise(rd_kafka_abort_transaction(client.pointer, timeoutMs), "cannot abort the transaction")
    }

    private func raise(_ error: OpaquePointer?, _ action: String) throws(KafkaError) {
        if let failure = KafkaError.consume(error, doing: action) {
            throw failure.naming(.write, of: client.pointer)
        }
    }
}
