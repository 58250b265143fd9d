import Foundation
import ImageDecoding
import Ingest
import Testing

@Suite struct ImageSourceFactoryTests {
    private func summary(_ path: String, _ options: ImageSourceFactory.Options = .init()) -> String {
        do throws(SourceError) {
            return try ImageSourceFactory.open(path, options: options).summary
        } catch {
            return error.description
        }
    }

    @Test func tellsEveryKindFromItsContent() throws {
        let folder = try TemporaryFolder()
        var tar = TestTar()
        tar.add("a.png", try fixturePNG())
        let archive = try folder.write(tar.finished, to: "data")
        #expect(summary(archive) == "tar archive \(archive)")
        let image = try folder.write(try fixturePNG(), to: "photo")
        #expect(summary(image) == "file \(image)")
        let idx = try folder.write(
            [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 9, 9],
            to: "x-images-idx3-u"
        )
        #expect(summary(idx) == "idx file \(idx): 1 images of 2 x 1 x 1, no labels")
        let labels = try folder.write([0, 0, 8, 1, 0, 0, 0, 1, 4], to: "x-labels-idx1-u")
        #expect(summary(idx) == "idx file \(idx): 1 images of 2 x 1 x 1, labels from \(labels)")
        try folder.write(try fixturePNG(), to: "in/a.png")
        #expect(summary(folder.path + "/in") == "folder \(folder.path)/in")
        #expect(
            summary(folder.path + "/in", .init(folder: .init(recursive: true, follow: true)))
                == "folder \(folder.path)/in, with its folders, followed"
        )
    }

    @Test func yieldsTheImagesOfWhatItOpened() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(try fixturePNG(), to: "photo.png")
        var source = try ImageSourceFactory.open(path)
        guard case .image(let image) = try source.next() else {
            Issue.record("the photo did not come")
            return
        }
        #expect(image.content == .encoded(try fixturePNG(), .png))
        #expect(image.id.hasSuffix("photo.png"))
        #expect(try source.next() == nil)
    }

    @Test func saysWhatIsWrongWithAPath() throws {
        let folder = try TemporaryFolder()
        let missing = folder.path + "/none"
        #expect(summary(missing) == "nothing is at \(missing); check the path")
        let empty = try folder.write([], to: "empty")
        #expect(summary(empty) == "\(empty) is not an image source: it is empty")
        let text = try folder.write(Array("hello".utf8), to: "text")
        #expect(summary(text).contains("it is no folder, tar archive, idx file, jpeg or png"))
        let zip = try folder.write([0x50, 0x4B, 3, 4, 0, 0], to: "zip")
        #expect(summary(zip).contains("zip archive; unpack it"))
        let noise = try folder.write([UInt8](repeating: 0x41, count: 2048), to: "noise")
        #expect(summary(noise).contains("is not an image source"))
        try folder.write(Array("x".utf8), to: "docs/readme.txt")
        #expect(summary(folder.path + "/docs").contains("holds no .jpg, .jpeg or .png file"))
        let badGzip = try folder.write([0x1F, 0x8B, 1, 2, 3], to: "bad.gz")
        #expect(summary(badGzip).contains("does not decompress"))
    }

    @Test func readsDescriptorsAsArchivesOrFrames() throws {
        let frames = TestPipe()
        try frames.write([1, 2, 3])
        try frames.end()
        var raw = ImageSourceFactory.openDescriptor(
            frames.readEnd,
            name: "camera",
            options: .init(rawFrames: .init(width: 1, height: 1))
        )
        #expect(raw.summary == "rgb24 frames of 1 x 1 from camera")
        #expect(try raw.next() != nil)
        #expect(try raw.next() == nil)
        var tar = TestTar()
        tar.add("a.png", try fixturePNG())
        let pipe = TestPipe()
        try pipe.write(tar.finished)
        try pipe.end()
        var archive = ImageSourceFactory.openDescriptor(pipe.readEnd, name: "pipe")
        #expect(archive.summary == "tar archive pipe")
        #expect(try archive.next() != nil)
        #expect(try archive.next() == nil)
    }
}
