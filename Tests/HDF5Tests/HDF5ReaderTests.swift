import Artifacts
import Foundation
import HDF5
import Testing

/// Small files that h5py wrote (`Files/make_files.py`), all of them sound.
@Suite struct HDF5ReaderTests {
    private func bytes(_ name: String) throws -> [UInt8] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        return Array(try Data(contentsOf: folder.appendingPathComponent("Files/\(name)")))
    }

    private func file(_ name: String, elementsMax: Int = 1 << 20) throws(HDF5Error) -> SafetensorsFile {
        guard let bytes = try? bytes(name) else { throw .unreadable(reason: "no fixture \(name)") }
        return try HDF5Reader.tensors(of: bytes, elementsMax: elementsMax)
    }

    @Test(arguments: ["plain.h5", "latest.h5"])
    func arraysAndTextsAreRead(_ name: String) throws {
        let file = try file(name)
        let group = "layers/conv2d/vars"
        // Integers and what belongs to an optimizer are no weights.
        #expect(Set(file.tensors.keys) == Set([0, 1, 2, 4].map { "\(group)/\($0)" }))
        let first = try file.tensor("\(group)/0")
        #expect(first.shape == [2, 3, 4])
        #expect(try first.float32s() == (0..<24).map { Float($0) / 8 })
        // Big endian, and rounded once.
        #expect(try file.tensor("\(group)/1").float32s() == [Float(1.0 / 3), .infinity, -2.5])
        // Half precision in packed chunks.
        #expect(try file.tensor("\(group)/2").float32s() == [0.5, 65504])
        #expect(try file.tensor("\(group)/4").shape == [])
        #expect(
            file.metadata == [
                "@layer_names": #"["a","longer"]"#, "@skipped": #"["layers\/conv2d\/vars\/3"]"#,
                "\(group)@name": #"["Conv1"]"#,
                "@model_config": #"["{\"class_name\": \"Größe\"}"]"#,
            ])
    }

    @Test(arguments: [
        ("soft.h5", "x is a link; save the network again"),
        ("external.h5", "x is a link; save the network again"),
        ("raw.h5", "x: its numbers are in another file; save the network again"),
        ("virtual.h5", "x can not be opened"),
        ("deep.h5", "groups are nested deeper than in a network"),
        ("cycle.h5", "groups are nested deeper than in a network"),
        ("huge.h5", "x: more numbers than a network has"),
        ("rank.h5", "x: 9 dimensions"),
    ])
    func whatNoNetworkHasIsRefused(_ name: String, _ reason: String) {
        do throws(HDF5Error) {
            _ = try file(name)
            Issue.record("\(name) was read")
        } catch {
            #expect("\(error)".hasSuffix(reason), "\(name): \(error)")
        }
    }

    @Test func numbersAndTextsAreBounded() throws {
        // 24 + 3 + 2 + 1 numbers, and room for texts.
        #expect(throws: HDF5Error.unreadable(reason: "layers/conv2d/vars/0: more numbers than a network has"))
        {
            _ = try file("plain.h5", elementsMax: 60)
        }
        #expect(throws: HDF5Error.unreadable(reason: ": more numbers than a network has")) {
            _ = try file("plain.h5", elementsMax: 4)
        }
    }

    @Test func otherBytesAreNoHDF5() throws {
        let whole = try bytes("plain.h5")
        #expect(throws: HDF5Error.unreadable(reason: "it is empty")) {
            _ = try HDF5Reader.tensors(of: [], elementsMax: 1 << 20)
        }
        for bytes in [Array(whole.prefix(8)), Array(whole.prefix(600)), [UInt8](repeating: 7, count: 4096)] {
            #expect(throws: HDF5Error.unreadable(reason: "it is damaged or cut short")) {
                _ = try HDF5Reader.tensors(of: bytes, elementsMax: 1 << 20)
            }
        }
    }

    @Test func theLibraryHasAVersion() throws {
        let version = try #require(HDF5Reader.libraryVersion)
        #expect(version.split(separator: ".").count == 3)
    }
}
