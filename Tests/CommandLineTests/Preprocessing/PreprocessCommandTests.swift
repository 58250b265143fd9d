import Foundation
import ImageDecoding
import Testing

/// `preprocess`: the file that it writes, and what it refuses.
@Suite struct PreprocessCommandTests {
    private let folder: TemporaryFolder
    private let files: [[UInt8]]
    private let pictures: String
    private let output: String

    init() throws {
        folder = try TemporaryFolder()
        files = [
            try Pictures.jpeg(67, 40), try ImageEncoder.png(Pictures.noise(32, 32, seed: 2)),
            try ImageEncoder.png([UInt8](repeating: 9, count: 28 * 28), width: 28, height: 28, channels: 1),
            try Pictures.jpeg(40, 90, seed: 3, orientation: 6), try ImageEncoder.png(Pictures.noise(1, 1)),
            try Pictures.jpeg(300, 200, seed: 4),
        ]
        pictures = try Pictures.folder(
            files.enumerated().map { ("\($0.offset).\($0.element[0] == 0xFF ? "jpg" : "png")", $0.element) },
            in: folder)
        output = folder.file("tensors.npy")
    }

    private func preprocess(
        _ more: [String], from source: String? = nil, to output: String? = nil
    ) throws -> Program.Outcome {
        try Program.run(["preprocess", source ?? pictures, "-o", output ?? self.output] + more)
    }

    /// Shape and bytes of a NumPy file, read by the format's description.
    private func read(_ path: String) throws -> (shape: [Int], bytes: [UInt8]) {
        let file = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        try #require(file.starts(with: [0x93] + Array("NUMPY".utf8) + [1, 0]))
        let length = Int(file[8]) | Int(file[9]) << 8
        #expect((10 + length).isMultiple(of: 64), "the data begin aligned")
        let header = String(decoding: file[10..<10 + length], as: UTF8.self)
        #expect(header.hasSuffix(" \n") && header.hasPrefix("{'descr': '|u1', 'fortran_order': False, "))
        let shape = try #require(header.firstMatch(of: /'shape': \(([0-9, ]+)\)/)).1
        return (
            shape.split(separator: ",").compactMap { Int($0.filter { $0 != " " }) },
            Array(file[(10 + length)...])
        )
    }

    private static let cases: [(options: String, wanted: Preprocessing)] = [
        ("", Preprocessing()),
        ("--preprocess built-in", Preprocessing(fit: .stretch, kernel: .area)),
        ("--preprocess torchvision", crop(36, .pillowBilinear, .imageNet)),
        ("--preprocess torchvision-v2", crop(33, .pillowBilinear, .imageNet)),
        ("--preprocess timm", crop(36, .pillowBicubic, .imageNet)),
        ("--preprocess timm --crop-pct 0.95", crop(33, .pillowBicubic, .imageNet)),
        ("--preprocess hf", crop(36, .pillowBilinear, .plusMinusOne, .floor)),
        ("--preprocess keras", Preprocessing(kernel: .linear, colours: .plusMinusOne)),
        (
            "--preprocess tf-slim",
            Preprocessing(fit: .cropThenStretch(perMille: 875), kernel: .linear, colours: .plusMinusOne)
        ),
        ("--fit letterbox --resize area --turn 180", Preprocessing(fit: .letterbox, isTurned: true)),
        ("--fit crop --shorter 32 --channels bgr", crop(32, .area, nil, channels: .bgr)),
        ("--exif apply", Preprocessing(orientation: .apply)),
        ("--fit crop-then-stretch --crop-pct 0.5", Preprocessing(fit: .cropThenStretch(perMille: 500))),
        ("--resize pillow13-bicubic", Preprocessing(kernel: .pillow13Bicubic)),
    ]

    private static func crop(
        _ shorter: Int, _ kernel: ResizeKernel, _ colours: Preprocessing.Colours?,
        _ offset: ImageFit.OffsetRule = .roundEven, channels: Preprocessing.Channels = .rgb
    ) -> Preprocessing {
        Preprocessing(
            fit: .crop(shorter: shorter, offset: offset), kernel: kernel, channels: channels, colours: colours
        )
    }

