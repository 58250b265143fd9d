import ArgumentParser

/// `hashiflex head`.
struct HeadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "head",
        abstract: "Push, list, watch and roll back classifier heads; fit or freeze one.",
        subcommands: [
            Push.self, List.self, Status.self, Rollback.self, Abandon.self, Fit.self, Freeze.self,
            Export.self,
        ])
}
