import TestSupport
import Testing

import ArgumentParser

/// A suggestion is near what was typed, or there is none.
@Suite struct SpellingTests {
    @Test func distanceCountsInsertionsDeletionsReplacementsAndSwaps() {
        for (from, to, distance) in [
            ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("ingst", "ingest", 1), ("tpo", "top", 1),
            ("nope", "size", 3),
            ("verison", "version", 1), ("ca", "abc", 3),
        ] { #expect(Spelling.distance(Array(from), Array(to)) == distance, "\(from) \(to)") }
    }

    @Test func distanceIsSymmetricAndBoundedByTheLongerWord() {
        var draws = SeededRandom(seed: 11)
        for _ in 0..<500 {
            let (from, to) = (word(&draws), word(&draws))
            let distance = Spelling.distance(from, to)
            #expect(distance == Spelling.distance(to, from))
            #expect(distance <= max(from.count, to.count) && (distance == 0) == (from == to))
        }
    }

    private func word(_ draws: inout SeededRandom) -> [Character] {
        (0..<Int.random(in: 0...8, using: &draws)).map { _ in "abc".randomElement(using: &draws) ?? "a" }
    }

    @Test func onlyNearNamesAreSuggested() {
        let names = ["--size", "--stream", "--shard-images", "--json"]
        #expect(Spelling.near("--nope", names) == nil)
        #expect(Spelling.near("--jsn", names) == "--json")
        #expect(Spelling.near("--shard-image", names) == "--shard-images")
        #expect(Spelling.near("--shard", names) == "--shard-images")
        #expect(Spelling.near("--s", names) == nil)
        #expect(Spelling.near("--", names) == nil)
        #expect(Spelling.near(String(repeating: "s", count: 1_000_000), names) == nil)
    }

    @Test func aThirdOfTheLettersMayBeWrongAndOneInAShortWord() {
        #expect(Spelling.near("abcdxy", ["abcdef"]) == "abcdef")
        #expect(Spelling.near("abcxyz", ["abcdef"]) == nil)
        #expect(Spelling.near("tp", ["size", "top"]) == "top")
        #expect(Spelling.near("ab", ["xy"]) == nil)
    }

    @Test func aBeginningIsOfOneNameAndMoreThanALetter() {
        #expect(Spelling.near("--sh", ["--shard-images", "--shuffle"]) == nil)
        #expect(Spelling.near("--j", ["--json"]) == nil)
        #expect(Spelling.near("--js", ["--json-lines"]) == "--json-lines")
    }

    @Test func wordsOfMoreThan64LettersAreNotCompared() {
        let word = String(repeating: "a", count: 64)
        #expect(Spelling.near(word, [word + "b"]) == word + "b")
        #expect(Spelling.near(word + "c", [word + "b"]) == nil)
    }
}
