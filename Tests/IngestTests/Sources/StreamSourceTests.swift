import ImageDecoding
import Ingest
import Testing

@Suite struct RawFrameSourceTests {
    @Test func cutsAStreamIntoFramesAndReportsAPartialOne() throws {
        let pipe = TestPipe()
        // The first two bytes are gzip's signature: frames must not be taken for an archive.
        let frame: [UInt8] = [0x1F, 0x8B] + (2..<18).map { UInt8($0) }
        try pipe.write(frame + frame.reversed() + [1, 2, 3, 4, 5])
        try pipe.end()
        let clock = Counter()
        var source = RawFrameSource(
            fileDescriptor: pipe.readEnd,
            width: 3,
            height: 2,
            name: "camera",
            nowMs: { Int64(clock.increment()) * 1000 }
        )
        #expect(source.summary == "rgb24 frames of 3 x 2 from camera")
        let found = Drained(&source)
        #expect(found.ids == ["frame/000000000", "frame/000000001"])
        #expect(found.images.map(\.capturedAtMs) == [1000, 2000])
        #expect(found.images.first?.content == .pixels(RGBImage(width: 3, height: 2, bytes: frame)))
        #expect(found.unreadable.map(\.id) == ["frame/000000002"])
        #expect(found.unreadable.map(\.reason) == ["the stream ended after 5 of the frame's 18 bytes"])
        #expect(found.error == nil)
    }

    @Test func endsCleanlyBetweenFramesAndWhenStopped() throws {
        let whole = TestPipe()
        try whole.write([UInt8](repeating: 7, count: 12))
        try whole.end()
        let ended = Drained(RawFrameSource(fileDescriptor: whole.readEnd, width: 2, height: 2))
        #expect(ended.ids.count == 1 && ended.unreadable.isEmpty)
        let silent = TestPipe()
        try silent.write([UInt8](repeating: 7, count: 15))
        let looks = Counter()
        let stopped = Drained(
            RawFrameSource(
                fileDescriptor: silent.readEnd,
                width: 2,
                height: 2,
                isStopped: { looks.increment() > 3 }
            )
        )
        #expect(stopped.ids.count == 1 && stopped.unreadable.isEmpty && stopped.error == nil)
    }

    @Test func stampsFramesWithTheSystemClock() throws {
        let pipe = TestPipe()
        try pipe.write([1, 2, 3])
        try pipe.end()
        let before = RawFrameSource.systemNowMs()
        let found = Drained(RawFrameSource(fileDescriptor: pipe.readEnd, width: 1, height: 1))
        let stamp = try #require(found.images.first?.capturedAtMs)
        #expect((before...RawFrameSource.systemNowMs()).contains(stamp))
    }
}

/// A source of given outcomes, then an error if there is one.
private struct ListedSource: ImageSource {
    var outcomes: [SourceOutcome]
    var error: SourceError?
    var summary: String { "a list" }
    var classNames: [String]? { ["one"] }

    mutating func next() throws(SourceError) -> SourceOutcome? {
        if !outcomes.isEmpty { return outcomes.removeFirst() }
        if let error {
            self.error = nil
            throw error
        }
        return nil
    }
}

@Suite struct RepeatingSourceTests {
    private func image(_ id: String) -> SourceOutcome {
        .image(
            SourceImage(
                id: id,
                content: .pixels(RGBImage(gray: [1], width: 1, height: 1)),
                label: 4,
                capturedAtMs: 5
            )
        )
    }

    @Test func readsAgainUnderNewIds() throws {
        let outcomes = [image("a"), .unreadable(id: "b", reason: "bad")]
        var source = try RepeatingSource(passes: 3) { ListedSource(outcomes: outcomes) }
        #expect(source.summary == "a list, 3 times")
        #expect(source.classNames == ["one"])
        let found = Drained(&source)
        #expect(found.ids == ["a", "a~2", "a~3"])
        #expect(found.labels == [4, 4, 4] && found.images.map(\.capturedAtMs) == [5, 5, 5])
        #expect(found.unreadable.map(\.id) == ["b", "b~2", "b~3"])
    }

    @Test func goesOnUntilStopped() throws {
        let outcome = image("a")
        let looks = Counter()
        var source = try RepeatingSource(passes: nil, isStopped: { looks.increment() > 20 }) {
            ListedSource(outcomes: [outcome])
        }
        let found = Drained(&source)
        #expect(found.ids.count > 5)
        #expect(Set(found.ids).count == found.ids.count)
    }

    @Test func endsWhenAPassGivesNothing() throws {
        var source = try RepeatingSource(passes: nil) { ListedSource(outcomes: []) }
        #expect(Drained(&source).ids.isEmpty)
    }

    @Test func endsWithTheErrorOfASource() throws {
        let outcome = image("a")
        var source = try RepeatingSource(passes: nil) {
            ListedSource(outcomes: [outcome], error: .malformed(source: "s", reason: "r"))
        }
        let found = Drained(&source)
        #expect(found.ids == ["a"])
        #expect(found.error == .malformed(source: "s", reason: "r"))
    }

    @Test func reportsAnIdThatGrowsTooLong() throws {
        let outcome = image(String(repeating: "x", count: 255))
        var source = try RepeatingSource(passes: 2) { ListedSource(outcomes: [outcome]) }
        let found = Drained(&source)
        #expect(found.ids.count == 1)
        #expect(found.unreadable.map(\.id.utf8.count) == [256])
    }
}

@Suite struct SourceImageTests {
    @Test(arguments: [
        ("a", true), ("", false), (String(repeating: "é", count: 128), true),
        (String(repeating: "é", count: 129), false), ("a\tb", false), ("a\u{0}", false), ("a\u{85}", false),
        ("t10k/000001~2", true),
    ])
    func acceptsOnlyProperIds(id: String, accepted: Bool) {
        #expect((SourceImage.idProblem(id) == nil) == accepted)
    }
}
