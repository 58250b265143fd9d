import Foundation
import Testing

/// Every help page equals the one recorded before the argument parser was our own, but for what was changed on purpose.
@Suite struct HelpRecordTests {
    private static let record = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../shared/data/cli/help.txt").standardizedFileURL

    /// Recorded text, and what stands there now.
    private static let changes = [
        // An example is not wrapped: it is there to be copied.
        ("--raw\n1280x720 --stream cam", "--raw 1280x720 --stream cam"),
        // Shells and man(1) are served by the root.
        (
            "USAGE: hashiflex <subcommand>\n\nOPTIONS:\n",
            """
            USAGE: hashiflex <subcommand>

            OPTIONS:
              --generate-completion-script <generate-completion-script>
                                      Print a completion script for a shell. (values: bash,
                                      zsh, fish)
              --generate-manual       Print the manual page, for man(1).

            """
        ),
        // No limit is said in words.
        ("Most training images. (default: 9223372036854775807)", "Most training images. Default: all."),
        ("Most images. (default: 9223372036854775807)", "Most images. Default: all."),
        // The chip.
        (
            "  bench                   Measure the engine and the pipeline; exactness is\n                          checked first.\n",
            """
              bench                   Measure the engine and the pipeline; exactness is
                                      checked first.

            CHIP SUBCOMMANDS:
              chip                    See the artefact as a chip: throughput, area, energy,
                                      cycles, RTL, synthesis.

            """
        ),
        (
            "[--liveness-ms <liveness-ms>] [--exit-with-parent]\n\nOPTIONS:\n  --brokers",
            "[--liveness-ms <liveness-ms>] [--chip <chip>] [--chip-preset <chip-preset>] [--exit-with-parent]\n\nOPTIONS:\n  --brokers"
        ),
        (
            "heartbeat, milliseconds.\n  --exit-with-parent",
            """
            heartbeat, milliseconds.
              --chip <chip>           Show the modelled chip of this artefact beside the
                                      fleet: a file, or built-in.
                    Default: none. In the status and in `hashiflex top`; the design is
                    --chip-preset.
              --chip-preset <chip-preset>
                                      The design of --chip: rows or classes. (values: rows,
                                      classes)
              --exit-with-parent
            """
        ),
        (
            "and one page with plots.\n",
            """
            and one page with plots.
              flexibility             Show what can still change after deployment, what
                                      that costs and what it gives back.

            """
        ),
        // Heads can be frozen.
        (
            "classifier heads; fit\n                          one.",
            "classifier heads; fit\n                          or freeze one."
        ),
        ("classifier heads; fit one.", "classifier heads; fit or freeze one."),
        (
            "closed form.\n  export  ",
            """
            closed form.
              freeze                  Harden a head into the backbone: the same logits, and
                                      no other head ever after.
              export\("  ")
            """
        ),
        (
            "give its offset. Prints MATCH, or what differs first. Exit\ncode 0 only for MATCH.",
            "give its offset, or the one that is frozen into --model.\nPrints MATCH, or what differs first. "
                + "Exit code 0 only for MATCH."
        ),
        (
            "its offset demands, or, with --images, if their number is\nanother. Remembers about 100 bytes an image.",
            "its offset demands (than its backbone holds, where the head\nis frozen), or, with --images, if their "
                + "number is another. Remembers about 100\nbytes an image."
        ),
        (
            "the built-in heads, for the built-in model.",
            "the built-in heads, for the built-in model; a frozen head, for\n        its own."
        ),
    ]

    @Test(
        .enabled(
            if: FileManager.default.fileExists(atPath: record.path),
            "the recorded help pages are not beside the project"))
    func helpIsAsRecorded() throws {
        let parts = try String(contentsOf: Self.record, encoding: .utf8).components(
            separatedBy: "$ hashiflex ")
        var pages = 0
        for part in parts.dropFirst() {
            let head = try #require(part.range(of: " --help   # exit 0\n"))
            let command = part[..<head.lowerBound].split(separator: " ").map(String.init)
            var expected = String(part[head.upperBound...])
            for (before, now) in Self.changes {
                expected = expected.replacingOccurrences(of: before, with: now)
            }
            let outcome = try Program.run(command + ["--help"], environment: ["COLUMNS": "80"])
            #expect(outcome.code == 0)
            #expect(
                outcome.output.trimmingCharacters(in: .newlines)
                    == expected.trimmingCharacters(in: .newlines),
                "\(command)")
            pages += 1
        }
        #expect(pages == 41)
    }
}
