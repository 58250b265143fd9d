import Foundation
import ImageDecoding
import Ingest
import Testing

private func drain(_ bytes: [UInt8], memberBytesMax: Int = 64 << 20) throws -> Drained {
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, to: "a.tar")
    return Drained(try TarSource(path: path, memberBytesMax: memberBytesMax))
}

@Suite struct TarSourceTests {
    @Test func joinsImagesAndLabelsThatShareAKey() throws {
        var tar = TestTar()
        tar.add("d/", [], type: UInt8(ascii: "5"))
        tar.add("./d/a.cls", Array("7\n".utf8))
        tar.add("./d/a.png", try fixturePNG())
        tar.add("d/b.jpg", try fixtureJPEG())
        tar.add("d/b.json", Array(#"{"caption": "x", "label": 12}"#.utf8))
        tar.add("d/c.jpeg", try fixtureJPEG())
        tar.add("d/c.txt", Array(" 3 ".utf8))
        tar.add("d/d.png", try fixturePNG())
        tar.add("d/d.txt", Array("a shoe".utf8))
        tar.add("d/e.json", Array(#"{"cls": 5, "label": "shoe"}"#.utf8))
        tar.add("d/e.PNG", try fixturePNG())
        tar.add("README", Array("hello".utf8))
        let found = try drain(tar.finished)
        #expect(found.ids == ["d/a", "d/b", "d/c", "d/d", "d/e"])
        #expect(found.labels == [7, 12, 3, nil, 5])
        #expect(found.error == nil && found.unreadable.isEmpty)
        #expect(found.images.first?.content == .encoded(try fixturePNG(), .png))
        #expect(found.images.dropFirst(1).first?.content == .encoded(try fixtureJPEG(), .jpeg))
    }

    @Test func readsLongNamesOfEveryStyle() throws {
        let long = String(repeating: "n", count: 60) + "/" + String(repeating: "m", count: 80)
        var tar = TestTar()
        tar.add("././@LongLink", Array((long + "1.png").utf8) + [0], type: UInt8(ascii: "L"))
        tar.add(String((long + "1.png").prefix(100)), try fixturePNG())
        tar.addPax([("mtime", "1.5"), ("path", long + "2.png")])
        tar.add("short.png", try fixturePNG())
        tar.add("3.png", try fixturePNG(), lie: .init(prefix: "some/prefix"))
        // GNU's magic: what lies in the prefix field is no prefix.
        tar.add("4.png", try fixturePNG(), lie: .init(magic: Array("ustar  ".utf8) + [0], prefix: "nonsense"))
        // Old style: no magic, no type, and a sum of signed bytes over a name above ASCII.
        tar.add("ü5.png", try fixturePNG(), type: 0, lie: .init(magic: [], signedChecksum: true))
        // Cut at 100 bytes, this name ends in a slash like a folder's.
        let slashed = String(repeating: "abcd/", count: 20) + "6"
        tar.addPax([("path", slashed + ".png")])
        tar.add(String(slashed.prefix(100)), try fixturePNG())
        tar.add("old/folder/", [], type: 0, lie: .init(magic: []))
        let found = try drain(tar.finished)
        #expect(found.ids == [long + "1", long + "2", "some/prefix/3", "4", "ü5", slashed])
        #expect(found.error == nil)
    }

    @Test func takesASizeFromPaxAttributes() throws {
        let png = try fixturePNG()
        var tar = TestTar()
        tar.addPax([("size", String(png.count))])
        tar.add("a.png", png, lie: .init(size: "00000000000"))
        tar.add("b.png", png)
        #expect(try drain(tar.finished).ids == ["a", "b"])
    }

    @Test func readsBinarySizes() throws {
        var tar = TestTar()
        let png = try fixturePNG()
        tar.add("a.png", png)
        tar.bytes.replaceSubrange(
            124..<136,
            with: [0x80] + [UInt8](repeating: 0, count: 9) + [0, UInt8(png.count)]
        )
        tar.bytes.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        let digits = Array(String(tar.bytes[..<512].reduce(0) { $0 + Int($1) }, radix: 8).utf8)
        let sum = [UInt8](repeating: 0x30, count: 6 - digits.count) + digits + [0, 0x20]
        tar.bytes.replaceSubrange(148..<156, with: sum)
        #expect(try drain(tar.finished).ids == ["a"])
    }

    @Test func readsArchivesSetOneAfterAnother() throws {
        var first = TestTar()
        first.add("a.png", try fixturePNG(1))
        var second = TestTar()
        second.add("b.png", try fixturePNG(2))
        #expect(try drain(first.finished + second.finished).ids == ["a", "b"])
    }

    @Test func keepsGoingAfterABadSample() throws {
        var tar = TestTar()
        tar.add("a.cls", Array("seven".utf8))
        tar.add("a.png", try fixturePNG())
        tar.add("b.json", Array("{".utf8))
        tar.add("b.png", try fixturePNG())
        tar.add("c.png", Array("not a png".utf8))
        tar.add("d.png", [])
        tar.add("e.cls", Array("1".utf8))
        tar.add("f.png", [UInt8](repeating: 1, count: 3000))
        tar.add("g.left.png", try fixturePNG())
        tar.add("g.right.png", try fixturePNG())
        tar.add("h\n.png", try fixturePNG())
        tar.add(String(repeating: "i", count: 90) + ".png", try fixturePNG())
        tar.add("j.cls", Array("2147483648".utf8))
        tar.add("j.png", try fixturePNG())
        tar.add("k.png", try fixturePNG())
        let found = try drain(tar.finished, memberBytesMax: 2000)
        #expect(found.ids == ["g", String(repeating: "i", count: 90), "k"])
        #expect(found.unreadable.map(\.id) == ["a", "b", "c", "d", "e", "f", "g.right.png", "h?", "j"])
        #expect(
            found.unreadable.dropFirst(5).first?.reason == "its .png file has 3000 bytes; the limit is 2000"
        )
        #expect(found.error == nil)
    }

    @Test func usesNamesAsIdsOnly() throws {
        var tar = TestTar()
        tar.add("../../outside.png", try fixturePNG())
        tar.add("/etc/absolute.png", try fixturePNG())
        tar.add(".hidden.png", try fixturePNG())
        tar.add("._resource.png", try fixturePNG())
        tar.add("link.png", [], type: UInt8(ascii: "2"))
        let folder = try TemporaryFolder()
        let path = try folder.write(tar.finished, to: "in/a.tar")
        #expect(Drained(try TarSource(path: path)).ids == ["../../outside", "/etc/absolute"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["in"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/in") == ["a.tar"])
    }

    /// Three samples of `.cls` then `.png`; wherever the archive is cut, the whole ones come out, each
    /// with its label, and then an error says that it was cut.
    @Test func returnsWhatIsWholeBeforeACut() throws {
        var tar = TestTar()
        var ends: [Int] = []
        for (index, name) in ["a", "b", "c"].enumerated() {
            tar.add(name + ".cls", Array(String(index).utf8))
            tar.add(name + ".png", try fixturePNG(index))
            ends.append(tar.bytes.count - 512 + (try fixturePNG(index)).count)
        }
        let file = tar.finished
        for length in 1..<(file.count - 1023) where length % 128 < 2 || length % 512 > 510 {
            let found = try drain(Array(file[..<length]))
            guard case .truncated = found.error else {
                Issue.record("cut to \(length): \(String(describing: found.error))")
                continue
            }
            // Without the padding after its last member a sample is whole.
            let whole = ends.filter { $0 <= length }.count
            #expect(found.ids == Array(["a", "b", "c"].prefix(whole)), "cut to \(length)")
            #expect(found.labels == Array([0, 1, 2].prefix(whole)), "cut to \(length)")
        }
    }

    @Test func neverReturnsAnImageWhoseLabelWasCutOff() throws {
        var tar = TestTar()
        for name in ["a", "b"] {
            tar.add(name + ".png", try fixturePNG())
            tar.add(name + ".txt", Array("4".utf8))
        }
        // Cut inside the header of b.txt.
        let found = try drain(Array(tar.bytes[..<(tar.bytes.count - 1024 + 100)]))
        #expect(found.ids == ["a"])
        #expect(found.error != nil)
    }

    @Test(arguments: [
        ("77777777777", "truncated"), ("0000000000x", "malformed"), ("00000004000", "truncated"),
        ("-0000000001", "malformed"),
    ])
    func survivesALyingSize(size: String, expected: String) throws {
        var tar = TestTar()
        tar.add("a.png", try fixturePNG())
        tar.add("b.png", try fixturePNG(), lie: .init(size: size))
        let found = try drain(tar.finished)
        #expect(found.ids == ["a"])
        #expect(found.error?.caseName == expected)
    }

    @Test func refusesAHeaderWithAWrongChecksum() throws {
        var tar = TestTar()
        tar.add("a.png", try fixturePNG())
        tar.add("b.png", try fixturePNG(), lie: .init(checksumOffset: 1))
        let found = try drain(tar.finished)
        #expect(found.ids == ["a"])
        #expect(
            found.error?.description.hasSuffix("the tar header after a.png has a wrong checksum") == true
        )
    }

    @Test(arguments: ["9999 path=x\n", "12 path=abc", "x path=abc\n", "6 path\n", "", "4 a\n"])
    func refusesMalformedPaxAttributes(content: String) throws {
        var tar = TestTar()
        tar.add("pax", Array(content.utf8), type: UInt8(ascii: "x"))
        tar.add("a.png", try fixturePNG())
        let found = try drain(tar.finished)
        if content.isEmpty {
            #expect(found.ids == ["a"])
        } else {
            guard case .malformed = found.error else {
                Issue.record("\(String(describing: found.error))")
                return
            }
        }
    }

    @Test func survivesAnyDamage() throws {
        var tar = TestTar()
        for index in 0..<3 {
            tar.add("\(index).cls", Array("\(index)".utf8))
            tar.addPax([("path", "long/\(index).png")])
            tar.add("\(index).png", try fixturePNG(index))
        }
        let folder = try TemporaryFolder()
        var state: UInt64 = 1
        for round in 0..<400 {
            var bytes = tar.finished
            for _ in 0..<3 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let at = Int(state >> 33) % (bytes.count * 8)
                bytes[at / 8] ^= 1 << (at % 8)
            }
            let found = Drained(try TarSource(path: try folder.write(bytes, to: "a.tar")))
            #expect(found.ids.count <= 3, "round \(round)")
        }
    }

    /// A camera that calls every picture the same: each is named as it comes, though the first waits for its label.
    @Test func namesEachFurtherImageOfAKeyAtOnce() throws {
        let pipe = TestPipe()
        var tar = TestTar()
        for _ in 0..<3 { tar.add("frame.png", try fixturePNG()) }
        try pipe.write(tar.bytes)
        var source = TarSource(fileDescriptor: pipe.readEnd, name: "pipe")
        for _ in 0..<2 {
            guard case .unreadable(let id, _) = try source.next() else {
                Issue.record("nothing is said of a picture that is not used")
                return
            }
            #expect(id == "frame.png")
        }
    }

    @Test(arguments: [(1_600, ["a"]), (2_048, ["a", "b"])])
    func readsFromAPipeAndStopsWhileItWaits(bytes: Int, ids: [String]) throws {
        let pipe = TestPipe()
        var tar = TestTar()
        tar.add("a.png", try fixturePNG())
        tar.add("b.png", try fixturePNG())
        // The sample of a is known to be whole when b's header has come, that of b is read whole or not; then nothing more comes.
        try pipe.write(Array(tar.bytes[..<bytes]))
        let looks = Counter()
        var source = TarSource(
            fileDescriptor: pipe.readEnd,
            name: "pipe",
            isStopped: { looks.increment() > 5 }
        )
        let found = Drained(&source)
        #expect(found.ids == ids)
        #expect(found.error == nil && found.unreadable.isEmpty)
    }
}
