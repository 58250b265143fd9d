import Artifacts
import ClassifierHead
import Testing

/// What a head says of the pictures that it was fitted on.
@Suite struct HeadPreprocessingTests {
    private func head(_ preprocessing: String?) throws(HeadError) -> ClassifierHead {
        try makeHead(featureCount: 2, weights: [1, 2, 3, 4], bias: [5, 6], preprocessing: preprocessing)
    }

    @Test func itIsWrittenReadAndKeptWithTheLabel() throws {
        for text in [nil, "", "hsf-decode-1/x hsf-resize-1/y", String(repeating: "ü", count: 256)] {
            let head = try head(text)
            let bytes = head.encoded()
            let file = try SafetensorsFile(decoding: bytes)
            #expect(file.metadata["preprocessing"] == text)
            let read = try ClassifierHead(decoding: bytes)
            #expect(read == head && read.preprocessing == text && read.encoded() == bytes)
            let renamed = try head.relabelled(name: "other", version: "v9")
            #expect(renamed.preprocessing == text && renamed.digest == head.digest)
        }
    }

    /// Heads of earlier versions state nothing, and their digest is what it was.
    @Test func itIsPartOfTheDigestOnlyWhereItIsStated() throws {
        let old = try head(nil)
        var file = try SafetensorsFile(decoding: old.encoded())
        #expect(!file.metadata.keys.contains("preprocessing"))
        file.metadata["preprocessing"] = "p"
        // The digest in the file covers it.
        #expect(throws: HeadError.self) { try ClassifierHead(decoding: file.encoded()) }
        file.metadata["digest"] = nil
        let new = try ClassifierHead(decoding: file.encoded())
        #expect(new == (try head("p")) && new.digest != old.digest)
        #expect(try head("q").digest != new.digest && head("").digest != old.digest)
    }

    @Test func aTextTooLongOrWithControlCharactersIsRefused() throws {
        for text in [String(repeating: "x", count: 513), "a\nb", "a\u{7F}", "\u{1B}[2J", "a\u{85}"] {
            let error = headError { () throws(HeadError) in _ = try head(text) }
            #expect(error == .badPreprocessing, "\(text.debugDescription)")
            #expect(error?.description.contains("at most 512 bytes") == true)
            var file = try SafetensorsFile(decoding: head(nil).encoded())
            file.metadata["digest"] = nil
            file.metadata["preprocessing"] = text
            let read = headError { () throws(HeadError) in _ = try ClassifierHead(decoding: file.encoded()) }
            #expect(read == .badPreprocessing)
        }
        #expect(try head(String(repeating: "x", count: 512)).preprocessing?.count == 512)
    }

    @Test func aHeadOfOtherPicturesFitsNoBackbone() throws {
        let stated = try head("mine")
        try stated.verify(fits: testBackbone, featureCount: 2, preprocessing: "mine")
        try head(nil).verify(fits: testBackbone, featureCount: 2, preprocessing: "mine")
        func problem(_ digest: ContentDigest, _ count: Int, _ text: String) -> HeadError? {
            headError { () throws(HeadError) in
                try stated.verify(fits: digest, featureCount: count, preprocessing: text)
            }
        }
        let other = ContentDigest(of: "other".utf8)
        #expect(problem(testBackbone, 2, "theirs") == .otherPreprocessing(expected: "theirs", actual: "mine"))
        // What is said first is what tells most.
        #expect(problem(other, 3, "theirs") == .wrongWidth(expected: 3, actual: 2))
        #expect(problem(other, 2, "theirs") == .otherPreprocessing(expected: "theirs", actual: "mine"))
        #expect(problem(other, 2, "mine") == .otherBackbone(expected: other, actual: testBackbone))
        let text = try #require(problem(testBackbone, 2, "theirs")).description
        #expect(text.contains("\"mine\"") && text.contains("\"theirs\"") && text.contains("fit it again"))
    }

    @Test func bothTextsAreShownWholeAndEscaped() throws {
        let long = String(repeating: "y", count: 512)
        let error = HeadError.otherPreprocessing(expected: "a\u{1B}[2J", actual: long)
        #expect(error.description.contains(long) && !error.description.contains("\u{1B}"))
        let endless = HeadError.otherPreprocessing(expected: String(repeating: "z", count: 9_000), actual: "")
        #expect(endless.description.utf8.count < 1_000)
    }
}
