import ArgumentParser
import Foundation
import Kafka

/// The most usual fault of a cluster that somebody has just set up: it answers at one address, and sends its clients to
/// others, which they can not reach.
extension Connection {
    private static let advice = "set the brokers' advertised.listeners to what clients can reach from here"

    /// Checks that somebody listens where the cluster sends its clients.
    ///
    /// - Parameter brokers: The addresses at which it was asked: where it advertises one of them, nothing is tried.
    /// - Throws: `CommandError` 69 that names the advertised addresses when none answers.
    static func requireReachable(_ cluster: ClusterDescription, at brokers: String) throws {
        let asked = Set(brokers.lowercased().split(separator: ",").map { $0.filter { $0 != " " } })
        guard !cluster.brokers.isEmpty,
            !cluster.brokers.contains(where: { asked.contains($0.address.lowercased()) })
        else { return }
        let found = AddressProbe.find(cluster.brokers)
        guard found.allSatisfy({ $0.problem != nil }) else { return }
        throw CommandError(
            Exit.unavailable,
            "the broker answers at \(brokers), but nobody at the addresses that it advertises: \(list(found)); \(advice)"
        )
    }

    /// `error`, with the advertised addresses that do not answer if it is one that such addresses give.
    func explained(_ error: KafkaError) -> any Error {
        guard error.mayPass else { return error }
        let silent = AddressProbe.find(cluster.brokers).filter { $0.problem != nil }
        guard !silent.isEmpty else { return error }
        return CommandError(
            Exit.unavailable,
            "\(error); advertised addresses that do not answer: \(Self.list(silent)), of \(cluster.brokers.count); "
                + "unless these nodes are down, \(Self.advice)")
    }

    private static func list(_ found: [AddressProbe.Finding]) -> String {
        found.map { "\($0.broker.address) (\($0.problem ?? "answers"))" }.joined(separator: ", ")
    }
}

/// Checks that broker addresses have the form that the client library takes.
///
/// - Throws: `CommandError` 64 for a URL; what it holds beyond its scheme is not repeated, it may be a password.
func requireAddresses(_ brokers: String) throws {
    let schemes = ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"]
    for address in brokers.split(separator: ",") {
        let text = address.filter { $0 != " " }
        guard let end = text.range(of: "://") else {
            if text.contains("/") { throw wrongForm("a path") }
            continue
        }
        let scheme = text[..<end.lowerBound].lowercased()
        guard schemes.contains(scheme) else { throw wrongForm("a URL (\(scheme)://...)") }
        if text[end.upperBound...].contains("/") { throw wrongForm("a path") }
    }
}

private func wrongForm(_ found: String) -> CommandError {
    CommandError(
        ExitCode(64), "broker addresses are HOST:PORT, several separated by commas, not \(found)")
}
