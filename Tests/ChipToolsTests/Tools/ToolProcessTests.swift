import ChipTools
import Foundation
import Glibc
import Testing

@Suite struct ToolProcessTests {
    private func shell(_ script: String, limit: Int = 20, registry: RunningTools = .shared) -> ToolProcess {
        ToolProcess(executable: "/bin/sh", arguments: ["-c", script], timeLimit: limit, registry: registry)
    }

    @Test func outputsAreKeptApart() throws {
        let result = try shell("echo one; echo two >&2; cat").run()
        #expect(result.output.text == "one\n")
        #expect(result.errors.text == "two\n")
    }

    @Test func folderAndEnvironmentAreThoseGiven() throws {
        let folder = try ScratchFolder()
        let process = ToolProcess(
            executable: "/bin/sh", arguments: ["-c", "pwd; echo \"$A b\"; env | wc -l"],
            workingFolder: folder.path, environment: ["A": "x  y"], timeLimit: 20)
        let lines = try process.run().output.text.split(separator: "\n")
        #expect(lines.first.map { URL(fileURLWithPath: String($0)).lastPathComponent }
            == URL(fileURLWithPath: folder.path).lastPathComponent)
        #expect(lines.dropFirst().first == "x  y b")
    }

    @Test func endWithACodeCarriesTheTail() {
        let error = #expect(throws: ToolError.self) { try shell("echo why; printf '\\033[31m'; exit 7").run() }
        guard case .ended(_, 7, let lines) = error else { Issue.record("\(String(describing: error))"); return }
        #expect(lines.first == "why")
        #expect(error.map { !"\($0)".contains("\u{1B}") } ?? false, "escape sequences of a tool stay out")
    }

    @Test func signalIsNamed() {
        #expect(throws: ToolError.killed(program: "/bin/sh", signal: 15, lastLines: [])) {
            try shell("kill -TERM $$").run()
        }
    }

    @Test func absentProgramNamesItsPackage() {
        let error = #expect(throws: ToolError.self) { try ExternalTool.openSTA.locate(searchPath: "/nonexistent") }
        #expect(error.map { "\($0)".contains("opensta") } ?? false)
        #expect(throws: ToolError.self) { try ExternalTool.yosys.locate(path: "/nonexistent/yosys") }
        #expect(throws: ToolError.self) { try ExternalTool.yosys.locate(path: "/tmp/") }
    }

    @Test func timeLimitKillsTheChildrenToo() throws {
        let error = #expect(throws: ToolError.self) {
            try shell("sleep 300 & echo $!; sleep 300", limit: 1).run()
        }
        guard case .timedOut(_, 1, let lines) = error, let child = lines.first.flatMap({ Int32($0) }) else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(isGone(child))
    }

    @Test func whatAProgramLeavesBehindIsKilled() throws {
        let result = try shell("sleep 300 & echo $!").run()
        let child = try #require(Int32(result.output.text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(isGone(child))
        #expect(result.seconds < 20)
    }

    @Test func killAllEndsARunAndForbidsTheNext() throws {
        let registry = RunningTools()
        let process = shell("echo started; sleep 300", limit: 60, registry: registry)
        #expect(throws: ToolError.interrupted(program: "/bin/sh")) {
            try process.run { if $0 == "started" { registry.killAll() } }
        }
        #expect(throws: ToolError.interrupted(program: "/bin/sh")) { try process.run() }
        registry.resume()
        #expect(throws: Never.self) { try shell("true", registry: registry).run() }
    }

    @Test func outputIsBounded() throws {
        var process = shell("echo head; yes x | head -c 3000000; echo tail")
        process.outputLimit = 1000
        var lines = 0
        let output = try process.run { _ in lines += 1 }.output
        #expect(output.byteCount == 3_000_010)
        #expect(output.droppedBytes == 3_000_010 - 2000)
        #expect(output.text.hasPrefix("head\n") && output.text.hasSuffix("tail\n"))
        #expect(output.lastLines(1) == ["tail"])
        #expect(lines == 1_500_002)
    }

    /// Whether a process is gone, or dead and not yet reaped by whoever adopted it.
    private func isGone(_ process: Int32) -> Bool {
        for _ in 0..<200 {
            if kill(process, 0) != 0 { return true }
            let status = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ") Z"
            if status.contains(") Z") { return true }
            usleep(10_000)
        }
        return false
    }
}
