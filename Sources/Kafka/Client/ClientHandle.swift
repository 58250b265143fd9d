internal import CRDKafka
internal import Threads

/// A client of the library, ended when the last user lets go of it.
///
/// Messages hold their client's handle: the library must not be asked to end a client that still has messages
/// out (it would wait for them for ever).
///
/// Safety: the library allows every call on a client from any thread; `pointer` never changes.
final class ClientHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    let context: ClientContext
    private let destroyFlags: Int32

    /// Creates a client.
    ///
    /// - Parameter callbacks: Registers what the role needs beyond logging and errors.
    /// - Throws: ``KafkaError`` naming the property that is refused.
    init(
        _ type: rd_kafka_type_t,
        properties: [(name: String, value: String)],
        context: ClientContext = ClientContext(),
        callbacks: (OpaquePointer) -> Void
    ) throws(KafkaError) {
        var native = NativeConfiguration()
        do {
            try native.set(properties)
        } catch {
            throw KafkaError(error)
        }
        var created: OpaquePointer?
        var text = [CChar](repeating: 0, count: 512)
        native.handOver { configuration in
            // The context outlives the client: it is a stored property that goes after `deinit` has run.
            rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(context).toOpaque())
            rd_kafka_conf_set_log_cb(configuration, onLog)
            rd_kafka_conf_set_error_cb(configuration, onError)
            callbacks(configuration)
            created = rd_kafka_new(type, configuration, &text, text.count)
            return created != nil
        }
        guard let created else {
            throw KafkaError(
                code: KafkaError.Code.invalidArgument,
                doing: "cannot create a kafka client",
                detail: String(cText: text)
            )
        }
        pointer = created
        self.context = context
        destroyFlags = type == RD_KAFKA_CONSUMER ? RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE : 0
    }

    /// How long the library may take to end a client, milliseconds.
    private static let endingMs: Int64 = 10_000

    /// Ends the client; one that the library can not end, as after some refused fetches, is left behind: nobody waits for it
    /// for ever, and the process takes it along.
    deinit {
        context.beginClosing()
        let name = rd_kafka_name(pointer).map { String(cString: $0) } ?? ""
        let ending = Ending(pointer: pointer, flags: destroyFlags, context: context)
        let thread = PlatformThread("kafka ending") { ending.run() }
        guard !thread.join(milliseconds: Self.endingMs) else { return }
        KafkaLog.emit(
            KafkaLogLine(
                level: 4, client: name, facility: "ENDING",
                text: "could not be ended in \(Self.endingMs / 1_000) s and is left behind"))
    }

    /// What is needed to end a client, and kept until it has ended.
    ///
    /// Safety: the library allows this call on any thread; nobody else uses the pointer any more.
    private struct Ending: @unchecked Sendable {
        let pointer: OpaquePointer
        let flags: Int32
        let context: ClientContext

        func run() {
            withExtendedLifetime(context) { rd_kafka_destroy_flags(pointer, flags) }
        }
    }

    /// Takes what the library has to say of its connections. For a client that nobody polls: there it would pile up, a few
    /// hundred bytes for each broker that is lost, for as long as the process runs.
    func serveEvents() {
        while rd_kafka_poll(pointer, 0) > 0 {}
        context.dropEvents()
    }

    /// The value in force for a property, in the library's own words.
    func value(of property: String) -> String? { Self.value(of: property, pointer) }

    /// The same, of a client that a callback is about.
    static func value(of property: String, _ client: OpaquePointer) -> String? {
        var size = 512
        var text = [CChar](repeating: 0, count: size)
        let configuration = rd_kafka_conf(client)
        guard rd_kafka_conf_get(configuration, property, &text, &size) == RD_KAFKA_CONF_OK else { return nil }
        return String(cText: text)
    }

    /// `action`, with what is known about the brokers when the code says they cannot be reached.
    func unreachable(_ code: rd_kafka_resp_err_t, doing action: String, timeoutMs: Int32) -> KafkaError {
        let standard = String(cString: rd_kafka_err2str(code))
        let brokers = value(of: "bootstrap.servers") ?? "?"
        let reason = context.lastTrouble.map { "; last: \(LoginFault.explained($0, of: pointer))" } ?? ""
        return KafkaError(
            code: code.rawValue,
            doing: action,
            detail: "\(standard) within \(timeoutMs) ms, brokers \(brokers)\(reason)"
        )
    }
}

extension KafkaError {
    /// The error that has made a client useless, if one has.
    ///
    /// - Parameter topic: What was being written when it showed: a producer needs a right to write somewhere.
    static func fatal(of client: OpaquePointer, writing topic: String? = nil) -> KafkaError? {
        var text = [CChar](repeating: 0, count: 512)
        let code = rd_kafka_fatal_error(client, &text, text.count)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
        let remark = SequenceFault.remark(on: code.rawValue, library: LibraryVersion.rdkafkaNumber)
        return KafkaError(
            code: code.rawValue,
            doing: "the kafka client is of no further use",
            detail: String(cText: text) + (remark.map { "; \($0)" } ?? ""),
            isRetriable: false,
            isFatal: true
        ).naming(.write, topic: topic, of: client)
    }

    /// A refused setting, as the error of the client it was for.
    init(_ error: KafkaConfigurationError) {
        self.init(
            code: Code.invalidArgument,
            doing: "cannot create a kafka client",
            detail: error.description,
            isRetriable: false
        )
    }
}

/// Called on any thread of the library, also while the client is being created.
private func onLog(
    client: OpaquePointer?,
    level: Int32,
    facility: UnsafePointer<CChar>?,
    text: UnsafePointer<CChar>?
) {
    guard let client, let text else { return }
    // The opaque is a plain field, the one thing that may be read here.
    let context = ClientContext.from(rd_kafka_opaque(client))
    if let context, context.closing { return }
    let line = KafkaLogLine(
        level: level,
        client: rd_kafka_name(client).map { String(cString: $0) } ?? "",
        facility: facility.map { String(cString: $0) } ?? "",
        text: String(cString: text)
    )
    // Kept from here as well: a call that waits in vain does not poll, so it would never be told the reason.
    if line.facility == "FAIL" { context?.lastTrouble = line.text }
    // One configuration serves producers and consumers: settings for the other kind are no news.
    if line.facility == "CONFWARN", line.text.contains("will be ignored by this") { return }
    KafkaLog.emit(line)
}

/// Called inside a poll.
private func onError(
    client: OpaquePointer?,
    code: Int32,
    reason: UnsafePointer<CChar>?,
    opaque: UnsafeMutableRawPointer?
) {
    guard let client, let context = ClientContext.from(opaque) else { return }
    let text = reason.map { String(cString: $0) } ?? ""
    // That no broker is left is what comes of the trouble that was said before.
    if code != KafkaError.Code.allBrokersDown || context.lastTrouble == nil { context.lastTrouble = text }
    guard rd_kafka_type(client) == RD_KAFKA_CONSUMER else { return }
    let fatal = code == RD_KAFKA_RESP_ERR__FATAL.rawValue ? KafkaError.fatal(of: client) : nil
    let said = LoginFault.explained(text, of: client)
    context.park(.error(fatal ?? KafkaError(code: code, doing: "", detail: said).naming(.read, of: client)))
    rd_kafka_yield(client)
}
