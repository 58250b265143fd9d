import ArgumentParser
import Testing

/// What the words of a command line become.
@Suite struct ParsingTests {
    @Test func defaultsStayWhereNothingIsGiven() throws {
        let mix = try Toy.mix("-o", "x", "a")
        #expect(mix.level == 2 && mix.strength == 0.5 && mix.mode == .fast && mix.seed == nil)
        #expect(mix.exceptFor == [7, 8] && !mix.verbose && !mix.force && !mix.isDry)
        #expect(mix.shared.home == nil && mix.shared.property.isEmpty)
        #expect(mix.output == "x" && mix.first == "a" && mix.rest.isEmpty)
    }

    @Test func everySpellingOfAnOptionGivesTheSame() throws {
        for words in [
            ["-o", "x"], ["-ox"], ["-o=x"], ["--output", "x"], ["--output=x"], ["-fox"], ["-fo", "x"],
        ] {
            let command = try Toy.parseAsRoot(["mix", "a"] + words)
            #expect((command as? Toy.Mix)?.output == "x", "\(words)")
        }
    }

    @Test func onlyTheFirstEqualsSignSeparates() throws {
        let mix = try Toy.mix("--output=a=b", "-X", "k=v=w", "-Xm=n", "-X=o=p", "a")
        #expect(mix.output == "a=b")
        #expect(mix.shared.property == ["k=v=w", "m=n", "o=p"])
    }

    @Test func anAccentBehindTheEqualsSignBelongsToTheValue() throws {
        #expect(try Toy.mix("--output=\u{301}x", "a").output == "\u{301}x")
        #expect(try Toy.mix("-o=\u{301}x", "a").output == "\u{301}x")
    }

    @Test func tensOfThousandsOfPlacesAreReadInOrder() throws {
        // With a copy of the list for every word this would take minutes.
        let files = (0..<60_000).map { "f\($0)" }
        let mix = try #require(try Toy.parseAsRoot(["mix", "-o", "x", "first"] + files) as? Toy.Mix)
        #expect(mix.rest == files)
    }

    @Test func whatValidationChangesIsKept() throws {
        struct Clamped: ParsableCommand {
            @Option var level = 1
            mutating func validate() throws { level = min(level, 3) }
        }
        #expect((try Clamped.parseAsRoot(["--level", "9"]) as? Clamped)?.level == 3)
    }

    @Test func anEmptyValueIsAValue() throws {
        let mix = try Toy.mix("--output=", "--home", "", "")
        #expect(mix.output.isEmpty && mix.shared.home?.isEmpty == true && mix.first.isEmpty)
    }

    @Test func negativeNumbersAreValues() throws {
        let mix = try Toy.mix("--strength", "-1.5e3", "--except-for", "-3", "-o", "-7", "-8", "-.5")
        #expect(mix.strength == -1_500 && mix.exceptFor == [-3] && mix.output == "-7")
        #expect(mix.first == "-8" && mix.rest == ["-.5"])
        #expect(
            Toy.failure("mix", "a", "-o", "x", "--level", "-3").text.hasPrefix(
                "Error: --level is 0 to 9, not -3\n"))
    }

    @Test func repeatedValuesReplaceTheDefaultsAndKeepTheirOrder() throws {
        #expect(try Toy.mix("--except-for", "2", "a", "-o", "x", "--except-for=1").exceptFor == [2, 1])
    }

    @Test func theLastOfSeveralSingleValuesCounts() throws {
        #expect(try Toy.mix("--level", "1", "--level=4", "-o", "x", "a").level == 4)
    }

    @Test func flagsMayShareAHyphen() throws {
        let mix = try Toy.mix("-fn", "a", "-o", "x", "--verbose")
        #expect(mix.force && mix.isDry && mix.verbose)
    }

    @Test func afterTwoHyphensEverythingIsAPlace() throws {
        let mix = try Toy.mix("-o", "x", "--", "--level", "-f", "--help", "--")
        #expect(mix.first == "--level" && mix.rest == ["-f", "--help", "--"] && mix.level == 2 && !mix.force)
    }

    @Test func oneHyphenIsAValue() throws {
        let mix = try Toy.mix("-", "-o", "-", "b")
        #expect(mix.first == "-" && mix.output == "-" && mix.rest == ["b"])
    }

    @Test func optionsMayStandBetweenPlaces() throws {
        let mix = try Toy.mix("a", "--level", "3", "b", "-o", "x", "c")
        #expect(mix.first == "a" && mix.rest == ["b", "c"] && mix.level == 3)
    }

    @Test func anOptionalPlaceMayBeEmpty() throws {
        let one = try Toy.parseAsRoot(["tool", "count", "1"]) as? Toy.Tool.Count
        #expect(one?.from == 1 && one?.to == nil)
        let two = try Toy.parseAsRoot(["tool", "count", "-2", "-1"]) as? Toy.Tool.Count
        #expect(two?.from == -2 && two?.to == -1)
    }

    @Test func largeNumbersAreKeptOrRefusedNeverCut() throws {
        #expect(try Toy.mix("--seed", "18446744073709551615", "a", "-o", "x").seed == .max)
        for text in ["18446744073709551616", "-1", "1.0", "0x10", " 1", "", "١"] {
            let failure = Toy.failure("mix", "a", "-o", "x", "--seed=\(text)")
            #expect(failure.text.hasPrefix("Error: The value '\(text)' is invalid for '--seed <seed>'\n"))
            #expect(failure.code == 64)
        }
    }

    @Test func onlyFiniteNumbersAreNumbers() {
        for text in ["nan", "inf", "-inf", "1e999", "infinity", "1,5"] {
            #expect(Toy.failure("mix", "a", "-o", "x", "--strength=\(text)").code == 64, "\(text)")
        }
    }

    @Test func settingAPropertyChangesOneCopyOnly() throws {
        let mix = try Toy.mix("-o", "x", "a", "--home", "h")
        var other = mix
        other.output = "y"
        other.shared.home = nil
        #expect(
            mix.output == "x" && mix.shared.home == "h" && other.output == "y" && other.shared.home == nil)
    }

    @Test func declarationsMadeByHandHoldTheirDefaults() {
        var shared = Toy.Shared()
        #expect(shared.home == nil && shared.property.isEmpty)
        shared.home = "h"
        #expect(shared.home == "h")
    }

    @Test func parsingTwiceGivesIndependentCommands() throws {
        let first = try Toy.mix("a", "-o", "x", "--except-for", "1")
        let second = try Toy.mix("b", "-o", "y", "--except-for", "2")
        #expect(first.exceptFor == [1] && second.exceptFor == [2] && first.output == "x")
    }
}
