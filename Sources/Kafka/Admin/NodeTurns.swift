/// Which node a new client asks first, one after the other.
///
/// A node that is cut off from its peers goes on answering: with leaders and coordinators that have long been replaced. A client
/// that has no other connection open asks it again and again. One that begins at another node hears what is true now.
public struct NodeTurns: Sendable {
    private var turns = 0

    /// Nobody was asked first yet.
    public init() {}

    /// The configuration of a client that asks the next node first; `nil` where there is only one, or nobody answers.
    ///
    /// - Parameter timeoutMs: How long the nodes are asked for.
    public mutating func next(_ kafka: KafkaConfiguration, timeoutMs: Int32 = 2_000) -> KafkaConfiguration? {
        let listed = try? KafkaAdmin(kafka).metadata(timeoutMs: timeoutMs).brokers
        return next(kafka, of: (listed ?? []).map(\.address).sorted())
    }

    /// The same for nodes whose addresses are known, `host:port`: nobody is asked.
    public mutating func next(_ kafka: KafkaConfiguration, of addresses: [String]) -> KafkaConfiguration? {
        guard addresses.count > 1 else { return nil }
        turns += 1
        var next = kafka
        next.set("bootstrap.servers", addresses[turns % addresses.count])
        return next
    }
}
