import Kafka
import PipelineMessages
import Threads

extension DoctorCommand {
    /// How long nodes may disagree while a leader changes, milliseconds.
    private static let settlingMs: Int64 = 2_000

    /// What every node of the cluster says, asked by itself.
    func nodes(_ link: Connection) -> NodeReview {
        let review = survey(link)
        guard review.differs else { return review }
        // While a leader changes, one node hears of it before the other.
        _ = Signal().wait(milliseconds: Self.settlingMs)
        return survey(link)
    }

    private func survey(_ link: Connection) -> NodeReview {
        let names = TopicPlan.all(link.topics, partitions: 1).map(\.name)
        let hasControl = !link.isEmbedded && link.isVisible(link.topics.control)
        let survey = NodeSurvey(
            link.kafka, topics: names, small: hasControl ? link.topics.control : nil,
            asksSettings: !link.isEmbedded)
        let told = link.cluster.brokers
        let addresses = Set(told.map { $0.address.lowercased() })
        // Of a node that its peers have given up, only the user still knows where it is.
        let others = link.isEmbedded ? [] : Self.addresses(link.kafka).filter { !addresses.contains($0) }
        var findings = survey.ask(told, addresses: others)
        let strangers = NodeReview(findings).strangers.filter { !others.contains($0.address.lowercased()) }
        if !strangers.isEmpty { findings += survey.ask(strangers) }
        return NodeReview(
            findings, unasked: max(0, told.count + others.count - NodeSurvey.addressesMax))
    }

    /// The same of the addresses that the user has named, when the cluster could not be described.
    func nodes(behind configuration: KafkaConfiguration, _ topics: TopicNames) -> NodeReview {
        let survey = NodeSurvey(
            configuration, topics: [], small: topics.control, asksSettings: false)
        return NodeReview(survey.ask([], addresses: Self.addresses(configuration)))
    }

    /// The addresses that the user has named, as nodes advertise theirs.
    private static func addresses(_ configuration: KafkaConfiguration) -> [String] {
        var seen: Set<String> = []
        return configuration.brokers.lowercased().split(separator: ",").map { part in
            let text = part.filter { $0 != " " }
            let bare = text.firstRange(of: "://").map { String(text[$0.upperBound...]) } ?? text
            // The library's own port.
            return bare.contains(":") || bare.isEmpty ? bare : "\(bare):9092"
        }
        .filter { !$0.isEmpty && seen.insert($0).inserted }
    }
}
