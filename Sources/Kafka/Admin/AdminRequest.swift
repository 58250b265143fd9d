internal import CRDKafka

/// One question to the cluster's administration, with a deadline of its own, and the queue for its answer.
struct AdminRequest: ~Copyable {
    let options: OpaquePointer
    let queue: OpaquePointer
    private let client: ClientHandle
    private let action: String
    private let timeoutMs: Int32

    init(
        _ client: ClientHandle, _ kind: rd_kafka_admin_op_t, doing action: String, timeoutMs: Int32
    ) throws(KafkaError) {
        guard let options = rd_kafka_AdminOptions_new(client.pointer, kind),
            let queue = rd_kafka_queue_new(client.pointer)
        else { preconditionFailure("the library gave no admin request: out of memory") }
        self.options = options
        self.queue = queue
        self.client = client
        self.action = action
        self.timeoutMs = timeoutMs
        try set(rd_kafka_AdminOptions_set_request_timeout)
    }

    deinit {
        rd_kafka_queue_destroy(queue)
        rd_kafka_AdminOptions_destroy(options)
    }

    /// Sets one of the deadlines.
    func set(
        _ setting: (OpaquePointer?, Int32, UnsafeMutablePointer<CChar>?, Int) -> rd_kafka_resp_err_t
    ) throws(KafkaError) {
        var text = [CChar](repeating: 0, count: 256)
        let code = setting(options, timeoutMs, &text, text.count)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        throw KafkaError(code: code.rawValue, doing: action, detail: String(cText: text))
    }

    /// The answer, which the caller destroys; `nil` when there was none in time.
    func answer() -> OpaquePointer? {
        // The request has its own deadline; the margin lets its own error come through.
        rd_kafka_queue_poll(queue, timeoutMs + 1_000)
    }
}
