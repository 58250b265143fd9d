import Foundation
import Glibc
import Synchronization

/// Passes a broker's answers on, with another port in the place of its own: an address that it advertises in vain, or the
/// proxy's. It may swallow some of what it is to pass, as a network does.
final class MisleadingProxy: Sendable {
    private let listener: Int32
    private let target: UInt16
    private let advertised: UInt16
    private let withheld: Set<Int16>
    private let largestAnswer: Int
    private let swallowed = Swallowed()
    /// Where it listens, `127.0.0.1:port`.
    let address: String

    /// A proxy for the broker at `127.0.0.1:target`.
    ///
    /// - Parameters:
    ///   - advertised: The port that its answers name; `nil` for the proxy's own.
    ///   - withheld: Kinds of requests that never arrive, by Kafka's numbers.
    ///   - largestAnswer: Answers of more bytes never arrive.
    init(
        target: UInt16, advertised: UInt16? = nil, withheld: Set<Int16> = [], largestAnswer: Int = .max
    ) throws {
        self.target = target
        self.withheld = withheld
        self.largestAnswer = largestAnswer
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let listener = listener
        var port: UInt16 = 0
        let isBound = Self.withAddress(0) { pointer, size in
            var size = size
            guard bind(listener, pointer, size) == 0, listen(listener, 8) == 0,
                getsockname(listener, pointer, &size) == 0
            else { return false }
            port = pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                UInt16(bigEndian: $0.pointee.sin_port)
            }
            return true
        }
        guard isBound else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        self.advertised = advertised ?? port
        address = "127.0.0.1:\(port)"
        Thread.detachNewThread { [weak self] in
            while true {
                let near = accept(listener, nil, nil)
                guard near >= 0, let self else { return }
                self.join(near)
            }
        }
    }

    private final class Swallowed: Sendable {
        let kinds = Mutex<Set<Int16>>([])
    }

    deinit { close() }

    /// Whether a request of this kind was made, and swallowed.
    func hasWithheld(_ kind: Int16) -> Bool { swallowed.kinds.withLock { $0.contains(kind) } }

    func close() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func join(_ near: Int32) {
        let far = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard Self.withAddress(target, { connect(far, $0, $1) == 0 }) else {
            Glibc.close(near)
            Glibc.close(far)
            return
        }
        let (own, other) = (Self.bytes(target), Self.bytes(advertised))
        let (withheld, swallowed, largest) = (withheld, swallowed, largestAnswer)
        Thread.detachNewThread {
            Self.pump(near, far) { request in
                let kind = Int16(request[4]) << 8 | Int16(request[5])
                guard withheld.contains(kind) else { return request }
                _ = swallowed.kinds.withLock { $0.insert(kind) }
                return nil
            }
        }
        Thread.detachNewThread {
            Self.pump(far, near) { $0.count > largest ? nil : Self.replace(own, other, in: $0) }
        }
    }

    /// Passes whole requests or answers, with their lengths before them; `change` swallows one by `nil`.
    private static func pump(_ from: Int32, _ to: Int32, _ change: ([UInt8]) -> [UInt8]?) {
        while let length = receive(4, from: from) {
            let size = length.reduce(0) { $0 << 8 | Int($1) }
            guard size >= 2, let rest = receive(size, from: from) else { break }
            guard let changed = change(length + rest) else { continue }
            guard send(to, changed, changed.count, Int32(MSG_NOSIGNAL)) == changed.count else { break }
        }
        // The other direction ends by it; the descriptors are left to the end of the tests.
        shutdown(from, Int32(SHUT_RDWR))
        shutdown(to, Int32(SHUT_RDWR))
    }

    private static func receive(_ count: Int, from connection: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return recv(connection, &bytes, count, Int32(MSG_WAITALL)) == count ? bytes : nil
    }

    /// A port as metadata carries it.
    private static func bytes(_ port: UInt16) -> [UInt8] { [0, 0, UInt8(port >> 8), UInt8(port & 0xFF)] }

    private static func replace(_ old: [UInt8], _ new: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for start in 0..<max(0, bytes.count - old.count + 1)
        where Array(bytes[start..<start + old.count]) == old {
            bytes.replaceSubrange(start..<start + old.count, with: new)
        }
        return bytes
    }

    private static func withAddress(
        _ port: UInt16, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Bool
    ) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = port.bigEndian
        return withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
