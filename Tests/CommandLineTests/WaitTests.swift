import Foundation
import Kafka
import Testing

/// Commands wait at their start for a broker that is away, to a stated deadline; a wrong address is said soon.
@Suite(.serialized, .timeLimit(.minutes(3))) struct WaitTests {
    private func seconds(_ body: () throws -> Program.Outcome) rethrows -> (Program.Outcome, Double) {
        let begin = Date()
        let outcome = try body()
        return (outcome, Date().timeIntervalSince(begin))
    }

    @Test func aBrokerThatComesBackIsWaitedFor() throws {
        let broker = try Background(["broker", "--private", "--control-stdin"])
        #expect(eventually(seconds: 30) { broker.text.contains("127.0.0.1:") })
        let address = try #require(broker.text.split(separator: "\n").first.map(String.init))
        try broker.say("down")
        let command = try Background(["topics", "list", "--brokers", address, "--wait", "60"])
        #expect(
            eventually(seconds: 30) { command.text.contains("waiting for a node of the broker, for ") },
            "\(command.text)")
        try broker.say("up")
        #expect(eventually(seconds: 40) { !command.isRunning })
        #expect(command.exitCode == 0, "\(command.text)")
        #expect(command.text.contains("hashiflex.shards  16 partitions"), "\(command.text)")
    }

    /// Port 1 is privileged and unused.
    @Test func aWrongAddressIsSaidSoonUnlessSomebodyWantsToWait() throws {
        let list = ["topics", "list", "--brokers", "127.0.0.1:1"]
        let (usual, usualSeconds) = try seconds { try Program.run(list, seconds: 60) }
        #expect(usual.code == 69)
        #expect(
            usual.errors.contains("127.0.0.1:1") && usual.errors.contains("; tried for "), "\(usual.errors)")
        #expect((8...20).contains(usualSeconds), "\(usualSeconds)")
        let (once, onceSeconds) = try seconds { try Program.run(list + ["--wait", "0"], seconds: 60) }
        #expect(once.code == 69)
        #expect(onceSeconds < 9, "\(onceSeconds)")
        let (long, longSeconds) = try seconds { try Program.run(list + ["--wait", "16"], seconds: 60) }
        #expect(long.code == 69)
        #expect(long.errors.contains("waiting for a node of the broker, for "), "\(long.errors)")
        #expect((15...26).contains(longSeconds), "\(longSeconds)")
    }

    @Test func aSignalEndsTheWait() throws {
        let command = try Background(
            ["predictions", "--follow", "--brokers", "127.0.0.1:1", "--wait", "600"])
        usleep(1_000_000)
        let begin = Date()
        #expect(command.finish(seconds: 20) == 69, "\(command.text)")
        #expect(Date().timeIntervalSince(begin) < 12)
    }

    /// The library's own log names the client.
    @Test func aCommandsClientsBearItsName() throws {
        let broker = try EmbeddedBroker(topics: [("hashiflex.shards", 1)])
        defer { broker.close() }
        let list = ["topics", "list", "--brokers", broker.bootstrap, "-X", "debug=broker"]
        let usual = try Program.run(list, seconds: 60)
        #expect(usual.errors.contains("hashiflex-topics#consumer-"), "\(usual.errors)")
        let own = try Program.run(list + ["-X", "client.id=mine"], seconds: 60)
        #expect(own.errors.contains("mine#consumer-") && !own.errors.contains("hashiflex-topics"))
    }

    /// The address has answered their parent, so that it is not a wrong one: they wait for the whole time.
    @Test(arguments: [([String](), "60"), (["--wait", "77"], "77")])
    func childrenAreToldHowLongToWait(_ stated: [String], _ seconds: String) throws {
        let broker = try Background(["broker", "--private", "--control-stdin"])
        #expect(eventually(seconds: 30) { broker.text.contains("127.0.0.1:") })
        let address = try #require(broker.text.split(separator: "\n").first.map(String.init))
        let fleet = try Background(
            ["fleet", "up", "--workers", "1", "--name", "fleet", "--brokers", address] + stated)
        #expect(eventually(seconds: 30) { fleet.text.contains("fleet-1 is pid ") }, "\(fleet.text)")
        let after = try #require(fleet.text.range(of: "fleet-1 is pid "))
        let pid = fleet.text[after.upperBound...].prefix { $0.isNumber }
        let words = try String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8).split(separator: "\0")
        let place = try #require(words.firstIndex(of: "--wait"))
        #expect(words.dropFirst(place + 1).first.map(String.init) == seconds, "\(words)")
        _ = fleet.finish()
    }
}
