import Artifacts
import Foundation
import Testing

/// `import`, and what `harden`, `preprocess` and `evaluate --against` make of its file.
@Suite struct ImportCommandTests {
    private struct Against: Decodable {
        let images: Int, labelled: Int, feature_sqnr_db: Double, head: String?
        let agreement: Share?, divergence_nats: Value?, layer_sqnr_db: [String: Double]?
        let top1_hardened: Share?, top1_float: Share?
        struct Share: Decodable { let images: Int, share: Double, low: Double, high: Double }
        struct Value: Decodable { let value: Double }
    }

    @Test func hardeningTheFileIsHardeningTheNetwork() throws {
        let exported = try ExportedNetwork()
        let file = exported.folder.file("float.safetensors")
        let words = ["--fit", "stretch", "--resize", "area", "--preprocess", "timm"]
        let outcome = try Program.run(["import", ExportedNetwork.onnx, "-o", file] + words)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("4 classes, pads as PyTorch does"), "\(outcome.output)")
        // The file says all that the command line said.
        #expect(try exported.harden(to: "direct.safetensors", words).code == 0)
        let hardened = try exported.harden(file, to: "by-file.safetensors")
        #expect(hardened.code == 0 && hardened.errors.contains("(as the file states)"), "\(hardened.errors)")
        for suffix in ["", ".head"] {
            #expect(
                try exported.bytes("direct\(suffix).safetensors")
                    == exported.bytes("by-file\(suffix).safetensors"))
        }
        var tensors: [[UInt8]] = []
        for source in [file, exported.folder.file("direct.safetensors")] {
            let output = exported.folder.file("tensors.npy")
            let prepared = try Program.run([
                "preprocess", exported.images, "--preprocess", source, "-o", output,
            ])
            #expect(prepared.code == 0, "\(prepared.errors)")
            tensors.append(try exported.bytes("tensors.npy"))
        }
        #expect(tensors[0] == tensors[1])
    }

    @Test func aBackboneIsComparedWithItsFloatNetwork() throws {
        let exported = try ExportedNetwork()
        #expect(try exported.harden(to: "model.safetensors", ["--hold-out", "0"]).code == 0)
        let (model, head) = (
            exported.folder.file("model.safetensors"), exported.folder.file("model.head.safetensors")
        )
        let compare = ["evaluate", model, "--against", ExportedNetwork.onnx, "--data"]
        // Without labels, and without a head.
        let bare = try Program.run(compare + [exported.images])
        #expect(bare.code == 0 && bare.output.contains("answers are not compared"), "\(bare)")
        let outcome = try Program.run(compare + [SampleTar.path, "--head", head, "--limit", "60", "--json"])
        try #require(outcome.code == 0, "\(outcome.errors)")
        let found = try JSONDecoder().decode(Against.self, from: Data(outcome.output.utf8))
        let agreement = try #require(found.agreement)
        #expect(found.images == 60 && agreement.images == 60)
        #expect(agreement.low <= agreement.share && agreement.share <= agreement.high)
        #expect(try #require(found.divergence_nats).value >= 0)
        let layers = try #require(found.layer_sqnr_db)
        #expect(layers.count == 52 && found.feature_sqnr_db > 0)
        // The sample's labels go to 9, the network knows 4 classes.
        #expect(found.labelled > 0 && found.labelled < 60)
        #expect(found.top1_float?.images == found.labelled)
        // What is written comes out the same with any number of threads: parts are added in order.
        let again = try Program.run(compare + [SampleTar.path, "--head", head, "--limit", "60", "--json"])
        #expect(again.output == outcome.output)
        // One image leaves an interval open, which JSON has no number for.
        let one = try Program.run(compare + [SampleTar.path, "--head", head, "--limit", "1", "--json"])
        #expect(one.code == 0 && one.output.contains("\"images\":1"), "\(one)")
        let same = try Program.run(["export-onnx", model, "-o", model])
        #expect(same.code == 64 && same.errors.contains("would be overwritten"), "\(same)")
        let low = try Program.run(
            compare + [SampleTar.path, "--head", head, "--limit", "50", "--at-least", "1"])
        #expect(low.code == (agreement.share < 1 ? 1 : 0), "\(low)")
    }

    @Test func anotherNetworkIsNotCompared() throws {
        let exported = try ExportedNetwork()
        #expect(try exported.harden(to: "model.safetensors").code == 0)
        let (model, head) = (
            exported.folder.file("model.safetensors"), exported.folder.file("model.head.safetensors")
        )
        func refusal(_ words: [String]) throws -> Program.Outcome {
            try Program.run(["evaluate", model, "--data", exported.images] + words)
        }
        // Five classes, where the head has four.
        let classes = try refusal(["--against", ExportedNetwork.safetensors, "--head", head])
        #expect(classes.code == 65 && classes.errors.contains("5 classes"), "\(classes)")
        let integers = try refusal(["--against", model])
        #expect(integers.code == 65 && integers.errors.contains("hardened already"), "\(integers)")
        let both = try refusal([
            "--against", ExportedNetwork.onnx, "--confusion", exported.folder.file("c.csv"),
        ])
        #expect(both.code == 64, "\(both)")
        let unanswered = try refusal(["--against", ExportedNetwork.onnx, "--at-least", "0.5"])
        #expect(
            unanswered.code == 64 && unanswered.errors.contains("--at-least needs answers"), "\(unanswered)")
        // Colours that are stated must be those of the backbone.
        let file = exported.folder.file("float.safetensors")
        let colours = ["--mean", "0.5,0.5,0.5", "--std", "0.5,0.5,0.5"]
        #expect(try Program.run(["import", ExportedNetwork.onnx, "-o", file] + colours).code == 0)
        let other = try refusal(["--against", file])
        #expect(other.code == 65 && other.errors.contains("states preprocessing"), "\(other)")
        var bare = try SafetensorsFile(decoding: exported.bytes(file))
        bare.metadata["preprocessing"] = nil
        let coloured = try refusal(["--against", try exported.write(bare.encoded(), to: "bare.safetensors")])
        #expect(coloured.code == 65 && coloured.errors.contains("mean [0.5, 0.5, 0.5]"), "\(coloured)")
        // And so must the padding.
        var turned = try SafetensorsFile(decoding: exported.bytes(file))
        turned.metadata["padding"] = "tensorflow"
        let path = try exported.write(turned.encoded(), to: "turned.safetensors")
        let padding = try refusal(["--against", path])
        #expect(padding.code == 65 && padding.errors.contains("pads as TensorFlow does"), "\(padding)")
    }

    @Test func badInputOfImportIsRefused() throws {
        let exported = try ExportedNetwork()
        let file = exported.folder.file("float.safetensors")
        func run(_ words: [String]) throws -> Program.Outcome { try Program.run(["import"] + words) }
        let same = try run([ExportedNetwork.safetensors, "-o", ExportedNetwork.safetensors])
        #expect(same.code == 64, "\(same)")
        // By a link as well, hard or soft.
        let copy = try exported.write(
            [UInt8](Data(contentsOf: URL(fileURLWithPath: ExportedNetwork.safetensors))),
            to: "copy.safetensors")
        let links = [exported.folder.file("hard.safetensors"), exported.folder.file("soft.safetensors")]
        try FileManager.default.linkItem(atPath: copy, toPath: links[0])
        try FileManager.default.createSymbolicLink(atPath: links[1], withDestinationPath: copy)
        for link in links {
            let linked = try run([copy, "-o", link])
            #expect(linked.code == 64 && linked.errors.contains("two files"), "\(linked)")
            let hardened = try exported.harden(copy, to: URL(fileURLWithPath: link).lastPathComponent)
            #expect(hardened.code == 64 && hardened.errors.contains("three files"), "\(hardened)")
        }
        let folder = try run([exported.folder.path, "-o", file])
        #expect(folder.code == 65 && folder.errors.contains("is a folder"), "\(folder)")
        let control = try run([ExportedNetwork.onnx, "-o", file, "--classes", "a,b,c,d\u{7}"])
        #expect(control.code == 65 && control.errors.contains("class 3"), "\(control)")
        let names = try run([ExportedNetwork.onnx, "-o", file, "--classes", "a,b"])
        #expect(names.code == 65 && names.errors.contains("2 class names"), "\(names)")
        let colours = try run([ExportedNetwork.onnx, "-o", file, "--mean", "1,2,3"])
        #expect(colours.code == 64, "\(colours)")
        let nowhere = try run([ExportedNetwork.onnx, "-o", exported.folder.file("no/float.safetensors")])
        #expect(nowhere.code == 74, "\(nowhere)")
        // A text of no known preprocessing is not taken for one.
        #expect(try run([ExportedNetwork.onnx, "-o", file]).code == 0)
        var foreign = try SafetensorsFile(decoding: exported.bytes(file))
        foreign.metadata["preprocessing"] = "hsf-resize-99/\u{1B}[31m\nhashiflex: all is well"
        let path = try exported.write(foreign.encoded(), to: "foreign.safetensors")
        let refused = try exported.harden(path, to: "model.safetensors")
        #expect(refused.code == 65 && refused.errors.contains("unknown to this version"), "\(refused)")
        #expect(
            !refused.errors.contains("\u{1B}") && !refused.errors.contains("\nhashiflex: all"), "\(refused)")
    }
}
