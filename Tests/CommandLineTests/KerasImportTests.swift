import Foundation
import Testing

/// Keras's files through the program: HDF5 is read by a process of its own.
@Suite struct KerasImportTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A fixture of NetworkExchangeTests, unpacked.
    private func fixture(_ name: String) throws -> String {
        let packed = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../NetworkExchangeTests/Golden/\(name).gz").standardizedFileURL.path
        let path = folder.file(name)
        let outcome = try Program.run(
            ["-c", #"gunzip -c "$0" > "$1""#, packed, path], executable: "/bin/sh")
        try #require(outcome.code == 0, "\(outcome.errors)")
        return path
    }

    @Test func allFormsAreImported() throws {
        let output = folder.file("float.safetensors")
        for (name, more, said) in [
            (
                "keras_transfer.keras", [],
                "Keras 3 archive, normalises 0...255 itself (mean 0.5,0.5,0.5, std 0.5,0.5,0.5)"
            ),
            ("keras_legacy.h5", [], "Keras HDF5, MobileNetV2 width 0.35"),
            (
                "keras_numbers.weights.h5", ["--input-size", "32"],
                "Keras HDF5, weights alone, batch norm epsilon 0.001, MobileNetV2 width 0.35"
            ),
        ] {
            let outcome = try Program.run(["import", fixture(name), "-o", output] + more)
            #expect(outcome.code == 0 && outcome.output.contains(said), "\(outcome)")
            #expect(outcome.output.contains("pads as TensorFlow does"))
            #expect(outcome.output.contains("names are Keras's; else give --preprocess"), "\(outcome.output)")
        }
        let asked = try Program.run(["import", folder.file("keras_numbers.weights.h5"), "-o", output])
        #expect(asked.code == 65 && asked.errors.contains("--input-size") == false, "\(asked)")
        #expect(asked.errors.contains("pass the side of the image in pixels"), "\(asked.errors)")
    }

    @Test func damagedFilesAreRefused() throws {
        let name = "keras_legacy.h5"
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: fixture(name))))
        let damaged = folder.file("damaged.h5")
        func code(_ bytes: [UInt8]) throws -> Program.Outcome {
            try Data(bytes).write(to: URL(fileURLWithPath: damaged))
            return try Program.run(["import", damaged, "-o", folder.file("out.safetensors")])
        }
        for count in [8, 100, 4096, bytes.count / 2, bytes.count - 1] {
            let outcome = try code(Array(bytes.prefix(count)))
            #expect(outcome.code == 65 && outcome.errors.contains("Keras: "), "\(count): \(outcome)")
        }
        // Bytes of its structure, which is what a library stumbles over; weights may change and stay weights.
        var random = SystemRandomNumberGenerator()
        for _ in 0..<24 {
            var bytes = bytes
            var places: [Int] = []
            for _ in 0..<4 {
                places.append(Int.random(in: 0..<min(bytes.count, 40_000), using: &random))
                bytes[places[places.count - 1]] = UInt8.random(in: 0...255, using: &random)
            }
            let outcome = try code(bytes)
            #expect(outcome.code == 0 || outcome.code == 65, "bytes \(places): \(outcome)")
        }
    }

    @Test func theReadingProcessTakesOnlyHDF5() throws {
        let empty = try Program.run(["hdf5-tensors"], input: Data())
        #expect(empty.code == 65 && empty.errors.contains("it is empty"), "\(empty)")
    }
}
