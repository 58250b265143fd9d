import Foundation
import Testing

/// One user's broker is found by this user's commands, and by the next one that wants its place.
@Suite(.serialized) struct BrokerAddressTests {
    private let folder: TemporaryFolder
    private var here: [String: String] { ["XDG_RUNTIME_DIR": folder.path, "HASHIFLEX_BROKERS": ""] }

    init() throws { folder = try TemporaryFolder() }

    private func start() throws -> (broker: Background, address: String) {
        let broker = try Background(["broker", "--control-stdin"], environment: here)
        _ = eventually(seconds: 30) { broker.text.contains("\n") }
        return (broker, try #require(broker.text.split(separator: "\n").first.map(String.init)))
    }

    private func list() throws -> Program.Outcome {
        try Program.run(["topics", "list"], environment: here, seconds: 30)
    }

    @Test func aSecondBrokerIsRefusedAndLeavesTheFirstOnesAddress() throws {
        let (first, address) = try start()
        let second = try Program.run(["broker"], environment: here, seconds: 10)
        #expect(second.code == 76, "\(second.output)\(second.errors)")
        #expect(second.errors.contains("\(address) (pid \(first.pid))"), "\(second.errors)")
        #expect(try list().code == 0)
        // One that does not want the place is not asked.
        let apart = try Background(["broker", "--private", "--control-stdin"], environment: here)
        #expect(eventually(seconds: 30) { apart.text.contains("127.0.0.1:") })
        #expect(apart.finish() == 0)
        #expect(try list().code == 0)
        #expect(first.finish() == 0)
        let afterwards = try list()
        #expect(afterwards.code == 69)
        #expect(afterwards.errors.contains("no broker"))
    }

    /// In a shared folder anybody may make one: its opening would wait for a writer.
    @Test func aPipeInThePlaceOfTheAddressHoldsNobodyUp() throws {
        mkfifo(folder.path + "/hashiflex-broker", 0o600)
        let outcome = try Program.run(["topics", "list"], environment: here, seconds: 10)
        #expect(outcome.code == 69 && outcome.errors.contains("no broker"), "\(outcome.errors)")
        let (broker, _) = try start()
        #expect(broker.text.contains("can not be left for other commands"), "\(broker.text)")
        #expect(broker.finish() == 0)
    }

    @Test func whatAKilledBrokerLeftCountsForNothing() throws {
        let (first, _) = try start()
        first.crash()
        #expect(try list().errors.contains("no broker"))
        let (second, _) = try start()
        #expect(try list().code == 0)
        #expect(second.finish() == 0)
    }
}
