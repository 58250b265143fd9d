import Foundation
import ImageDecoding
import Testing

/// What `doctor`, `ingest` and `preprocess` say of pictures that a preprocessing harms unseen.
@Suite(.serialized) struct PictureWarningTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Ten pictures, as many of them 2:1 and turned as asked for; one of 3:2, which is not wide.
    private func pictures(wide: Int, turned: Int = 0) throws -> String {
        try Pictures.folder(
            try (0..<10).map { index in
                let size = index < wide ? (80, 40) : index == 9 ? (60, 40) : (40, 40)
                return (
                    "\(index).jpg",
                    try Pictures.jpeg(
                        size.0, size.1, seed: UInt64(index), orientation: index < turned ? 6 : 1)
                )
            }, in: folder)
    }

    private struct Check: Decodable { let what: String, ok: Bool, found: String, advice: String? }

    private func check(_ source: String, _ more: [String] = []) throws -> Check {
        let outcome = try Program.run(
            ["doctor", "--json", "--data", source] + more)
        let checks = try outcome.lines.map { try JSONDecoder().decode(Check.self, from: Data($0.utf8)) }
        return try #require(checks.first { $0.what == "pictures" }, "\(outcome.output)\(outcome.errors)")
    }

    @Test func doctorTellsOfWidePicturesUnderStretch() throws {
        let some = try check(try pictures(wide: 1))
        #expect(some.ok && some.advice == nil, "one in ten may be: \(some)")
        #expect(some.found.contains("10 looked at, 1 wider than 3:2") && some.found.contains(Planted.builtIn))
        let many = try pictures(wide: 2)
        let found = try check(many)
        #expect(!found.ok)
        #expect(found.advice?.contains("2 of 10 pictures are wider than 3:2") == true, "\(found)")
        #expect(found.advice?.contains("--preprocess") == true)
        // A crop keeps the aspect.
        let model = try StatedModel(Planted.torchvision)
        #expect(try check(many, ["--model", model.path]).ok)
    }

    @Test func doctorTellsOfOrientationsThatAreIgnored() throws {
        let source = try pictures(wide: 0, turned: 1)
        let found = try check(source)
        #expect(!found.ok && found.advice?.contains("1 of 10 pictures carry an EXIF orientation") == true)
        #expect(found.advice?.contains("--exif apply") == true)
        let upright = try StatedModel(Preprocessing(orientation: .apply).identity)
        #expect(try check(source, ["--model", upright.path]).ok)
    }

    @Test func doctorWithAWarningOrWithoutPicturesEndsWithACode() throws {
        let source = try pictures(wide: 10)
        let outcome = try Program.run(["doctor", "--data", source])
        #expect(outcome.code == 1 && outcome.output.contains("BAD  pictures: "), "\(outcome.output)")
        // One check among the others, whatever it finds.
        let nowhere = try check("/no/such/pictures")
        #expect(!nowhere.ok && nowhere.found.contains("/no/such/pictures"), "\(nowhere)")
        let deployment = try Deployment(workers: 0)
        // Without a coordinator nobody knows of alarms.
        try #require(try eventually(seconds: 30) { try deployment.ledger() != nil })
        let all = try deployment.run("doctor", "--data", source)
        #expect(all.code == 1, "\(all.output)")
        for line in ["ok   alarms: none", "BAD  pictures: "] {
            #expect(all.output.contains(line), "\(all.output)")
        }
    }

    @Test func ingestTellsAtTheEnd() throws {
        let deployment = try Deployment(workers: 0)
        let source = try pictures(wide: 3, turned: 2)
        func ingest(_ more: [String]) throws -> Program.Outcome {
            let outcome = try Program.run(
                ["ingest", source, "--size", "32", "--json", "--brokers", deployment.brokers] + more)
            #expect(outcome.code == 0, "\(outcome.errors)")
            let counters = [#""pictures_seen":10"#, #""pictures_wide":3"#, #""pictures_oriented":2"#]
            for counter in counters { #expect(outcome.output.contains(counter), "\(outcome.output)") }
            return outcome
        }
        let (aspect, orientation) = (
            "3 of 10 pictures are wider", "2 of 10 pictures carry an EXIF orientation"
        )
        let cases: [(more: [String], warns: [Bool])] = [
            ([], [true, true]), (["--encoding", "tensors"], [true, true]),
            (["--preprocess", "torchvision"], [false, true]), (["--preprocess", "tf-slim"], [true, true]),
            (["--exif", "apply"], [true, false]),
            (["--preprocess", "timm", "--exif", "apply", "--encoding", "tensors"], [false, false]),
        ]
        for (more, warns) in cases {
            let errors = try ingest(more).errors
            #expect([errors.contains(aspect), errors.contains(orientation)] == warns, "\(more): \(errors)")
        }
    }

    @Test func preprocessTellsAtTheEnd() throws {
        let source = try pictures(wide: 3, turned: 2)
        let output = folder.file("x.npy")
        let outcome = try Program.run(["preprocess", source, "--size", "32", "-o", output])
        #expect(
            outcome.code == 0 && outcome.errors.contains("3 of 10 pictures are wider"), "\(outcome.errors)")
        let cropped = try Program.run([
            "preprocess", source, "--preprocess", "timm", "--size", "32", "-o", output,
        ])
        #expect(cropped.code == 0 && !cropped.errors.contains("wider"), "\(cropped.errors)")
        #expect(cropped.errors.contains("2 of 10 pictures carry an EXIF orientation"), "\(cropped.errors)")
    }

    /// A picture whose orientation is applied gives the tensor of its upright copy.
    @Test func appliedOrientationsGiveTheUprightPicture() throws {
        let turned = try Pictures.jpeg(48, 32, orientation: 6)
        let stored = try ImageDecoder.decode(turned)
        // Upright after a quarter clockwise: its rows are the stored columns, from the bottom up.
        var bytes: [UInt8] = []
        for y in 0..<stored.width {
            for x in 0..<stored.height {
                let from = ((stored.height - 1 - x) * stored.width + y) * 3
                bytes += stored.bytes[from..<from + 3]
            }
        }
        let upright = try ImageEncoder.png(RGBImage(width: 32, height: 48, bytes: bytes))
        var tensors: [[UInt8]] = []
        for (name, file, more) in [
            ("turned.jpg", turned, ["--exif", "apply"]), ("upright.png", upright, []),
            ("ignored.jpg", turned, []),
        ] {
            let source = try Pictures.folder([(name, file)], in: folder)
            let output = folder.file("\(name).npy")
            let outcome = try Program.run(
                ["preprocess", source, "--preprocess", "timm", "--size", "32", "-o", output] + more)
            #expect(outcome.code == 0, "\(outcome.errors)")
            tensors.append(Array(try Data(contentsOf: URL(fileURLWithPath: output))))
        }
        let same = tensors[0] == tensors[1]
        let differs = tensors[0] != tensors[2]
        #expect(same && differs)
    }
}
