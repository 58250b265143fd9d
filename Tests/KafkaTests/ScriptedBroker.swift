import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// A server that speaks just enough of Kafka's protocol to answer requests for topics, which the embedded broker
/// does not know: ApiVersions 3, Metadata 2 and CreateTopics 1; and to refuse a login.
///
/// - Source: the message definitions in Kafka's protocol guide.
final class ScriptedBroker: Sendable {
    /// One topic of a CreateTopics request, as it arrived.
    struct Wish: Sendable, Hashable {
        var name: String
        var partitions: Int32
        var replication: Int16
        var configs: [String: String]
    }

    private let listener: Int32
    private let answers: [String: (code: Int16, text: String)]
    private let others: [(host: String, port: Int32)]
    private let withholdsLists: Bool
    private let refusal: String?
    private let seen = Mutex<[Wish]>([])
    private let names = Mutex<Set<String>>([])
    let port: Int32

    /// Answers each topic with the given code; topics that are not named are created.
    ///
    /// - Parameters:
    ///   - others: Further brokers that it tells of, where nobody has to be.
    ///   - withholdsLists: Whether the answer to who asks for all topics is lost, as a large one may be.
    ///   - refusal: What it says to whoever logs in by SCRAM.
    init(
        answers: [String: (code: Int16, text: String)], others: [(host: String, port: Int32)] = [],
        withholdsLists: Bool = false, refusal: String? = nil
    ) throws {
        self.answers = answers
        self.refusal = refusal
        self.others = others
        self.withholdsLists = withholdsLists
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && listen(listener, 8) == 0
                    && getsockname(listener, $0, &size) == 0
            }
        }
        guard bound else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        port = Int32(UInt16(bigEndian: address.sin_port))
        Thread.detachNewThread { [weak self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0, let self else { return }
                Thread.detachNewThread { self.serve(connection) }
            }
        }
    }

    deinit { close() }

    func close() { shutdown(listener, Int32(SHUT_RDWR)) }

    var wishes: [Wish] { seen.withLock { $0 } }
    /// The client ids that requests bore.
    var clients: Set<String> { names.withLock { $0 } }

    private func serve(_ connection: Int32) {
        defer { Glibc.close(connection) }
        while var size = receive(4, from: connection).map({ WireReader($0) }) {
            guard let bytes = receive(Int(size.int32()), from: connection) else { return }
            var request = WireReader(bytes)
            let api = request.int16()
            _ = request.int16()
            var response = WireWriter()
            response.int32(request.int32())
            let name = request.string()
            _ = names.withLock { $0.insert(name) }
            switch api {
            case 18: versions(&response)
            case 3:
                // No list of topics asks for all; an empty one for none.
                if withholdsLists, request.int32() < 0 { continue }
                metadata(&response)
            case 17: handshake(&response)
            case 36: refuse(&response)
            case 19: createTopics(&request, &response)
            default: return
            }
            let all = response.framed
            guard send(connection, all, all.count, Int32(MSG_NOSIGNAL)) == all.count else { return }
        }
    }

    private func versions(_ response: inout WireWriter) {
        response.int16(0)
        var apis: [(Int16, Int16)] = [(3, 2), (18, 3), (19, 1)]
        if refusal != nil { apis += [(17, 1), (36, 0)] }
        response.bytes += [UInt8(apis.count + 1)]
        for (api, highest) in apis {
            response.int16(api)
            response.int16(0)
            response.int16(highest)
            response.bytes += [0]
        }
        response.int32(0)
        response.bytes += [0]
    }

    /// SaslHandshake 1.
    private func handshake(_ response: inout WireWriter) {
        response.int16(0)
        response.int32(1)
        response.string("SCRAM-SHA-512")
    }

    /// SaslAuthenticate 0.
    private func refuse(_ response: inout WireWriter) {
        response.int16(58)
        response.string(refusal ?? "")
        response.int32(0)
    }

    private func metadata(_ response: inout WireWriter) {
        let brokers = [(host: "127.0.0.1", port: port)] + others
        response.int32(Int32(brokers.count))
        for (index, broker) in brokers.enumerated() {
            response.int32(Int32(index + 1))
            response.string(broker.host)
            response.int32(broker.port)
            response.int16(-1)
        }
        response.string("scripted")
        response.int32(1)
        response.int32(0)
    }

    private func createTopics(_ request: inout WireReader, _ response: inout WireWriter) {
        var wishes: [Wish] = []
        for _ in 0..<request.int32() {
            var wish = Wish(
                name: request.string(),
                partitions: request.int32(),
                replication: request.int16(),
                configs: [:]
            )
            precondition(request.int32() == 0, "no replica assignments are sent")
            for _ in 0..<request.int32() { wish.configs[request.string()] = request.string() }
            wishes.append(wish)
        }
        seen.withLock { $0 += wishes }
        response.int32(Int32(wishes.count))
        for wish in wishes {
            response.string(wish.name)
            let answer = answers[wish.name]
            response.int16(answer?.code ?? 0)
            if let answer { response.string(answer.text) } else { response.int16(-1) }
        }
    }

    private func receive(_ count: Int, from connection: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        guard count == 0 || recv(connection, &bytes, count, Int32(MSG_WAITALL)) == count else {
            return nil
        }
        return bytes
    }
}

private struct WireReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func int16() -> Int16 { take(2).reduce(0) { $0 << 8 | Int16($1) } }
    mutating func int32() -> Int32 { take(4).reduce(0) { $0 << 8 | Int32($1) } }
    mutating func string() -> String { String(decoding: take(max(0, Int(int16()))), as: UTF8.self) }
}

private struct WireWriter {
    var bytes: [UInt8] = []

    mutating func int16(_ value: Int16) { withUnsafeBytes(of: value.bigEndian) { bytes += $0 } }
    mutating func int32(_ value: Int32) { withUnsafeBytes(of: value.bigEndian) { bytes += $0 } }
    mutating func string(_ text: String) {
        int16(Int16(text.utf8.count))
        bytes += text.utf8
    }

    var framed: [UInt8] {
        var all = WireWriter()
        all.int32(Int32(bytes.count))
        return all.bytes + bytes
    }
}
