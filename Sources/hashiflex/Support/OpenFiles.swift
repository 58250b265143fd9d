import ArgumentParser
import Foundation

/// How many files and connections this process may have open at once.
///
/// A client of the library that gets no more of them neither works nor ends: what is needed is asked for at the start.
enum OpenFiles {
    /// What the program has open beside its clients.
    private static let others = 32
    /// What a client holds for itself, and for each broker it may know: a connection and a pipe to wake its thread.
    private static let perClient = 4
    private static let perBroker = 3
    /// Addresses to begin with and the coordinator of a group count like brokers.
    private static let extraBrokers = 2

    /// What `clients` clients of a cluster need.
    static func needed(clients: Int, brokers: Int) -> Int {
        others + clients * (perClient + perBroker * (brokers + extraBrokers))
    }

    /// Makes sure that enough may be open, by raising the soft limit where the hard one allows it.
    ///
    /// - Throws: `CommandError` 69 that says what is needed and what to do.
    static func require(clients: Int, brokers: Int) throws {
        let needed = needed(clients: clients, brokers: brokers)
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        guard limit.rlim_cur < rlim_t(needed) else { return }
        let found = limit.rlim_cur
        limit.rlim_cur = min(limit.rlim_max, rlim_t(max(needed, 1_024)))
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_cur < rlim_t(needed) else { return }
        throw CommandError(
            Exit.unavailable,
            "this process may open \(found) files and connections, and needs \(needed) for \(clients) clients of "
                + "\(brokers) brokers: raise the limit (ulimit -n, or LimitNOFILE= of the service)")
    }
}
