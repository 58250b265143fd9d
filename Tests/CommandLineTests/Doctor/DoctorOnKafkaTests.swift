import Foundation
import Kafka
import Testing

/// What doctor finds out of a real Kafka; skipped unless HASHIFLEX_TEST_BOOTSTRAP names one.
@Suite(.serialized) struct DoctorOnKafkaTests {
    static let bootstrap = ProcessInfo.processInfo.environment["HASHIFLEX_TEST_BOOTSTRAP"]

    /// Somebody is in the workers' group and says nothing of itself: that is what a node cut off from its peers looks like.
    @Test(
        .enabled(if: bootstrap != nil, "HASHIFLEX_TEST_BOOTSTRAP names no real broker"),
        .timeLimit(.minutes(3)))
    func membersWithoutHeartbeatsAreAFaultAndEveryNodeAnswers() throws {
        let bootstrap = try #require(Self.bootstrap)
        let prefix = "hashiflex-test-\(UUID().uuidString.prefix(8).lowercased())"
        let link = ["--brokers", bootstrap, "--topic-prefix", prefix]
        let made = try Program.run(["topics", "create", "--partitions", "2"] + link)
        try #require(made.code == 0, "\(made.output)\(made.errors)")
        let before = try Program.run(["doctor"] + link)
        #expect(before.output.contains("ok   nodes: "), "\(before.output)")
        #expect(!before.output.contains("BAD  workers") && !before.output.contains("ok   alarms"))

        let group = "\(prefix).workers"
        let configuration = KafkaConfiguration(brokers: bootstrap)
        let member = try KafkaConsumer(
            configuration, groupID: group, options: ConsumerOptions(offsetReset: .earliest))
        defer { member.close() }
        try member.subscribe(["\(prefix).shards"])
        let isIn = try eventually(seconds: 30) {
            guard case .assigned(let partitions) = member.poll(timeoutMs: 200) else { return false }
            try member.assign(partitions.map { ($0, .beginning) })
            return true
        }
        try #require(isIn)
        let found = try #require(try KafkaAdmin(configuration).group(group, timeoutMs: 10_000))
        #expect(found.memberCount == 1 && found.state == "Stable")
        let doctor = try Program.run(["doctor"] + link)
        #expect(doctor.code == 1)
        #expect(
            doctor.output.contains("BAD  workers: no fresh heartbeat although group \(group) has 1 member"),
            "\(doctor.output)\(doctor.errors)")
    }

    @Test(
        .enabled(if: bootstrap != nil, "HASHIFLEX_TEST_BOOTSTRAP names no real broker"),
        .timeLimit(.minutes(2)))
    func everyNodeTellsItsSettings() throws {
        let bootstrap = try #require(Self.bootstrap)
        let configuration = KafkaConfiguration(brokers: bootstrap)
        let nodes = try KafkaAdmin(configuration).metadata(timeoutMs: 10_000).brokers
        let found = NodeSurvey(configuration, topics: [], small: nil, asksSettings: true).ask(nodes)
        #expect(found.map(\.node) == nodes)
        for finding in found {
            guard case .whole(let view) = finding.answer else {
                Issue.record("\(finding)")
                continue
            }
            #expect(view.settings?["offset.metadata.max.bytes"] != nil)
        }
    }
}
