import Kafka
import Testing

extension OnBroker {
    @Suite struct Surveys {
        private func survey(_ broker: ScriptedBroker) throws -> [NodeSurvey.Finding] {
            let configuration = KafkaConfiguration(brokers: "127.0.0.1:\(broker.port)")
            let survey = NodeSurvey(configuration, topics: ["t"], small: "t", asksSettings: true)
            let own = ClusterDescription.Broker(id: 1, host: "127.0.0.1", port: broker.port)
            // Port 1 is privileged and unused.
            let other = ClusterDescription.Broker(id: 2, host: "127.0.0.1", port: 1)
            return survey.ask([own, other])
        }

        @Test func everyNodeIsAskedByItselfAndAllAtOnce() throws {
            KafkaLog.setHandler { _ in }
            defer { KafkaLog.setHandler(nil) }
            let broker = try ScriptedBroker(answers: [:], others: [("127.0.0.1", 1)])
            defer { broker.close() }
            let found = try survey(broker)
            #expect(found.map(\.address) == ["127.0.0.1:\(broker.port)", "127.0.0.1:1"])
            guard case .whole(let view) = found[0].answer, case .silent(let reason) = found[1].answer else {
                Issue.record("one answers, one does not: \(found)")
                return
            }
            #expect(view.nodes.map(\.id) == [1, 2] && view.leaders.isEmpty && view.settings == nil)
            #expect(reason.lowercased().contains("refused"), "\(reason)")
        }

        @Test func smallAnswersWithoutLargeOnesAreToldFromSilence() throws {
            KafkaLog.setHandler { _ in }
            defer { KafkaLog.setHandler(nil) }
            let broker = try ScriptedBroker(answers: [:], withholdsLists: true)
            defer { broker.close() }
            let found = try survey(broker)
            #expect(found[0].answer == .smallOnly("the list of all topics"))
        }
    }
}
