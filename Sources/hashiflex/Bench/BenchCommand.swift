import ArgumentParser

/// `hashiflex bench`.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the engine, the pipeline and the resize; exactness is checked first.",
        subcommands: [Engine.self, Pipeline.self, Resize.self])
}

/// Figures over several windows.
struct Windows: Codable {
    let median: Double
    let min: Double
    let max: Double
    let windows: Int

    init(_ values: [Double]) {
        let sorted = values.sorted()
        windows = sorted.count
        min = sorted.first ?? 0
        max = sorted.last ?? 0
        median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }

    var text: String {
        "\(Format.rate(median)) images/s (min \(Format.rate(min)), max \(Format.rate(max)), \(windows) windows)"
    }
}
