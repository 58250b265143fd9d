import Kafka

/// What the answers of a cluster's nodes, each asked by itself, say about it. Pure.
package struct NodeReview {
    /// Most differences, and most nodes, that are named in one line.
    private static let namedMax = 8

    private let findings: [NodeSurvey.Finding]
    /// Nodes of the cluster that were too many to be asked.
    private let unasked: Int
    /// All nodes that anybody told of, by number.
    private let nodes: [Int32: ClusterDescription.Broker]

    /// A review.
    ///
    /// - Parameters:
    ///   - findings: What each address said.
    ///   - unasked: How many nodes were not asked.
    package init(_ findings: [NodeSurvey.Finding], unasked: Int = 0) {
        self.findings = findings
        self.unasked = unasked
        var nodes: [Int32: ClusterDescription.Broker] = [:]
        for finding in findings {
            if case .whole(let view) = finding.answer {
                for node in view.nodes where nodes[node.id] == nil { nodes[node.id] = node }
            }
        }
        for node in findings.compactMap(\.node) { nodes[node.id] = node }
        self.nodes = nodes
    }

    /// Whether large answers of some node do not arrive: whatever is asked of it next will wait in vain.
    package var losesLargePackets: Bool {
        findings.contains { if case .smallOnly = $0.answer { true } else { false } }
    }

    /// Nodes that were told of and have not been asked.
    package var strangers: [ClusterDescription.Broker] {
        let asked = Set(findings.map { $0.address.lowercased() })
        return nodes.values.filter { !asked.contains($0.address.lowercased()) }.sorted { $0.id < $1.id }
    }

    /// The settings of each node that has told them.
    package var settings: [(node: String, settings: [String: String])] {
        findings.compactMap { finding in
            guard case .whole(let view) = finding.answer, let settings = view.settings else { return nil }
            return (name(finding), settings)
        }
    }

    /// Whether nodes disagree: for a moment they do whenever a leader changes.
    package var differs: Bool { !differences.isEmpty }

    /// Each line.
    package var checks: [DoctorCheck] {
        var checks = [answering]
        if let packets { checks.append(packets) }
        if let agreement { checks.append(agreement) }
        return checks
    }

    private var answering: DoctorCheck {
        var problems = findings.compactMap { finding -> String? in
            guard case .silent(let reason) = finding.answer else { return nil }
            return "\(name(finding)) does not answer: \(reason)"
        }
        let missing = keepers.subtracting(nodes.keys).sorted()
        if !missing.isEmpty {
            problems.append("copies lie on \(list(missing)), in nobody's list of nodes: away")
        }
        guard problems.isEmpty else {
            return DoctorCheck(
                what: "nodes", ok: false, found: problems.joined(separator: "; "),
                advice:
                    "start them, or look at the network to them: what they lead can be neither read nor written"
            )
        }
        let count = findings.count
        let found = "\(count) of \(count + unasked) addresses answer, each asked by itself"
        return unasked == 0
            ? DoctorCheck(what: "nodes", ok: true, found: found)
            : .unknown("nodes", "\(found); the others were not asked")
    }

    private var packets: DoctorCheck? {
        let lost = findings.compactMap { finding -> String? in
            guard case .smallOnly(let what) = finding.answer else { return nil }
            return "\(name(finding)) answers small questions, and nothing came when it was asked for \(what)"
        }
        guard !lost.isEmpty else { return nil }
        return DoctorCheck(
            what: "packets", ok: false,
            found: "\(lost.joined(separator: "; ")): packets of full size seem to vanish on the way (MTU)",
            advice:
                "compare `ping -M do -s 1472 NODE` with `ping -M do -s 1200 NODE`; lower the MTU of this machine or "
                + "clamp the MSS where a tunnel or VPN takes its share, and let ICMP \"fragmentation needed\" pass"
        )
    }

    private var views: [(name: String, view: NodeSurvey.View)] {
        findings.compactMap { finding in
            guard case .whole(let view) = finding.answer else { return nil }
            return (name(finding), view)
        }
    }

    private var keepers: Set<Int32> { views.reduce(into: []) { $0.formUnion($1.view.keepers) } }

    private var agreement: DoctorCheck? {
        let views = views
        guard nodes.count > 1 else { return nil }
        guard views.count > 1 else {
            return .unknown("leaders", "fewer than two nodes have answered: there is nothing to compare")
        }
        let differences = differences
        guard !differences.isEmpty else {
            let partitions = views.reduce(into: Set<TopicPartition>()) { $0.formUnion($1.view.leaders.keys) }
            return DoctorCheck(
                what: "leaders", ok: true,
                found:
                    "\(views.count) nodes name the same nodes, and the same leaders of \(partitions.count) partitions"
            )
        }
        let more = differences.count > Self.namedMax ? ["and \(differences.count - Self.namedMax) more"] : []
        return DoctorCheck(
            what: "leaders", ok: false,
            found: (differences.prefix(Self.namedMax) + more).joined(separator: "; "),
            advice:
                "a node that tells of other leaders or nodes than the rest is cut off from its peers: clients that ask it "
                + "are led astray; restart it or mend its network")
    }

    /// What nodes say otherwise than others.
    private var differences: [String] {
        let views = views
        guard views.count > 1 else { return [] }
        var differences: [String] = []
        // As they are, not as they are shown.
        let lists = grouped(views.map { ($0.name, $0.view.nodes.map(\.id).sorted()) })
        if lists.count > 1 {
            let all = lists.reduce(into: Set<Int32>()) { $0.formUnion($1.what) }
            let common = lists.reduce(all) { $0.intersection($1.what) }
            differences.append(
                lists.map { "\($0.who) tells of \(list($0.what, besides: common))" }.joined(separator: ", "))
        }
        let partitions = views.reduce(into: Set<TopicPartition>()) { $0.formUnion($1.view.leaders.keys) }
        for partition in partitions.sorted() {
            let said = grouped(views.map { ($0.name, leader($0.view.leaders[partition])) })
            guard said.count > 1 else { continue }
            differences.append(
                "\(partition): \(said.map { "\($0.what) leads, says \($0.who)" }.joined(separator: "; "))")
        }
        return differences
    }

    private func leader(_ id: Int32?) -> String {
        guard let id else { return "nobody that is known" }
        return id < 0 ? "nobody" : "node \(id)"
    }

    /// Who says the same, together, in order of first appearance.
    private func grouped<Said: Hashable>(_ said: [(who: String, what: Said)]) -> [(who: String, what: Said)] {
        var order: [Said] = []
        var by: [Said: [String]] = [:]
        for (who, what) in said {
            if by[what] == nil { order.append(what) }
            by[what, default: []].append(who)
        }
        return order.map { ((by[$0] ?? []).joined(separator: " and "), $0) }
    }

    /// All, or where they are too many those that not all tell of.
    private func list(_ ids: [Int32], besides common: Set<Int32>) -> String {
        guard ids.count > Self.namedMax, !common.isEmpty else { return list(ids) }
        let own = ids.filter { !common.contains($0) }
        let shared = "\(common.count) nodes that all tell of"
        return own.isEmpty ? shared : "\(shared), and of \(list(own))"
    }

    private func list(_ ids: [Int32]) -> String {
        let named = ids.prefix(Self.namedMax).map { "\($0)" }.joined(separator: ", ")
        let more = ids.count > Self.namedMax ? " and \(ids.count - Self.namedMax) more" : ""
        return "\(ids.count == 1 ? "node" : "nodes") \(named)\(more)"
    }

    private func name(_ finding: NodeSurvey.Finding) -> String {
        finding.node.map { "node \($0.id) (\(finding.address))" } ?? "\(finding.address)"
    }
}
