import Foundation
import Kafka
import PipelineMessages
import Threads

/// A broker, a coordinator and a fleet as child processes of this one, for `demo` and `bench pipeline`.
final class LocalDeployment {
    let link: Connection
    // Absent where the broker is somebody's own.
    private let broker: ChildProcess?
    private let brokerInput: Pipe?
    private(set) var coordinator: ChildProcess
    let fleet: ChildProcess
    private let coordinatorArguments: [String]

    /// Starts all of it; the children end when this process ends, however it ends.
    init(partitions: Int, workers: Int, tuning: WorkerTuning, quiet: Bool) throws {
        try tuning.requireDelivery(isEmbedded: true)
        // Every embedded broker's clients send as much.
        try tuning.requireTopK(EmbeddedBroker.clientConfiguration(bootstrap: ""), .standard)
        let address = Pipe()
        let input = Pipe()
        brokerInput = input
        let broker = try ChildProcess(
            [
                "broker", "--private", "--control-stdin", "--exit-with-parent", "--partitions",
                "\(partitions)",
            ], output: address.fileHandleForWriting, input: input,
            errors: quiet ? FileHandle.nullDevice : nil)
        self.broker = broker
        // Else its end would not be seen here.
        try? address.fileHandleForWriting.close()
        let line = address.fileHandleForReading.availableData
        let bootstrap = String(decoding: line, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !bootstrap.isEmpty else {
            throw CommandError(Exit.unavailable, "the embedded broker did not start")
        }
        var kafka = EmbeddedBroker.clientConfiguration(bootstrap: bootstrap)
        kafka.nameClients("local")
        let errors: FileHandle? = quiet ? FileHandle.nullDevice : nil
        coordinatorArguments = ["coordinator", "--exit-with-parent", "--brokers", bootstrap]
        coordinator = try ChildProcess(coordinatorArguments, errors: errors)
        fleet = try ChildProcess(
            ["fleet", "up", "--exit-with-parent", "--brokers", bootstrap, "--workers", "\(workers)"]
                + tuning.childArguments, errors: errors)
        link = try Connection(kafka, topics: .standard) { $0 }
    }

    /// Starts coordinator and fleet on topics that exist; the children end when this process ends.
    init(on link: Connection, workers: Int, tuning: WorkerTuning, quiet: Bool) throws {
        self.link = link
        (broker, brokerInput) = (nil, nil)
        let place = ["--brokers", link.kafka.brokers, "--topic-prefix", link.topics.prefix]
        let errors: FileHandle? = quiet ? FileHandle.nullDevice : nil
        coordinatorArguments = ["coordinator", "--exit-with-parent"] + place
        coordinator = try ChildProcess(coordinatorArguments, errors: errors)
        fleet = try ChildProcess(
            ["fleet", "up", "--exit-with-parent", "--workers", "\(workers)"] + place + tuning.childArguments,
            errors: errors)
    }

    /// Waits until `count` workers are ready.
    func waitForWorkers(_ count: Int, seconds: Double, until stop: Signal? = nil) throws {
        let deadline = Clock.steadyMs + Int64(seconds * 1_000)
        while Clock.steadyMs < deadline {
            guard stop?.isSet != true else { throw CommandError(Exit.late, "interrupted") }
            let snapshot = try FleetSnapshot.read(link, listeningFor: [.worker])
            let owned = snapshot.liveWorkers.filter { $0.state == .running && !$0.partitions.isEmpty }
            if owned.count >= count { return }
            guard fleet.isRunning else {
                throw CommandError(Exit.unavailable, "the fleet ended with code \(fleet.exitStatus)")
            }
            usleep(100_000)
        }
        throw CommandError(Exit.late, "\(count) workers were not ready in \(Int(seconds)) s")
    }

    /// Drains the fleet and ends all.
    func stop() {
        fleet.terminate()
        if !fleet.wait(seconds: 45) { fleet.kill() }
        coordinator.terminate()
        if !coordinator.wait(seconds: 10) { coordinator.kill() }
        broker?.terminate()
        if let broker, !broker.wait(seconds: 5) { broker.kill() }
    }
}
