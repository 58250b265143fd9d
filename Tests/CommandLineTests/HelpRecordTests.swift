import Foundation
import Testing

/// Every help page equals the one recorded before the argument parser was our own, but for what was changed on purpose.
@Suite struct HelpRecordTests {
    private static let record = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../shared/data/cli/help.txt").standardizedFileURL

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
            for (before, now) in HelpChanges.all {
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
