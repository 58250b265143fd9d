import ArgumentParser
import Kafka
import Threads

/// The one program: every part of the pipeline is a subcommand.
@main
struct HaShiFlex: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hashiflex",
        abstract: "Batch inference on a hardened MobileNetV2, distributed over Kafka.",
        discussion: """
            Weights are powers of two, so every convolution is shifts and additions; only the final \
            classification layer is programmable, and is switched across the fleet at declared offsets.

            Exit codes: 0 done; 1 what was checked is not so; 64 wrong usage; 65 unusable input; \
            66 the file of --kafka-config can not be read; 69 broker unreachable, topic or right missing; \
            70 internal error; 74 output can not be written; 75 not done in time; 76 refused.

            Every command that talks to Kafka takes --brokers (or HASHIFLEX_BROKERS, or a running \
            `hashiflex broker`), -X property=value, --kafka-config FILE and HASHIFLEX_KAFKA_* variables; not \
            demo, nor bench pipeline, which takes a plain address at most.
            """,
        version: ([BuildFacts.version] + BuildFacts.libraries).joined(separator: "\n"),
        groupedSubcommands: [
            CommandGroup(name: "Try it", subcommands: [DemoCommand.self, DoctorCommand.self]),
            CommandGroup(name: "Broker", subcommands: [BrokerCommand.self, TopicsCommand.self]),
            CommandGroup(
                name: "Run the pipeline",
                subcommands: [
                    IngestCommand.self, WorkerCommand.self, FleetCommand.self, CoordinatorCommand.self,
                    TopCommand.self, SimulateCommand.self,
                ]),
            CommandGroup(name: "Heads", subcommands: [HeadCommand.self]),
            CommandGroup(name: "Repair", subcommands: [PositionsCommand.self, LedgerCommand.self]),
            CommandGroup(
                name: "Predictions",
                subcommands: [PredictionsCommand.self, ReplayCommand.self, AuditCommand.self]),
            CommandGroup(
                name: "Model",
                subcommands: [
                    ImportCommand.self, HardenCommand.self, VerifyCommand.self, EvaluateCommand.self,
                    ReportCommand.self,
                    PreprocessCommand.self, ExportONNXCommand.self, ModelCommand.self, BenchCommand.self,
                    FloatLogitsCommand.self,
                    FeatureBytesCommand.self, HDF5TensorsCommand.self,
                ]),
            CommandGroup(name: "Chip", subcommands: [ChipCommand.self]),
        ])

    static func main() {
        MemoryPolicy.keepFreedPages()
        // Through the terminal's own door: a line of the client library does not tear a live view.
        KafkaLog.setSink { Terminal.note($0) }
        main(nil)
    }
}
