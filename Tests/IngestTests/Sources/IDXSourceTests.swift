import ImageDecoding
import Ingest
import Testing

private func idx(_ dimensions: [UInt32], _ content: [UInt8], type: UInt8 = 8) -> [UInt8] {
    let lengths = dimensions.flatMap { value in
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
    return [0, 0, type, UInt8(dimensions.count)] + lengths + content
}

private func gzip(_ content: [UInt8]) -> [UInt8] {
    var crc = ~UInt32(0)
    for byte in content {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    let length = UInt16(content.count)
    let tail = [~crc, UInt32(content.count)].flatMap { value in
        [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
    let block: [UInt8] = [1] + [length, ~length].flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] } + content
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255] + block + tail
}

private let pixels = (0..<24).map { UInt8($0 * 10) }

@Suite struct IDXSourceTests {
    @Test(arguments: [false, true])
    func readsGrayImagesWithLabels(compressed: Bool) throws {
        let folder = try TemporaryFolder()
        let pack = { (bytes: [UInt8]) in compressed ? gzip(bytes) : bytes }
        let ending = compressed ? ".gz" : ""
        let images = try folder.write(
            pack(idx([4, 2, 3], pixels)),
            to: "t10k-images-idx3-ubyte" + ending
        )
        #expect(IDXSource.siblingLabels(of: images) == nil)
        let labels = try folder.write(
            pack(idx([4], [9, 0, 255, 3])),
            to: "t10k-labels-idx1-ubyte" + ending
        )
        #expect(IDXSource.siblingLabels(of: images) == labels)
        var source = try IDXSource(images: images, labels: labels)
        #expect(source.imageCount == 4)
        let found = Drained(&source)
        #expect(found.ids == ["t10k/000000", "t10k/000001", "t10k/000002", "t10k/000003"])
        #expect(found.labels == [9, 0, 255, 3])
        #expect(
            found.images.dropFirst(1).first?.content
                == .pixels(RGBImage(gray: Array(pixels[6..<12]), width: 3, height: 2))
        )
        #expect(found.error == nil)
    }

    @Test func readsColourAndSingleChannelImages() throws {
        let folder = try TemporaryFolder()
        let colour = try folder.write(idx([2, 2, 2, 3], pixels), to: "colour.idx")
        let found = Drained(try IDXSource(images: colour))
        #expect(found.ids == ["colour/000000", "colour/000001"])
        #expect(
            found.images.dropFirst(1).first?.content
                == .pixels(RGBImage(width: 2, height: 2, bytes: Array(pixels[12...])))
        )
        let gray = try folder.write(idx([2, 3, 4, 1], pixels), to: "gray.idx")
        #expect(Drained(try IDXSource(images: gray)).images.count == 2)
    }

    @Test(arguments: [
        ("too many images", idx([5, 2, 3], pixels), "truncated"),
        ("too few images", idx([3, 2, 3], pixels), "malformed"),
        ("absurd count", idx([0xFFFF_FFFF, 2, 3], pixels), "truncated"),
        ("absurd size", idx([1, 0xFFFF_FFFF, 0xFFFF_FFFF], pixels), "malformed"),
        ("empty images", idx([4, 0, 6], []), "malformed"),
        ("two channels", idx([3, 2, 2, 2], pixels), "malformed"),
        ("one dimension", idx([24], pixels), "notAnImageSource"),
        ("signed bytes", idx([4, 2, 3], pixels, type: 9), "notAnImageSource"),
        ("short header", [0, 0, 8, 3, 0, 0], "truncated"),
        ("wrong magic", Array("hello, world".utf8), "notAnImageSource"),
        ("no bytes", [], "notAnImageSource"),
    ])
    func refusesALyingHeaderAtOnce(name: String, file: [UInt8], expected: String) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(file, to: "x.idx")
        do throws(SourceError) {
            _ = try IDXSource(images: path)
            Issue.record("\(name) was accepted")
        } catch {
            #expect("\(error)".contains(path))
            #expect(error.caseName == expected, "\(name): \(error)")
        }
    }

    @Test func noticesALengthBeyondSixtyFourBits() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(idx([0xFFFF_FFFF, 0x7FFF_FFFF, 0x7FFF_FFFF], pixels), to: "x.idx")
        let limits = DecodingLimits(widthMax: 0x7FFF_FFFF, heightMax: 0x7FFF_FFFF, pixelsMax: .max)
        do throws(SourceError) {
            _ = try IDXSource(images: path, limits: limits)
            Issue.record("accepted")
        } catch {
            #expect(error.caseName == "truncated")
        }
    }

    @Test func refusesLabelsThatDoNotFit() throws {
        let folder = try TemporaryFolder()
        let images = try folder.write(idx([4, 2, 3], pixels), to: "x.idx")
        for labels in [idx([3], [1, 2, 3]), idx([4, 1], [1, 2, 3, 4]), idx([4], [1, 2, 3])] {
            let path = try folder.write(labels, to: "labels.idx")
            #expect(throws: SourceError.self) { try IDXSource(images: images, labels: path) }
        }
    }

    @Test func findsOutAtTheEndThatACompressedFileIsShortOrLong() throws {
        let folder = try TemporaryFolder()
        let short = try folder.write(gzip(idx([5, 2, 3], pixels)), to: "short.gz")
        let found = Drained(try IDXSource(images: short))
        #expect(found.ids.count == 4)
        #expect(found.error == .truncated(source: short, reason: "holds 4 of 5 images"))
        let long = try folder.write(gzip(idx([3, 2, 3], pixels)), to: "long.gz")
        let tooLong = Drained(try IDXSource(images: long))
        #expect(tooLong.ids.count == 3)
        #expect(tooLong.error == .malformed(source: long, reason: "goes on after the 3 items it states"))
        let cut = try folder.write(gzip(idx([4, 2, 3], pixels)).dropLast(3), to: "cut.gz")
        let cutShort = Drained(try IDXSource(images: cut))
        #expect(cutShort.error == .truncated(source: cut, reason: "the gzip data has no end"))
        var broken = gzip(idx([4, 2, 3], pixels))
        broken[30] ^= 1
        let bad = try folder.write(broken, to: "bad.gz")
        #expect(throws: SourceError.self) {
            var source = try IDXSource(images: bad)
            while try source.next() != nil {}
        }
    }

    /// An id has a bound in bytes; sixty characters of a file's name may take more.
    @Test func aNameOfWideCharactersIsCut() throws {
        let folder = try TemporaryFolder()
        let name = String(repeating: "\u{1F1E9}\u{1F1EA}", count: 30) + ".idx"
        let path = try folder.write(idx([4, 2, 3], pixels), to: name)
        let found = Drained(try IDXSource(images: path))
        #expect(
            found.ids.count == 4
                && found.ids.allSatisfy { $0.utf8.count < 80 && $0.hasSuffix("00\($0.last ?? "x")") })
    }
}
