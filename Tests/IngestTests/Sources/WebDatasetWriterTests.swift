import Foundation
import ImageDecoding
import Ingest
import Testing

private func sampleImages() throws -> [SourceImage] {
    let gray = (0..<12).map { UInt8($0 * 20) }
    return [
        SourceImage(id: "t/000", content: .pixels(RGBImage(gray: gray, width: 4, height: 3)), label: 3),
        SourceImage(id: "t/001", content: .encoded(try fixtureJPEG(), .jpeg), label: nil),
        SourceImage(id: "cats/x.jpeg", content: .encoded(try fixtureJPEG(), .jpeg), label: 0),
        SourceImage(
            id: String(repeating: "long/", count: 45) + "end",
            content: .encoded(try fixturePNG(), .png),
            label: 2_147_483_647
        ),
    ]
}

private func archive(_ images: [SourceImage]) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try withoutActuallyEscaping({ (piece: [UInt8]) throws(SourceError) in bytes += piece }) { sink in
        var writer = WebDatasetWriter(sink: sink)
        for image in images { try writer.append(image) }
        try writer.finish()
    }
    return bytes
}

@Suite struct WebDatasetWriterTests {
    @Test func comesBackThroughTheSource() throws {
        let images = try sampleImages()
        let folder = try TemporaryFolder()
        let path = folder.path + "/out.tar"
        try WebDatasetWriter.write(to: path) { writer throws(SourceError) in
            for image in images { try writer.append(image) }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["out.tar"])
        let found = Drained(try TarSource(path: path))
        #expect(found.error == nil && found.unreadable.isEmpty, "\(found.unreadable)")
        #expect(found.ids == ["t/000", "t/001", "cats/x", String(repeating: "long/", count: 45) + "end"])
        #expect(found.labels == [3, nil, 0, 2_147_483_647])
        guard case .encoded(let png, .png) = found.images.first?.content else {
            Issue.record("the pixels came back as \(String(describing: found.images.first?.content))")
            return
        }
        #expect(
            try ImageDecoder.decode(png)
                == RGBImage(gray: (0..<12).map { UInt8($0 * 20) }, width: 4, height: 3)
        )
        #expect(png[25] == 0, "gray pixels are written as a gray png")
    }

    @Test func writesTheSameBytesEachTime() throws {
        let first = try archive(sampleImages())
        #expect(try archive(sampleImages()) == first)
        #expect(first.count % 512 == 0)
        // Owner, group and time of the first member.
        #expect(String(decoding: first[108..<115], as: UTF8.self) == "0000000")
        #expect(String(decoding: first[116..<123], as: UTF8.self) == "0000000")
        #expect(String(decoding: first[136..<147], as: UTF8.self) == "00000000000")
    }

    @Test(arguments: ["a.b", "x/a.b.png", "../a", "/a", "a//b", "a/./b", "a/"])
    func refusesAnIdThatWouldNotComeBack(id: String) throws {
        #expect(throws: SourceError.self) {
            try archive([SourceImage(id: id, content: .encoded(try fixturePNG(), .png))])
        }
    }

    @Test func leavesNothingBehindWhenItFails() throws {
        let folder = try TemporaryFolder()
        #expect(throws: SourceError.stopped) {
            try WebDatasetWriter.write(to: folder.path + "/out.tar") { writer throws(SourceError) in
                throw .stopped
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
        #expect(throws: SourceError.self) {
            try WebDatasetWriter.write(to: folder.path + "/none/out.tar") { _ in }
        }
    }
}
