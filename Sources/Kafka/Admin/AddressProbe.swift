import Synchronization
internal import Threads

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Whether somebody listens where a cluster says that its brokers are: a connection is made and closed, nothing is said.
public struct AddressProbe: Sendable {
    /// Most brokers that are tried.
    public static let brokersMax = 16
    /// How long one connection may take, milliseconds; all are tried at once.
    public static let timeoutMs: Int32 = 2_000
    /// How long all of it may take, finding addresses of names included, milliseconds.
    private static let limitMs: Int64 = 3_000

    /// What became of one broker.
    public struct Finding: Sendable {
        /// The broker, as it is advertised.
        public let broker: ClusterDescription.Broker
        /// Why no connection could be made; `nil` if one could.
        public let problem: String?
    }

    /// Tries the first ``brokersMax`` of these, in at most three seconds.
    public static func find(_ brokers: [ClusterDescription.Broker]) -> [Finding] {
        let tried = Array(brokers.prefix(brokersMax))
        let outcomes = Outcomes()
        let threads = tried.map { broker in
            PlatformThread("probe") { outcomes.set(problem(of: broker), broker.id) }
        }
        let deadline = Clock.steadyMs + limitMs
        // One that still looks for a name's address is left to itself.
        for thread in threads { _ = thread.join(milliseconds: max(1, deadline - Clock.steadyMs)) }
        return tried.map { broker in
            Finding(broker: broker, problem: outcomes.problem(broker.id) ?? "no answer")
        }
    }

    /// What the threads have found so far.
    private final class Outcomes: Sendable {
        private let problems = Mutex<[Int32: String?]>([:])

        func set(_ problem: String?, _ broker: Int32) {
            problems.withLock { _ = $0.updateValue(problem, forKey: broker) }
        }

        /// `nil` where nothing is known yet.
        func problem(_ broker: Int32) -> String?? { problems.withLock { $0[broker] } }
    }

    private static func problem(of broker: ClusterDescription.Broker) -> String? {
        var hints = addrinfo()
        #if canImport(Darwin)
        hints.ai_socktype = SOCK_STREAM
        #else
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(broker.host, "\(broker.port)", &hints, &list)
        guard code == 0 else { return String(cString: gai_strerror(code)) }
        defer { freeaddrinfo(list) }
        var problem = "its name has no address"
        var next = list
        while let found = next {
            guard let reason = refusal(of: found.pointee) else { return nil }
            problem = reason
            next = found.pointee.ai_next
        }
        return problem
    }

    private static func refusal(of address: addrinfo) -> String? {
        let descriptor = socket(address.ai_family, address.ai_socktype, address.ai_protocol)
        guard descriptor >= 0 else { return String(cString: strerror(errno)) }
        defer { close(descriptor) }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        guard connect(descriptor, address.ai_addr, address.ai_addrlen) != 0 else { return nil }
        guard errno == EINPROGRESS else { return String(cString: strerror(errno)) }
        var waited = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&waited, 1, timeoutMs) > 0 else { return "no answer in \(timeoutMs / 1_000) s" }
        var reason: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &reason, &size)
        return reason == 0 ? nil : String(cString: strerror(reason))
    }
}