    /// The reference, which shares no code with the command's own resize.
    @Test func theBytesAreThoseOfTheReference() throws {
        for (options, wanted) in Self.cases {
            let outcome = try preprocess(["--size", "32"] + options.split(separator: " ").map(String.init))
            try #require(outcome.code == 0, "\(options): \(outcome.errors)")
            #expect(outcome.output.contains("preprocessing \(wanted.identity)\n"), "\(outcome.output)")
            #expect(outcome.output.contains("6 tensors of 32x32x3 bytes"), "\(outcome.output)")
            let found = try read(output)
            #expect(found.shape == [6, 32, 32, 3], "\(options)")
            let preparation = try TensorPreparation(wanted, size: 32)
            let bytes = try files.flatMap { file in
                let image = try preparation.decode(file)
                let tensor = preparation.tensor(image)
                let slow = ReferencePreparation.tensor(image, wanted, size: 32)
                let agree = tensor == slow
                #expect(agree, "\(options)")
                return tensor
            }
            let same = found.bytes == bytes
            #expect(same, "\(options)")
        }
    }

    @Test func theSideIsWhatTheSourceOfThePreprocessingSays() throws {
        let model = try StatedModel(Planted.timm)
        for (options, side, text) in [
            ([], 96, Planted.builtIn), (["--preprocess", "timm"], 224, "/pillow-bicubic/"),
            (["--preprocess", model.path], 32, Planted.timm),
            (["--preprocess", Planted.timm, "--size", "32"], 32, Planted.timm),
            (["--preprocess", try model.head(states: Planted.timm), "--size", "32"], 32, Planted.timm),
        ] as [([String], Int, String)] {
            let outcome = try preprocess(options + ["--images", "1"])
            #expect(outcome.code == 0, "\(options): \(outcome.errors)")
            #expect(try read(output).shape == [1, side, side, 3], "\(options)")
            #expect(outcome.output.contains(text), "\(options): \(outcome.output)")
        }
    }

