import Foundation
import Testing

/// Completion in the real shells, and the manual page in the real formatters.
@Suite struct ShellTests {
    private static func isInstalled(_ tool: String) -> Bool {
        ["/usr/bin/", "/bin/"].contains { FileManager.default.isExecutableFile(atPath: $0 + tool) }
    }

    struct Shell: CustomTestStringConvertible, Sendable {
        let name: String
        var testDescription: String { name }
    }
    static let shells = ["bash", "zsh", "fish"].filter(isInstalled).map { Shell(name: $0) }

    @Test func everyShellIsHere() {
        // Otherwise the tests below would pass by testing nothing; deploy/install-dependencies test installs them.
        #expect(Self.shells.map(\.name) == ["bash", "zsh", "fish"])
    }

    @Test(arguments: shells) func aTabCompletesCommandsOptionsValuesAndFiles(_ shell: Shell) throws {
        let folder = try TemporaryFolder()
        let script = folder.file("script")
        let generated = try Program.run(["--generate-completion-script", shell.name])
        #expect(generated.code == 0)
        try generated.output.write(toFile: script, atomically: true, encoding: .utf8)
        // Shells write a path that they complete in its shortest form.
        let file = URL(fileURLWithPath: folder.file("weights.safetensors")).standardizedFileURL
        try Data().write(to: file)
        for (typed, completed) in [
            ("hashiflex inges", "hashiflex ingest"), ("hashiflex head pu", "hashiflex head push"),
            ("hashiflex ingest --labels-f", "hashiflex ingest --labels-from-folders"),
            ("hashiflex ingest --encoding te", "hashiflex ingest --encoding tensors"),
            ("hashiflex ingest --encoding=te", "hashiflex ingest --encoding=tensors"),
            ("hashiflex verify \(file.path.dropLast(15))", "hashiflex verify \(file.path)"),
        ] {
            let driver = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("Shells/complete.py").path
            let outcome = try Program.run(
                [
                    driver, shell.name, script,
                    URL(fileURLWithPath: Program.path).deletingLastPathComponent().path, typed,
                ],
                executable: "/usr/bin/python3")
            let line = outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(line == completed, "\(shell.name): \(outcome.errors)")
        }
    }

    @Test(.enabled(if: isInstalled("mandoc"), "mandoc is not installed"))
    func theManualPageIsFreeOfWarnings() throws {
        let folder = try TemporaryFolder()
        let page = folder.file("hashiflex.1")
        let manual = try Program.run(["--generate-manual"], environment: ["SOURCE_DATE_EPOCH": "1793491200"])
        #expect(
            manual.code == 0 && manual.output.contains(".TH \"HASHIFLEX\" 1 2026-11-01 \"hashiflex 0.1.0\""))
        try manual.output.write(toFile: page, atomically: true, encoding: .utf8)
        let lint = try Program.run(["-Tlint", page], executable: "/usr/bin/mandoc")
        #expect(lint.code == 0 && lint.output.isEmpty, "\(lint.output)")
        let groff = try Program.run(["-ww", "-man", "-Tutf8", page], executable: "/usr/bin/groff")
        #expect(groff.code == 0 && groff.errors.isEmpty, "\(groff.errors)")
        // Every command's section is on the formatted page, with hyphens that can be copied.
        let text = try Program.run(["-Tascii", page], executable: "/usr/bin/mandoc").output
            .replacingOccurrences(of: ".\u{8}", with: "", options: .regularExpression)
        for command in ["hashiflex demo", "hashiflex head push", "hashiflex bench pipeline"] {
            #expect(text.contains("\n   \(command)\n"), "\(command)")
        }
        #expect(text.contains("--labels-from-folders"))
    }

    @Test func noDateInTheEnvironmentIsTooFarAway() throws {
        for epoch in ["67768036191676799", "9223372036854775807", "-1", "tomorrow"] {
            let manual = try Program.run(["--generate-manual"], environment: ["SOURCE_DATE_EPOCH": epoch])
            #expect(
                manual.code == 0 && manual.lines[0].contains(#/ 1 20\d\d-\d\d-\d\d /#), "\(manual.errors)")
        }
    }

    @Test func whatIsTypedReachesNoTerminalUnescaped() throws {
        for words in [["ingest", "--raw=\u{1B}[31m"], ["topics", "list", "--topic-prefix=\u{1B}[31m"]] {
            let outcome = try Program.run(words)
            #expect(outcome.code == 64 && !outcome.errors.contains("\u{1B}"))
            #expect(outcome.errors.contains("\\u{1B}[31m"), "\(outcome.errors)")
        }
    }

    @Test func theVersionNamesTheLinkedLibraries() throws {
        let version = try Program.run(["--version"])
        #expect(version.code == 0 && version.lines.first == "0.1.0")
        for library in [
            "librdkafka", "LZ4", "xxHash", "OpenSSL", "libjpeg-turbo", "libpng", "zlib", "protobuf-c", "HDF5",
        ] {
            #expect(version.lines.contains { $0.hasPrefix("\(library) ") }, "\(library): \(version.output)")
        }
        #expect(try Program.run(["ingest", "--version"]).output == version.output)
    }
}
