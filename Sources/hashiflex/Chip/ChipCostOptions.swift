import ArgumentParser
import ChipModel
import ClassifierHead
import HardenedBackbone
import HardenedModel

/// What a chip's cost depends on beside its design: the head, the weights, the cuts and the wires.
struct ChipCostOptions: ParsableArguments {
    /// Classes of a head that nobody names: ImageNet's.
    static let classesDefault = 1_000
    /// Legal percents of zeros.
    static let pruneRange = 0...100
    /// Legal counts of magnitudes in a channel.
    static let exponentRange = 1...7

    @Option(
        help:
            "A head of the model: a file, builtin:v1 or builtin:v2. Default: --classes, int8 weights assumed."
    )
    var head: String?
    @Option(help: "Classes of a head that is not there yet. Default: 1000.") var classes: Int?
    @Option(help: "Wire from a cell to each of its loads that the clock is closed with, um: 0, 3, 6 or 10.")
    var wire = WireLength.short
    @Option(help: "Cut all adder trees at this many rows: 2, 4, 6, 9 or 13. Default: by fan-in.")
    var cut: Int?
    @Flag(help: "Add pairs of inputs once for all neurons of a layer; takes a fourth stage.")
    var sharePairs = false

    func validate() throws {
        if head != nil, classes != nil { throw ValidationError("give --classes or --head, not both") }
        try requireRange("--classes", classes, in: HeadFacts.classRange)
        if let cut, !TimingTable.rows.contains(cut) {
            let known = TimingTable.rows.map(String.init).joined(separator: ", ")
            throw ValidationError("--cut is one of \(known), not \(cut)")
        }
    }

    /// The head, its shifted adds counted where it is named.
    func headFacts(for model: HardenedModel) throws -> HeadFacts {
        let artifact = model.backbone
        if let frozen = model.frozenHead {
            guard head == nil else {
                throw CommandError(ExitCode(64), "the model has a head frozen into it; leave out --head")
            }
            return HeadFacts(frozen)
        }
        guard let name = head else {
            return HeadFacts(
                classes: classes ?? Self.classesDefault, features: artifact.network.featureCount)
        }
        let (head, _) = try HeadFile.read(name)
        do throws(HeadError) {
            try head.verify(
                fits: artifact.digest, featureCount: artifact.network.featureCount,
                preprocessing: artifact.preprocessing)
        } catch {
            throw CommandError(Exit.badInput, "\(name): \(error)")
        }
        return HeadFacts(head)
    }

    /// `design` with these cuts, wires and, where pairs are shared, the stage that they take.
    func applied(to design: ChipDesign, of network: NetworkDescription) -> ChipDesign {
        var design = design
        if let cut { design.cut = .uniform(cut) }
        design.wire = wire
        if sharePairs {
            design.sharesPairs = true
            let stages = design.depth.layers
            var index = 0
            design.depth = DepthPlan(network) { layer in
                defer { index += 1 }
                return layer.kind == .depthwise ? stages[index] : max(stages[index], 4)
            }
        }
        return design
    }

    /// The options that give the same again.
    var arguments: [String] {
        (head.map { ["--head", Shell.quoted($0)] } ?? ["--classes", "\(classes ?? Self.classesDefault)"])
            + ["--wire", wire.rawValue] + (cut.map { ["--cut", "\($0)"] } ?? [])
            + (sharePairs ? ["--share-pairs"] : [])
    }
}

extension WireLength: ExpressibleByArgument {}

/// Words for a shell.
enum Shell {
    /// `word` as one word, quoted where it must be.
    static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "._/-:@%+=".utf8.contains(byte)
            }
        }
        guard !isPlain || word.isEmpty else { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
            + "'"
    }
}