    @Test func theIndexNamesEveryRow() throws {
        let odd = try Pictures.folder([(#"a,"b".png"#, files[1]), ("c.png", files[2])], in: folder)
        let index = folder.file("rows.csv")
        let outcome = try Program.run([
            "preprocess", odd, SampleTar.path, "-o", output, "--index", index, "--images", "4", "--json",
        ])
        #expect(outcome.code == 0, "\(outcome.errors)")
        let rows = try String(contentsOfFile: index, encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(rows.count == 5 && rows[0] == "id,label")
        #expect(rows[1] == #""a,""b"".png","# && rows[2] == "c.png,", "\(rows)")
        // The sample's own labels.
        #expect(rows[3...].allSatisfy { $0.wholeMatch(of: /t10k\/[0-9]{6},[0-9]/) != nil }, "\(rows)")
        struct Facts: Decodable {
            let images: Int, left_out: Int, size: Int, output: String, preprocessing: String
        }
        let facts = try JSONDecoder().decode(Facts.self, from: Data(outcome.output.utf8))
        #expect(facts.images == 4 && facts.left_out == 0 && facts.size == 96 && facts.output == output)
        #expect(facts.preprocessing == Planted.builtIn)
        #expect(try read(output).shape == [4, 96, 96, 3])
    }

    @Test func picturesThatAreLeftOutAreNamedAndCounted() throws {
        let mixed = try Pictures.folder(
            [
                ("a.png", files[1]), ("b.png", Array(files[1].prefix(60))),
                ("c.jpg", Array("no picture".utf8)),
                ("d.jpg", files[0]),
            ], in: folder)
        let index = folder.file("rows.csv")
        let outcome = try preprocess(["--size", "32", "--index", index, "--json"], from: mixed)
        #expect(outcome.code == 65, "\(outcome.errors)")
        #expect(outcome.errors.contains("b.png: ") && outcome.errors.contains("c.jpg: "), "\(outcome.errors)")
        #expect(outcome.errors.contains("2 pictures were left out"), "\(outcome.errors)")
        #expect(outcome.output.contains(#""images":2"#) && outcome.output.contains(#""left_out":2"#))
        // What could be read is there, row by row.
        #expect(try String(contentsOfFile: index, encoding: .utf8) == "id,label\na.png,\nd.jpg,\n")
        let preparation = try TensorPreparation(.builtIn, size: 32)
        let wanted = try [files[1], files[0]].flatMap { preparation.tensor(try preparation.decode($0)) }
        let same = try read(output).bytes == wanted
        #expect(same)
    }

    @Test func badInputIsRefusedAndNoFileIsLeft() throws {
        let broken = try Pictures.folder([("a.png", Array(files[1].prefix(60)))], in: folder)
        let (model, foreign) = (try StatedModel(Planted.timm), try StatedModel(Planted.unknown))
        let silent = try model.head(states: nil)
        let here = folder.file("here")
        try FileManager.default.createDirectory(atPath: here, withIntermediateDirectories: true)
        let preset = ["--preprocess", "torchvision"]
        let cases: [(more: [String], code: Int32, says: [String])] = [
            (preset + ["--shorter", "100"], 64, ["100", "224"]),
            (preset + ["--shorter", "300", "--crop-pct", "0.9"], 64, ["--shorter and --crop-pct"]),
            (["--shorter", "100"], 64, ["stretch", "--fit crop"]),
            (["--fit", "letterbox", "--crop-pct", "0.5"], 64, ["letterbox"]),
            (["--fit", "crop-then-stretch", "--shorter", "100"], 64, ["--crop-pct"]),
            (["--fit", "crop", "--crop-pct", "0.02"], 64, ["4800", "4096"]),
            (["--turn", "90"], 64, ["--turn is 0 or 180, not 90"]),
            (["--fit", "squash"], 64, ["squash", "crop-then-stretch"]),
            (["--resize", "lanczos"], 64, ["lanczos", "pillow-bicubic"]),
            (["--exif", "yes"], 64, ["yes"]), (["--channels", "grb"], 64, ["grb"]),
            (["--shorter", "0"], 64, ["--shorter is 1 to 4096"]),
            (["--crop-pct", "1.5"], 64, ["--crop-pct is 0.01 to 1"]),
            (["--preprocess", "pytorch"], 64, ["pytorch", "torchvision-v2", "tf-slim", "built-in"]),
            (["--preprocess", "hsf-resize-9/x"], 65, ["hsf-resize-9/x"]),
            (["--preprocess", "/no/such/model.safetensors"], 65, ["/no/such/model.safetensors"]),
            (["--preprocess", ExportedNetwork.safetensors], 65, ["torchvision.safetensors"]),
            (["--preprocess", silent], 65, ["does not state its preprocessing"]),
            (["--preprocess", foreign.path], 65, [Planted.unknown]),
            (["--index", output], 64, ["--index"]), (["--preprocess", output], 64, ["--output"]),
            (["--index", folder.file("missing/x.csv")], 74, ["missing/x.csv"]),
        ]
        for (more, code, says) in cases {
            try? FileManager.default.removeItem(atPath: output)
            let outcome = try preprocess(more)
            #expect(outcome.code == code, "\(more): \(outcome.errors)")
            for word in says { #expect(outcome.errors.contains(word), "\(more): \(outcome.errors)") }
            #expect(code == 74 || !FileManager.default.fileExists(atPath: output), "\(more)")
        }
        for (source, target, code) in [
            (broken, output, 65), ("/no/such/folder", output, 65), (pictures, here, 74),
            (pictures, folder.file("missing/x.npy"), 74), (pictures + "/0.jpg", pictures + "/0.jpg", 64),
        ] as [(String, String, Int32)] {
            let outcome = try preprocess([], from: source, to: target)
            #expect(outcome.code == code, "\(source), \(target): \(outcome.errors)")
            #expect(
                outcome.errors.contains(code == 74 ? target : code == 65 ? source : "--output"),
                "\(outcome.errors)")
        }
        let kept = try Data(contentsOf: URL(fileURLWithPath: pictures + "/0.jpg")) == Data(files[0])
        #expect(kept)
        #expect(try Program.run(["preprocess", "-o", output]).code == 64)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
            $0.contains(".part-")
        }
        #expect(left.isEmpty, "\(left)")
    }

    /// A pipe or a device is no file that can be replaced: it stays what it is.
    @Test func aPipeIsNotReplacedByAFile() throws {
        let pipe = folder.file("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        let outcome = try preprocess([], to: pipe)
        #expect(outcome.code == 74 && outcome.errors.contains(pipe), "\(outcome.errors)")
        var facts = stat()
        #expect(stat(pipe, &facts) == 0 && facts.st_mode & S_IFMT == S_IFIFO)
    }
}
