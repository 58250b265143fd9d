import ArgumentParser
import ChipFlow
import ChipModel
import ChipTools
import HardenedBackbone

/// What is synthesised, with which library and program.
struct SynthesisOptions: ParsableArguments {
    @Option(help: "A liberty file of the library, .lib or .lib.gz. May be repeated.") var liberty: [String] =
        []
    @Option(help: "Cells that Yosys must not take, such as *x1p*. May be repeated.") var exclude: [String] =
        []
    @Option(help: "Only these layers or blocks, with commas between them.") var layers: String?
    @Flag(help: "Add pairs of inputs once for all channels of a layer.") var sharePairs = false
    @Option(help: "Cut all adder trees at this many rows: 2, 4, 6, 9 or 13. Default: by fan-in.")
    var cut: Int?
    @Option(help: "Cut them a second time, before that, at this many rows: 19, 28, 42, 63 or 94.")
    var earlyCut: Int?
    @Option(help: "Another Yosys than the one on PATH.") var yosys: String?

    /// Rows at which trees may be cut a second time.
    static let earlyRows = [19, 28, 42, 63, 94]

    func validate() throws {
        func requireOne(_ name: String, _ value: Int?, of rows: [Int]) throws {
            guard let value, !rows.contains(value) else { return }
            let known = rows.map(String.init).joined(separator: ", ")
            throw ValidationError("\(name) is one of \(known), not \(value)")
        }
        try requireOne("--cut", cut, of: TimingTable.rows)
        try requireOne("--early-cut", earlyCut, of: Self.earlyRows)
        if liberty.isEmpty { throw ValidationError("--liberty names at least one file") }
    }

    /// The cores of `source`.
    func design(of source: SynthesisSource) throws -> NetworkSynthesis.Design {
        let (artifact, range) = try source.load()
        let chosen = try chosen(artifact.network).filter { range?.contains($0) ?? true }
        guard !chosen.isEmpty else {
            throw CommandError(ExitCode(64), "--layers: the folder holds none of them")
        }
        return NetworkSynthesis.Design(
            artifact: artifact, depth: .uniform(3, of: artifact.network),
            cut: cut.map { .uniform($0) } ?? .byFanIn, earlyCutRows: earlyCut, sharesPairs: sharePairs,
            layers: chosen, generator: "hashiflex \(BuildFacts.version)")
    }

    /// Library and program.
    func tools() throws -> SynthesisTools {
        try SynthesisTools(
            try liberty.map { try LibertyLibrary(path: $0) }, excluding: exclude.map { NamePattern($0) },
            yosys: yosys)
    }

    /// Indices of the layers asked for, in the order of the network.
    private func chosen(_ network: NetworkDescription) throws -> [Int] {
        guard let layers else { return Array(network.layers.indices) }
        var chosen = Set<Int>()
        for name in layers.split(separator: ",") {
            let found = network.layers.indices.filter {
                network.layers[$0].name == name || network.layers[$0].name.hasPrefix("\(name).")
            }
            guard !found.isEmpty else {
                throw CommandError(
                    ExitCode(64),
                    "--layers: there is no layer or block '\(name)'; the first are stem, b00, b01")
            }
            chosen.formUnion(found)
        }
        return chosen.sorted()
    }
}
