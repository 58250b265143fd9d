import ArgumentParser
import Foundation
import TestSupport
import Testing

/// Whatever is typed: a command, or a message with a code; never a crash.
@Suite struct FuzzTests {
    private static let vocabulary = [
        "mix", "tool", "count", "help", "secret", "-", "--", "---", "=", "-=", "--=", "--=x", "-o", "-ox",
        "-fn", "-fno",
        "--output", "--output=", "--level", "--level=3", "-3", "-0x1p-3", "--mode", "exact", "--seed", "-X",
        "-X=", "a", "",
        "--help", "-h", "--version", "--generate-manual", "--generate-completion-script", "bash",
        "---complete", "\u{0}",
        "é", "--é=ü", "-é", "🙂", "-🙂", "\u{FFFD}", "--except-for", "9223372036854775808", "--verbose=",
        "--no-verbose",
    ]

    @Test func anyWordsParseOrAreExplained() {
        var draws = SeededRandom(seed: 11)
        for _ in 0..<4_000 {
            let words = (0..<Int.random(in: 0...7, using: &draws)).map { _ in
                Self.vocabulary.randomElement(using: &draws) ?? ""
            }
            do {
                _ = try Toy.parseAsRoot(words, columns: Int.random(in: 1...200, using: &draws))
            } catch {
                let code = Toy.exitCode(for: error)
                #expect([.success, .validationFailure].contains(code), "\(words)")
                #expect(words.first == "---complete" || !Toy.fullMessage(for: error).isEmpty, "\(words)")
            }
        }
    }

    @Test func whatIsWrittenAsOptionsIsReadBack() throws {
        var draws = SeededRandom(seed: 11)
        for _ in 0..<500 {
            let level = Int.random(in: 0...9, using: &draws)
            let strength = Double.random(in: -1e9...1e9, using: &draws)
            let output = Self.vocabulary.randomElement(using: &draws) ?? ""
            let places = (0..<Int.random(in: 1...4, using: &draws)).map { _ in
                Self.vocabulary.randomElement(using: &draws) ?? ""
            }
            let words =
                ["mix", "--level", "\(level)", "--strength=\(strength)", "--output=\(output)", "--"] + places
            let mix = try #require(try Toy.parseAsRoot(words) as? Toy.Mix)
            #expect(mix.level == level && mix.strength == strength && mix.output == output)
            #expect([mix.first] + mix.rest == places)
        }
    }

    /// Words that the coverage-guided fuzzer found worth keeping; see `Tests/Fuzz`.
    @Test func theKeptCorpusParsesOrIsExplained() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fuzz/arguments")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(files.count > 50)
        for file in files {
            let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
            let words = text.dropFirst().split(separator: "\n", omittingEmptySubsequences: false).map(
                String.init)
            #expect([-1, 0, 64].contains(Toy.failure(arguments: words).code), "\(file.lastPathComponent)")
        }
    }
}
