import ArgumentParser

/// `hashiflex chip`.
struct ChipCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chip",
        abstract: "See the artefact as a chip: cycles, RTL, co-simulation.",
        discussion: """
            Cycles are simulated; RTL is compared with the artefact byte by byte. The clock and the NPU of the \
            presets are fits to the only two rates that the paper publishes, 1.21 M and 4 M images/s.
            """,
        subcommands: [
            Simulate.self, ChipRTLCommand.self, ChipCosimCommand.self, ChipTwinCommand.self,
            ChipTraceCommand.self,
        ])
}
