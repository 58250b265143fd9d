import Foundation
import ImageDecoding
import Ingest
import Synchronization
import Testing

@Suite struct DirectorySourceTests {
    @Test func readsImageFilesInByteOrder() throws {
        let folder = try TemporaryFolder()
        for name in ["b.png", "B.png", "a10.png", "a9.png", "é.png", "sub/x.png"] {
            try folder.write(try fixturePNG(), to: name)
        }
        try folder.write(try fixtureJPEG(), to: "c.JPeG")
        try folder.write([1], to: "notes.txt")
        try folder.write(try fixturePNG(), to: ".hidden.png")
        let flat = Drained(try DirectorySource(path: folder.path))
        #expect(flat.ids == ["B.png", "a10.png", "a9.png", "b.png", "c.JPeG", "é.png"])
        #expect(flat.labels.allSatisfy { $0 == nil } && flat.images.allSatisfy { $0.capturedAtMs == nil })
        let deep = Drained(try DirectorySource(path: folder.path, options: .init(recursive: true)))
        #expect(deep.ids == ["B.png", "a10.png", "a9.png", "b.png", "c.JPeG", "sub/x.png", "é.png"])
    }

    @Test func reportsEachBadFileAndGoesOn() throws {
        let folder = try TemporaryFolder()
        try folder.write(try fixturePNG(), to: "a.png")
        try folder.write([], to: "b.png")
        try folder.write(Array("GIF89a".utf8), to: "c.png")
        try folder.write([UInt8](repeating: 0, count: 5000), to: "d.png")
        try folder.write(try fixtureJPEG(), to: "e.png")
        try folder.write(try fixturePNG(), to: "f\u{7}.png")
        mkfifo(folder.path + "/g.png", 0o600)
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/h.png",
            withDestinationPath: folder.path + "/nowhere"
        )
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/i.png",
            withDestinationPath: folder.path + "/a.png"
        )
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/loop",
            withDestinationPath: folder.path
        )
        let found = Drained(
            try DirectorySource(path: folder.path, options: .init(recursive: true, fileBytesMax: 4000))
        )
        #expect(found.ids == ["a.png", "e.png", "i.png"])
        #expect(found.images.dropFirst(1).first?.content == .encoded(try fixtureJPEG(), .jpeg))
        #expect(found.unreadable.map(\.id) == ["b.png", "c.png", "d.png", "f?.png", "g.png", "h.png"])
        #expect(found.unreadable.dropFirst(2).first?.reason == "the file has 5000 bytes; the limit is 4000")
        #expect(found.unreadable.dropFirst(4).first?.reason == "not a regular file")
        #expect(found.error == nil)
    }

    @Test func takesLabelsFromFolders() throws {
        let folder = try TemporaryFolder()
        for name in ["shoe/1.png", "bag/2.png", "x/bag/3.png", "top.png", "empty/readme.txt"] {
            try folder.write(try fixturePNG(), to: name)
        }
        var source = try DirectorySource(path: folder.path, options: .init(labels: .folders))
        #expect(source.classNames == ["bag", "shoe"])
        let found = Drained(&source)
        #expect(found.ids == ["bag/2.png", "shoe/1.png", "top.png", "x/bag/3.png"])
        #expect(found.labels == [0, 1, nil, 0])
    }

    @Test func takesLabelsFromAFile() throws {
        let folder = try TemporaryFolder()
        for name in ["a.png", "b,c.png", "d.png"] { try folder.write(try fixturePNG(), to: name) }
        let text = "\u{FEFF}name,label\r\na.png,3\r\n\r\nb,c.png, 0\nunknown.png,9"
        let labels = try folder.write(Array(text.utf8), to: "labels.csv")
        let found = Drained(
            try DirectorySource(path: folder.path, options: .init(labels: .file(path: labels)))
        )
        #expect(found.ids == ["a.png", "b,c.png", "d.png"])
        #expect(found.labels == [3, 0, nil])
    }

    @Test(arguments: [
        ("a.png,1\nb.png\n", 2), ("a.png,1\nb.png,\n", 2), ("a.png,1\n\nb.png,-1", 3),
        ("a.png,1\na.png,2", 2), ("h,l\na.png,1.5", 2), ("a.png,1\nb.png,2147483648", 2), ("a\n", 1),
        ("a.png,99999999999999999999999\nb.png,x", 2),
    ])
    func refusesAMalformedLabelsFile(text: String, line: Int) throws {
        let folder = try TemporaryFolder()
        try folder.write(try fixturePNG(), to: "a.png")
        let labels = try folder.write(Array(text.utf8), to: "labels.csv")
        do throws(SourceError) {
            _ = try DirectorySource(path: folder.path, options: .init(labels: .file(path: labels)))
            Issue.record("\(text) was accepted")
        } catch {
            guard case .badLabels(labels, line, _) = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test func refusesABinaryOrMissingLabelsFile() throws {
        let folder = try TemporaryFolder()
        try folder.write(try fixturePNG(), to: "a.png")
        let binary = try folder.write([0xFF, 0xFE, 0x2C, 0x31], to: "labels.csv")
        for path in [binary, folder.path + "/none.csv"] {
            #expect(throws: SourceError.self) {
                try DirectorySource(path: folder.path, options: .init(labels: .file(path: path)))
            }
        }
    }

    @Test func stopsBetweenFiles() throws {
        let folder = try TemporaryFolder()
        for name in ["a.png", "b.png", "c.png"] { try folder.write(try fixturePNG(), to: name) }
        let looks = Counter()
        var source = try DirectorySource(path: folder.path, isStopped: { looks.increment() > 2 })
        #expect(Drained(&source).ids == ["a.png", "b.png"])
    }

    /// The stop check, called in every wait, plays the part of the other process.
    ///
    ///     look   writer                     source
    ///     1      a.png is there             remembers a.png
    ///     2      b.part appears             takes a.png
    ///     3      b.part renamed to b.png    remembers b.png
    ///     4..    -                          takes b.png, then waits for the stop
    @Test func followsAFolderUntilStopped() throws {
        let folder = try TemporaryFolder()
        try folder.write(try fixturePNG(), to: "a.png")
        let stage = Mutex(0)
        let check: StopCheck = {
            stage.withLock { stage in
                stage += 1
                if stage == 10 { _ = try? folder.write((try? fixtureJPEG()) ?? [], to: "b.part") }
                if stage == 20 {
                    _ = try? FileManager.default.moveItem(
                        atPath: folder.path + "/b.part",
                        toPath: folder.path + "/b.png"
                    )
                }
                return stage > 60
            }
        }
        var source = try DirectorySource(
            path: folder.path,
            options: .init(follow: true, pollInterval: .milliseconds(1)),
            isStopped: check
        )
        let found = Drained(&source)
        #expect(found.ids == ["a.png", "b.png"])
        #expect(found.images.allSatisfy { ($0.capturedAtMs ?? 0) > 1_500_000_000_000 })
        #expect(found.error == nil)
    }

    @Test func followsAnEmptyFolderAndNoticesWhenItVanishes() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            atPath: folder.path + "/in",
            withIntermediateDirectories: false
        )
        let looks = Counter()
        var source = try DirectorySource(
            path: folder.path + "/in",
            options: .init(follow: true, pollInterval: .milliseconds(1)),
            isStopped: {
                if looks.increment() == 5 { try? folder.remove("in") }
                return false
            }
        )
        let found = Drained(&source)
        #expect(found.ids.isEmpty)
        #expect(found.error != nil)
    }
}

