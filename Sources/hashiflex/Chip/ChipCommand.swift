import ArgumentParser

/// `hashiflex chip`.
struct ChipCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chip",
        abstract: "See the artefact as a chip: throughput, area, energy, cycles, RTL, synthesis.",
        discussion: """
            Every figure says which kind it is: counted, synthesised (a law of ASAP7 cells), simulated \
            (cycles) or modelled. RTL is compared with the artefact byte by byte. The clock and the NPU of the \
            presets are fits to the only two rates that the paper publishes, 1.21 M and 4 M images/s.
            """,
        subcommands: [
            ChipReportCommand.self, ChipSweepCommand.self, Simulate.self, ChipTwinCommand.self,
            ChipTraceCommand.self, ChipRTLCommand.self, ChipCosimCommand.self,
            ChipSynthCommand.self, ChipTimingCommand.self, ChipEnergyCommand.self,
        ])
}
