import Foundation
import ImageDecoding
import Ingest
import Testing

/// Photographs through the built program, where the data lie beside the project; and `bench resize`, which checks every
/// kernel before it measures.
@Suite struct RealPictureTests {
    private static let data = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../../shared/data").standardizedFileURL.path

    private static func has(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(data)/\(name)")
    }

    private static let sample = "\(data)/imagenet-sample/test.tar"

    @Test(
        .enabled(if: has("imagenet-sample/test.tar"), "the ImageNet sample is not beside the project"),
        arguments: [PreprocessingPreset.torchvision, .torchvisionV2, .timm, .hf, .keras, .tfSlim, .builtIn])
    func photographsAreThoseOfTheReference(_ preset: PreprocessingPreset) throws {
        let folder = try TemporaryFolder()
        let output = folder.file("x.npy")
        let outcome = try Program.run([
            "preprocess", Self.sample, "--preprocess", preset.rawValue, "--size", "224", "--images", "8",
            "-o",
            output,
        ])
        try #require(outcome.code == 0, "\(outcome.errors)")
        let found = Array(try Data(contentsOf: URL(fileURLWithPath: output))).dropFirst(128)
        let preprocessing = preset.preprocessing(size: 224)
        var source = try ImageSourceFactory.open(Self.sample)
        var wanted: [UInt8] = []
        while wanted.count < 8 * 224 * 224 * 3, let next = try source.next() {
            guard case .image(let image) = next, case .encoded(let file, _) = image.content else { continue }
            wanted += ReferencePreparation.tensor(try ImageDecoder.decode(file), preprocessing, size: 224)
        }
        let same = Array(found) == wanted
        #expect(same && wanted.count == 8 * 224 * 224 * 3)
    }

    @Test(.enabled(if: has("imagenet-sample/test.tar"), "the ImageNet sample is not beside the project"))
    func doctorWarnsOfTheSampleUnderStretchAndNotUnderACrop() throws {
        let look = ["doctor", "--data", Self.sample]
        let stretched = try Program.run(look)
        #expect(stretched.output.contains("56 of 500 pictures are wider than 3:2"), "\(stretched.output)")
        let model = try StatedModel(Planted.torchvision)
        let cropped = try Program.run(look + ["--model", model.path])
        #expect(cropped.output.contains("ok   pictures: "), "\(cropped.output)")
    }

    @Test(.enabled(if: has("inputs/orientation6.jpg"), "the recorded inputs are not beside the project"))
    func aCamerasOrientationIsFound() throws {
        let file = "\(Self.data)/inputs/orientation6.jpg"
        #expect(EXIFOrientation(of: Array(try Data(contentsOf: URL(fileURLWithPath: file)))) == .turned90)
        let found = try Program.run(["doctor", "--data", file])
        #expect(found.output.contains("1 of 1 pictures carry an EXIF orientation"), "\(found.output)")
    }

    @Test(.enabled(if: has("inputs/progressive-64mpx.jpg"), "the recorded inputs are not beside the project"))
    func aPictureOf64MegapixelsIsOneTensor() throws {
        let output = try TemporaryFolder()
        let outcome = try Program.run([
            "preprocess", "\(Self.data)/inputs/progressive-64mpx.jpg", "--preprocess", "timm", "-o",
            output.file("x.npy"),
        ])
        #expect(outcome.code == 0 && outcome.output.contains("1 tensors of 224x224x3"), "\(outcome.errors)")
    }

    // MARK: bench resize

    @Test func theBenchMeasuresEveryKernelThatItIsAskedFor() throws {
        struct Report: Decodable {
            struct Kernel: Decodable {
                struct Windows: Decodable { let median: Double, min: Double, max: Double, windows: Int }
                let kernel: String, microseconds: Windows
            }
            let from: String, to: String, isa: String, traffic_bytes: Int, kernels: [Kernel]
        }
        let all = ResizeKernel.allCases.map(\.rawValue)
        for isa in ["scalar", nil] {
            let outcome = try Program.run(
                [
                    "bench", "resize", "--from", "61x40", "--to", "30x77", "--windows", "3", "--seconds",
                    "0.001", "--json",
                ]
                    + all.flatMap { ["--resize", $0] } + (isa.map { ["--isa", $0] } ?? []))
            try #require(outcome.code == 0, "\(outcome.errors)")
            let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
            #expect(report.kernels.map(\.kernel) == all && (isa == nil || report.isa == isa))
            #expect(report.from == "61x40" && report.to == "30x77")
            #expect(report.traffic_bytes == (61 * 40 + 30 * 77) * 3)
            for kernel in report.kernels {
                let times = kernel.microseconds
                #expect(
                    times.windows == 3 && 0 < times.min && times.min <= times.median
                        && times.median <= times.max)
            }
        }
        let told = try Program.run(["bench", "resize", "--windows", "3", "--seconds", "0.001"])
        #expect(told.code == 0 && told.output.hasPrefix("500x375 to 341x256, one core, "), "\(told.errors)")
        #expect(
            told.lines.count == 3 && told.output.contains("area") && told.output.contains("pillow-bilinear"))
    }
}
