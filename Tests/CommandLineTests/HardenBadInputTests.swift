import Artifacts
import Foundation
import Testing

/// Networks, images and folders that `harden` can not use: a documented code, a line that says why, no file.
@Suite struct HardenBadInputTests {
    private let exported: ExportedNetwork
    private let out: String

    init() throws {
        exported = try ExportedNetwork()
        out = exported.folder.file("out.safetensors")
    }

    /// Runs `harden` and expects it to fail with nothing written and, unless `late`, before any layer.
    private func refuses(
        _ network: String = ExportedNetwork.onnx, calibration: String? = nil, output: String? = nil,
        more: [String] = [], late: Bool = false, code: Int32, says: [String],
        at line: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try Program.run(
            ["harden", network, "--calibration", calibration ?? exported.images, "-o", output ?? out] + more)
        let text = outcome.errors + outcome.output
        #expect(outcome.code == code, "\(text)", sourceLocation: line)
        for word in says { #expect(text.contains(word), "\(text)", sourceLocation: line) }
        #expect(late || !text.contains("layer 1 of 52"), "\(says)", sourceLocation: line)
        #expect(!FileManager.default.fileExists(atPath: out), "\(says)", sourceLocation: line)
    }

    // MARK: - Networks

    @Test func theFirstNodeThatDoesNotFitIsNamed() throws {
        let bytes = try exported.bytes(ExportedNetwork.onnx)
        // Field 4 of a node, four bytes long: its operator.
        let clips = bytes.positions(of: [0x22, 4] + Array("Clip".utf8))
        #expect(clips.count == 35)
        var changed = bytes
        for (number, clip) in clips.enumerated() where number >= 1 {
            changed = changed.overwritten(at: clip + 2, with: Array((number == 1 ? "Relu" : "Sinh").utf8))
        }
        try refuses(
            try exported.write(changed, to: "relu.onnx"), code: 65,
            says: ["/features/features.1/conv/conv.0/conv.0.2/Clip", "Relu", "relu.onnx"])
        let last = try #require(bytes.positions(of: [0x22, 4] + Array("Gemm".utf8)).last)
        try refuses(
            try exported.write(bytes.overwritten(at: last + 2, with: Array("Gelu".utf8)), to: "gelu.onnx"),
            code: 65, says: ["/classifier/classifier.1/Gemm", "Gelu"])
    }

    @Test func weightsThatAreNoNumbersAreNamed() throws {
        var file = try SafetensorsFile(decoding: try exported.bytes(ExportedNetwork.safetensors))
        let old = try file.tensor("features.3.conv.2.weight")
        // Half precision: the fourth number is NaN.
        let data = old.bytes.overwritten(at: 6, with: [0, 0x7E])
        file.tensors[old.name] = .init(
            name: old.name, elementType: old.elementType, shape: old.shape, bytes: data)
        try refuses(
            try exported.write(file.encoded(), to: "nan.safetensors"), code: 65,
            says: ["features.3.conv.2.weight", "3", "nan.safetensors"])
    }

    @Test func cutAndLyingFilesAreRefused() throws {
        let weights = try exported.bytes(ExportedNetwork.safetensors)
        let model = try exported.bytes(ExportedNetwork.onnx)
        func with(_ old: String, _ new: String) throws -> [UInt8] {
            let place = try #require(weights.positions(of: Array(old.utf8)).first, "\(old)")
            return weights.overwritten(at: place, with: Array(new.utf8))
        }
        let cases: [(name: String, bytes: [UInt8])] = [
            ("cut-in-header", Array(weights.prefix(100))),
            ("cut-in-data", Array(weights.dropLast())),
            ("long-header", weights.overwritten(at: 2, with: [0xFF])),
            ("endless-header", weights.overwritten(at: 0, with: [UInt8](repeating: 0xFF, count: 8))),
            ("lying-shape", try with(#""shape":[1280]"#, #""shape":[1281]"#)),
            ("lying-offsets", try with(#""data_offsets":[0,"#, #""data_offsets":[9,"#)),
            ("no-json", try with("{\"", "[\"")),
            ("cut-model", Array(model.dropLast(1_000))),
            ("half-model", Array(model.prefix(model.count / 2))),
            ("empty", []),
            ("text", Array("no network at all".utf8)),
        ]
        for (name, bytes) in cases {
            try refuses(try exported.write(bytes, to: name), code: 65, says: ["/\(name): "])
        }
        try refuses("/no/such/network", code: 65, says: ["/no/such/network"])
    }

    @Test func classNamesMustFitTheClassifier() throws {
        for names in ["a,b", "a,b,c,d,e", "fashion-mnist"] {
            let count = names == "fashion-mnist" ? 10 : names.split(separator: ",").count
            try refuses(more: ["--classes", names], code: 65, says: ["\(count) class names", "4 classes"])
        }
        // A classifier whose bias has other classes than its weights.
        var file = try SafetensorsFile(decoding: try exported.bytes(ExportedNetwork.safetensors))
        file.tensors["classifier.1.bias"] = .float32(
            name: "classifier.1.bias", shape: [4], values: [1, 2, 3, 4])
        try refuses(
            try exported.write(file.encoded(), to: "bias"), code: 65, says: ["classifier.1.bias", "[4]"])
    }

    @Test func whatIsHardenedOrExportedAlreadyIsNoFloatNetwork() throws {
        #expect(try exported.harden(to: "model.safetensors").code == 0)
        try refuses(
            exported.folder.file("model.safetensors"), code: 65,
            says: ["model.safetensors", "a backbone that is hardened already"])
        let graph = exported.folder.file("graph.onnx")
        let written = try Program.run(
            ["export-onnx", exported.folder.file("model.safetensors"), "-o", graph])
        #expect(written.code == 0, "\(written.errors)")
        try refuses(graph, code: 65, says: ["graph.onnx", "image.real/DequantizeLinear", "another grid"])
    }

    // MARK: - Images

    @Test func calibrationWithoutImagesIsRefused() throws {
        let empty = exported.folder.file("empty")
        let broken = exported.folder.file("broken")
        for folder in [empty, broken] {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        try Data("hello".utf8).write(to: URL(fileURLWithPath: broken + "/a.png"))
        try Data(try exported.bytes(exported.images + "/000000.png").prefix(120)).write(
            to: URL(fileURLWithPath: broken + "/b.png"))
        let nowhere = exported.folder.file("nowhere")
        try FileManager.default.createSymbolicLink(atPath: nowhere, withDestinationPath: "/no/such/folder")
        try refuses(calibration: empty, code: 65, says: ["--calibration", empty])
        try refuses(calibration: broken, code: 65, says: [broken, "2 could not be read", "a.png"])
        try refuses(calibration: nowhere, code: 65, says: ["--calibration", nowhere])
        try refuses(calibration: "/no/such/folder", code: 65, says: ["--calibration", "/no/such/folder"])
        let without = try Program.run(["harden", ExportedNetwork.onnx, "-o", out])
        #expect(without.code == 64 && without.errors.contains("--calibration"), "\(without.errors)")
    }

    // MARK: - Output

    @Test func whatCanNotBeWrittenIsToldBeforeTheWork() throws {
        let folder = exported.folder
        let here = folder.file("here")
        try FileManager.default.createDirectory(atPath: here, withIntermediateDirectories: true)
        let file = try exported.write([1], to: "file")
        let early: [(output: String, more: [String], names: String)] = [
            (folder.file("missing/out"), [], "missing/out"),
            (here, [], "is a folder"),
            (file + "/out", [], "file/out"),
            (out, ["--head-output", folder.file("missing/head")], "missing/head"),
            (out, ["--report", file], "file"),
            (out, ["--report", "/proc/no"], "/proc/no"),
        ]
        for (output, more, name) in early {
            try refuses(output: output, more: more, code: 74, says: [name])
        }
        try refuses(
            output: "/dev/full", more: ["--head-output", folder.file("head")], late: true, code: 74,
            says: ["/dev/full"])
        #expect(!FileManager.default.fileExists(atPath: folder.file("head")))
    }

    @Test func noFileIsWrittenOverAnotherOfTheSameRun() throws {
        try refuses(more: ["--head-output", out], code: 64, says: ["--head-output"])
        let network = try exported.write(try exported.bytes(ExportedNetwork.onnx), to: "network")
        let before = try exported.bytes("network")
        try refuses(network, output: network, code: 64, says: ["three files"])
        #expect(try exported.bytes("network") == before)
    }

    // MARK: - Options

    @Test func optionsOutOfRangeAreUsageErrors() throws {
        let cases: [(more: [String], says: String)] = [
            (["--exponents", "0"], "--exponents is 1 to 7"), (["--exponents", "8"], "--exponents is 1 to 7"),
            (["--prune", "1"], "--prune is 0 to 0.95"),
            (["--prune", "nan"], "'nan' is invalid for '--prune"),
            (["--images", "0"], "--images is 1 to 4096"), (["--threads", "0"], "--threads is 1 to 256"),
            (["--steps", "bias,magic"], "'magic'"), (["--name", "@"], "--name is name@version"),
            (["--mean", "0,0,0"], "--mean and --std"),
            (["--mean", "0,0,0", "--std", "1,0,1"], "--std is three"),
            (["--frobnicate"], "--frobnicate"),
        ]
        for (more, says) in cases { try refuses(more: more, code: 64, says: [says]) }
        try refuses(more: ["--input-size", "64"], code: 65, says: ["32", "64"])
    }
}
