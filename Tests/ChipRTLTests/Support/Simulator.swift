import ChipRTL
import Foundation

/// Runs emitted text in the simulators that are installed.
struct Simulator {
    /// Files under test, by name.
    var files: [String: [UInt8]]

    init(_ files: [RTLFile]) {
        self.files = Dictionary(files.map { ($0.name, $0.bytes) }) { first, _ in first }
    }

    /// What a bench printed.
    struct Report {
        let lines: [String]
        /// The numbers of the `SUMMARY` line by name; empty without one.
        let summary: [String: Int]
        /// Lines in which the bench or an assertion complains.
        var complaints: [String] { lines.filter { $0.hasPrefix("FAULT") || $0.hasPrefix("HS_ASSERT") } }
        /// Whether the bench reached its end and found nothing wrong.
        var isClean: Bool {
            !summary.isEmpty && complaints.isEmpty
                && summary.allSatisfy { !$0.key.hasPrefix("wrong") || $0.value == 0 }
        }

        init(_ text: String) {
            lines = text.split(separator: "\n").map(String.init)
            let words =
                lines.last { $0.hasPrefix("SUMMARY ") }?.split(separator: " ").dropFirst().map(String.init)
                ?? []
            summary = Dictionary(
                stride(from: 0, to: words.count - 1, by: 2).map { (words[$0], Int(words[$0 + 1]) ?? -1) }
            ) { first, _ in first }
        }
    }

    struct Failure: Error, CustomStringConvertible { let description: String }

    /// Replaces text in one file, which must contain it.
    mutating func replace(_ old: String, by new: String, in name: String) throws {
        let text = String(decoding: files[name] ?? [], as: UTF8.self)
        guard text.contains(old) else { throw Failure(description: "\(name) has no '\(old)'") }
        files[name] = Array(text.replacing(old, with: new, maxReplacements: 1).utf8)
    }

    /// Compiles with Icarus once and runs the bench with each list of arguments.
    func icarus(_ runs: [[String]] = [[]]) throws -> [Report] {
        try inFolder { folder in
            let sources = files.keys.filter { $0.hasSuffix(".sv") }.sorted()
            _ = try Self.run(
                "iverilog", ["-g2012", "-DHS_ASSERT", "-s", "hs_bench", "-o", "bench.vvp"] + sources,
                in: folder)
            return try runs.map { Report(try Self.run("vvp", ["-n", "bench.vvp"] + $0, in: folder)) }
        }
    }

    /// Compiles with Verilator and runs the bench once.
    func verilator() throws -> Report {
        try inFolder { folder in
            let sources = files.keys.filter { $0.hasSuffix(".sv") }.sorted()
            _ = try Self.run(
                "verilator",
                [
                    "--binary", "--timing", "-j", "2", "-fno-const-bit-op-tree", "-DHS_ASSERT", "-Wno-fatal",
                    "-Wno-WIDTH",
                    "-MAKEFLAGS", "OPT_FAST=-O0", "--top-module", "hs_bench",
                ] + sources, in: folder)
            return Report(try Self.run("\(folder)/obj_dir/Vhs_bench", [], in: folder))
        }
    }

    /// Reads everything but the bench into Yosys and runs `script` on it.
    func yosys(_ script: String) throws -> String {
        try inFolder { folder in
            let sources = files.keys.filter { $0.hasSuffix(".sv") && $0 != "hs_bench.sv" }.sorted()
            return try Self.run(
                "yosys", ["-p", "read_verilog -sv \(sources.joined(separator: " ")); \(script)"], in: folder)
        }
    }

    private func inFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "hs-rtl-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        for part in ["cores", "network"] {
            try FileManager.default.createDirectory(
                at: folder.appendingPathComponent(part), withIntermediateDirectories: true)
        }
        for (name, bytes) in files { try Data(bytes).write(to: folder.appendingPathComponent(name)) }
        return try body(folder.path)
    }

    static func find(_ program: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(program)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private static func run(_ program: String, _ arguments: [String], in folder: String) throws -> String {
        guard let path = program.hasPrefix("/") ? program : find(program) else {
            throw Failure(description: "\(program) is not installed")
        }
        let log = URL(fileURLWithPath: folder).appendingPathComponent("log.txt")
        _ = FileManager.default.createFile(atPath: log.path, contents: nil)
        let output = try FileHandle(forWritingTo: log)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardOutput = output
        process.standardError = output
        try process.run()
        process.waitUntilExit()
        try output.close()
        let text = String(decoding: try Data(contentsOf: log), as: UTF8.self)
        guard process.terminationStatus == 0 else {
            throw Failure(
                description: "\(program) ended with \(process.terminationStatus): \(text.suffix(2_000))")
        }
        return text
    }
}
