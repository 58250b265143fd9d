import Artifacts
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Files made by Python's `safetensors` package; see Golden/make_golden.py.
@Suite struct SafetensorsGoldenTests {
    @Test func aFileWrittenByPythonIsReadInFull() throws {
        let file = try SafetensorsFile(decoding: golden("python.safetensors"))
        #expect(
            file.metadata == [
                "name": "golden", "": "empty key",
                "text": "quote \" backslash \\ tab \t newline \n umlaut ü snow ☃ face 😀",
            ]
        )
        #expect(file.tensors.count == 15)
        #expect(try file.tensor("weights").int8s() == [-128, -1, 0, 1, 64, 127])
        #expect(try file.tensor("weights").shape == [2, 3])
        #expect(try file.tensor("bias").int32s() == [.min, -1, 0, .max])
        #expect(try file.tensor("pixels").shape == [2, 8, 5])
        #expect(try file.tensor("pixels").uint8s().last == 244)
        let real = try file.tensor("real").float32s()
        #expect(real.map(\.bitPattern) == [0, 0x8000_0000, 0x3FC0_0000, 0xFF80_0000, 1])
        #expect(try file.tensor("double").float64s() == [0.1, 1e300])
        #expect(try file.tensor("scalar").int32s() == [7])
        #expect(try file.tensor("scalar").shape == [])
        #expect(try file.tensor("nothing").shape == [0, 3])
        #expect(try file.tensor("größe/☃").uint8s() == [3])
        let types: [String: SafetensorsFile.ElementType] = [
            "double": .f64, "half": .f16, "short": .i16, "ushort": .u16, "uint": .u32, "long": .i64,
            "ulong": .u64, "flags": .bool, "scalar": .i32, "nothing": .f32,
        ]
        for (name, type) in types { #expect(try file.tensor(name).elementType == type, "\(name)") }
    }

    /// `make_golden.py --check` shows that the Python package reads the bytes compared here.
    @Test func writingItGivesTheBytesThatPythonReads() throws {
        let file = try SafetensorsFile(decoding: golden("python.safetensors"))
        #expect(try file.encoded() == golden("rewritten.safetensors"))
    }

    @Test func theContentDigestIsWhatItsDescriptionGives() throws {
        let text = String(decoding: try golden("digest.txt"), as: UTF8.self)
        let expected = text.split(separator: "\n").first.map(String.init)
        for name in ["python.safetensors", "rewritten.safetensors"] {
            let file = try SafetensorsFile(decoding: golden(name))
            #expect(file.contentDigest(excludingMetadata: []).hex == expected, "\(name)")
        }
    }

    @Test func everyPartOfTheContentChangesTheDigest() {
        let file = smallFile()
        var variants: [SafetensorsFile] = [file]
        func vary(_ change: (inout SafetensorsFile) -> Void) {
            var variant = file
            change(&variant)
            variants.append(variant)
        }
        vary { $0.metadata["name"] = "other" }
        vary { $0.metadata["extra"] = "" }
        vary { $0.metadata["note"] = nil }
        // The same characters, cut between key and value elsewhere.
        vary { $0.metadata = ["names": "mall", "note": file.metadata["note", default: ""]] }
        vary { $0.tensors["bias"] = nil }
        vary { $0.tensors["scale"] = .float32(name: "scale", shape: [1], values: [0.5]) }
        vary { $0.tensors["scale"] = .float32(name: "scale", shape: [], values: [0.25]) }
        vary {
            $0.tensors["weights"] = .int8(name: "weights", shape: [3, 2], values: [-128, -1, 0, 1, 64, 127])
        }
        vary {
            $0.tensors["weights"] = .uint8(
                name: "weights",
                shape: [2, 3],
                values: [128, 255, 0, 1, 64, 127]
            )
        }
        #expect(Set(variants.map { $0.contentDigest(excludingMetadata: []) }).count == variants.count)
    }

    @Test func excludedMetadataDoesNotChangeTheDigest() {
        var renamed = smallFile()
        renamed.metadata["name"] = "other"
        let digest = smallFile().contentDigest(excludingMetadata: ["name"])
        #expect(renamed.contentDigest(excludingMetadata: ["name"]) == digest)
        renamed.metadata["name"] = nil
        #expect(renamed.contentDigest(excludingMetadata: ["name"]) == digest)
        #expect(renamed.contentDigest(excludingMetadata: []) == digest)
        #expect(smallFile().contentDigest(excludingMetadata: []) != digest)
    }

    private func golden(_ name: String, file: String = #filePath) throws -> [UInt8] {
        let folder = file.split(separator: "/").dropLast().joined(separator: "/")
        let path = "/\(folder)/Golden/\(name)"
        let handle = try #require(fopen(path, "rb"), "no golden file \(name)")
        defer { fclose(handle) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        return Array(bytes[..<fread(&bytes, 1, bytes.count, handle)])
    }
}
