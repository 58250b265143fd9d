import ArgumentParser

/// `hashiflex chip`.
struct ChipCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chip",
        abstract: "See the artefact as a chip: throughput, area, energy, timing, RTL.",
        discussion: """
            Every figure says which kind it is: measured (a fleet), synthesised (cells of a liberty file), \
            simulated (cycles) or modelled. Only 1.21 M and 4 M images/s, 20x and 67x are the paper's.
            """,
        subcommands: [ChipReportCommand.self, ChipSweepCommand.self])
}
