import Kafka
import PipelineMessages

extension DoctorCommand {
    /// Which roles this user may play: every right is tried, none leaves a trace.
    func rights(_ link: Connection) throws -> [DoctorCheck] {
        guard !link.isEmbedded else {
            return role == nil
                ? []
                : [DoctorCheck(what: "rights", ok: true, found: "the embedded broker asks nobody")]
        }
        let roles = role.map { [$0] } ?? Role.allCases
        var wanted: [AccessRight] = []
        for right in roles.flatMap({ $0.rights(link.topics) }) where !wanted.contains(right) {
            wanted.append(right)
        }
        let refused = try AccessProbe(link.kafka, timeoutMs: 5_000).refused(wanted)
        return roles.map { role in
            let begun = role.grants(link.topics).filter(\.isPrefix).map(\.right)
            return check(role, role.rights(link.topics), refused, untriable: begun)
        }
    }

    private func check(
        _ role: Role, _ rights: [AccessRight], _ refused: [AccessRight: KafkaError], untriable: [AccessRight]
    ) -> DoctorCheck {
        let missing = rights.filter { refused[$0]?.isRefusedAccess == true }
        let untried = rights.filter { refused[$0]?.isRefusedAccess == false }
        let isAsked = self.role != nil
        var found = missing.isEmpty ? "all there" : "missing: " + Self.list(missing)
        if !untried.isEmpty {
            found += "; not tried: " + Self.list(untried)
            found += untried.first.flatMap { refused[$0] }.map { " (\($0))" } ?? ""
        }
        // Nobody can try it without a trace; only exactly-once needs it.
        if !untriable.isEmpty { found += "; can not be tried: \(Self.list(untriable))..., for exactly-once" }
        guard isAsked || untried.isEmpty else { return .unknown("rights of a \(role.rawValue)", found) }
        return DoctorCheck(
            what: "rights of a \(role.rawValue)", ok: !isAsked || missing.isEmpty && untried.isEmpty,
            found: found,
            advice: isAsked && !missing.isEmpty ? role.advice : nil)
    }

    private static func list(_ rights: [AccessRight]) -> String {
        rights.map(\.description).joined(separator: ", ")
    }
}
