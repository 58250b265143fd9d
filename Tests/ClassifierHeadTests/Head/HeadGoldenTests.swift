import Artifacts
import ClassifierHead
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A head, its digest and its logits, made by Golden/make_head.py without any code of this package.
@Suite struct HeadGoldenTests {
    @Test func aHeadWrittenByPythonIsReadInFull() throws {
        let head = try ClassifierHead(decoding: golden("head.safetensors"))
        #expect(head.name == "golden")
        #expect(head.version == "v1")
        #expect(head.classNames == ["scratch", "dent", "größe ☃", "dent"])
        #expect(head.featureCount == 7)
        #expect(head.bias == [-(1 << 24), -1, 0, 1 << 24])
        #expect(head.scale == 0.1)
        #expect(head.backboneDigest == testBackbone)
        #expect(head.summary == "made by make_head.py")
        #expect(try head.digest.hex == expected()[0])
    }

    @Test func itsLogitsAreThoseOfPython() throws {
        let head = try ClassifierHead(decoding: golden("head.safetensors"))
        let lines = try expected().dropFirst()
        #expect(lines.count == 5)
        for line in lines {
            let parts = line.split(separator: "|").map { $0.split(separator: " ").compactMap { Int32($0) } }
            let features = try #require(parts.first).map { UInt8($0) }
            #expect(HeadReference.logits(head, features: features) == parts.last)
            #expect(bankLogits(head, features: features, count: 1) == parts.last)
        }
    }

    private func expected() throws -> [String] {
        String(decoding: try golden("expected.txt"), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private func golden(_ name: String, file: String = #filePath) throws -> [UInt8] {
        let folder = file.split(separator: "/").dropLast(2).joined(separator: "/")
        let path = "/\(folder)/Golden/\(name)"
        let handle = try #require(fopen(path, "rb"), "no golden file \(name)")
        defer { fclose(handle) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        return Array(bytes[..<fread(&bytes, 1, bytes.count, handle)])
    }
}
