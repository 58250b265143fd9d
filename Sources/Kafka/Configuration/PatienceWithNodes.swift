/// How long a client waits for one node before it tries another connection, or another node.
///
/// A node that is cut off from its peers, or a firewall that has forgotten a connection, answers nothing and closes nothing:
/// only time tells. Everything here yields to the user's settings.
package enum PatienceWithNodes {
    /// A connection has to be usable within this time, with TLS and login, milliseconds.
    package static let connectingMs = 5_000
    /// A question that was not answered for so long is asked again over another connection, milliseconds.
    /// Longer than a cluster takes to replace a node that it does not hear of (9 s).
    package static let answerMs = 10_000
    /// A connection that was not used for so long is closed before a firewall forgets it, milliseconds. Longer than an answer may
    /// take: the library closes one over which something was asked as well, and what was asked is to be given up first.
    package static let idleMs = 15_000
    /// By how much it is longer, milliseconds.
    static let idleBeyondMs = 3_000
    /// The most that one answer to a fetch holds, bytes: 1 MiB for each second of ``answerMs``, as by the library's own 64 MiB
    /// in 60 s, so that a slow link carries it in time.
    package static let fetchMaxBytes = 10 << 20

    /// Gives a client time for its longest question, where the user has not said how long an answer may take.
    ///
    /// The library refuses a transactional producer that waits longer than its transaction, and wants a second beyond what a
    /// broker may hold a fetch back.
    static func fit(
        _ properties: inout [(name: String, value: String)], of configuration: KafkaConfiguration
    ) {
        defer { fitIdle(&properties, of: configuration) }
        guard !configuration.isSet("socket.timeout.ms") else { return }
        func number(_ property: String) -> Int? {
            properties.last { $0.name == property }.flatMap { Int($0.value) }
        }
        var timeoutMs = max(answerMs, (number("fetch.wait.max.ms") ?? 0) + 1_000)
        if properties.contains(where: { $0.name == "transactional.id" }),
            let transactionMs = number("transaction.timeout.ms")
        {
            timeoutMs = min(timeoutMs, transactionMs)
        }
        // The library's bounds; what lies outside of them is wrong with the other property.
        properties.append(("socket.timeout.ms", String(min(max(timeoutMs, 10), 300_000))))
    }

    private static func fitIdle(
        _ properties: inout [(name: String, value: String)], of configuration: KafkaConfiguration
    ) {
        guard !configuration.isSet("connections.max.idle.ms"),
            let timeoutMs = properties.last(where: { $0.name == "socket.timeout.ms" }).flatMap({
                Int($0.value)
            }),
            let place = properties.lastIndex(where: { $0.name == "connections.max.idle.ms" })
        else { return }
        properties[place].value = String(min(max(idleMs, timeoutMs + idleBeyondMs), Int(Int32.max)))
    }
}
