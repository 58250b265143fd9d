import ArgumentParser

@main
struct HaShiFlex: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "hashiflex")
}