@Suite struct FolderWatchTests {
    private func stamp(_ bytes: Int64, _ modifiedNs: Int64 = 0) -> FileStamp {
        FileStamp(bytes: bytes, modifiedNs: modifiedNs)
    }

    @Test func takesAFileOnceItHasStoppedChanging() {
        var watch = FolderWatch()
        #expect(watch.look([("a", stamp(1))]) == [])
        #expect(watch.look([("a", stamp(2))]) == [])
        #expect(watch.look([("a", stamp(2, 9))]) == [])
        #expect(watch.look([("b", stamp(1)), ("a", stamp(2, 9))]) == ["a"])
        #expect(watch.look([("b", stamp(1)), ("a", stamp(2, 9))]) == ["b"])
        #expect(watch.look([("b", stamp(5)), ("a", stamp(3))]) == [])
    }

    @Test func forgetsAFileThatIsGone() {
        var watch = FolderWatch()
        _ = watch.look([("a", stamp(1))])
        #expect(watch.look([("a", stamp(1))]) == ["a"])
        #expect(watch.look([]) == [])
        #expect(watch.look([("a", stamp(1))]) == [])
        #expect(watch.look([("a", stamp(1))]) == ["a"])
    }

    /// Otherwise all under it would be sent again.
    @Test func keepsWhatIsKnownOfWhatCouldNotBeLookedAt() {
        var watch = FolderWatch()
        let all: [(path: String, stamp: FileStamp)] = [
            ("a", stamp(1)), ("d/b", stamp(1)), ("d/e/c", stamp(1)), ("dd", stamp(1)),
        ]
        _ = watch.look(all)
        #expect(watch.look(all) == ["a", "d/b", "d/e/c", "dd"])
        #expect(watch.look([("d/f", stamp(1))], unseen: ["d", "a"]) == [])
        #expect(watch.look(all) == [], "known but for dd, which was gone")
        #expect(watch.look(all) == ["dd"])
        _ = watch.look([("d/g", stamp(1))])
        _ = watch.look([], unseen: ["d/g"])
        #expect(watch.look([("d/g", stamp(1))]) == ["d/g"], "seen twice with the same stamp")
    }

    @Test func whatIsKeptCountsToo() {
        var watch = FolderWatch(filesMax: 2)
        _ = watch.look([("d/a", stamp(1)), ("d/b", stamp(1))])
        #expect(watch.look([], unseen: ["d"]) == [])
        #expect(watch.look([("c", stamp(1))], unseen: ["d"]) == nil)
    }

    @Test func refusesMoreFilesThanItCanRemember() {
        var watch = FolderWatch(filesMax: 2)
        #expect(watch.look([("a", stamp(1)), ("b", stamp(1))]) != nil)
        #expect(watch.look([("a", stamp(1)), ("b", stamp(1)), ("c", stamp(1))]) == nil)
    }

    /// File systems keep times that nanoseconds since 1970 can not count in 64 bits.
    @Test(arguments: [10_413_792_000, Int.max, -20_000_000_000, Int.min])
    func aFileOfAnotherCenturyIsRead(_ seconds: Int) throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(try fixturePNG(), to: "a.png")
        var times = [timespec(tv_sec: seconds, tv_nsec: 5), timespec(tv_sec: seconds, tv_nsec: 5)]
        // A file system may have bounds of its own, and cuts what lies beyond.
        try #require(utimensat(AT_FDCWD, path, &times, 0) == 0)
        #expect((times[0].units(1_000_000_000) > 0) == (seconds > 0))
        #expect(Drained(try DirectorySource(path: folder.path)).ids == ["a.png"])
    }
}
