import Foundation
import Testing

/// Runs schemas/check.py, as a reader of the topics would.
enum SchemaChecker {
    struct Outcome {
        let code: Int32
        let summary: String
        let complaint: String
    }

    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("schemas")

    /// Checks one record a line; exit code 2 means that python3-jsonschema is missing, and is an issue.
    static func run(_ arguments: [String], _ records: [[UInt8]]) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-B", folder.appendingPathComponent("check.py").path] + arguments
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
        do {
            try process.run()
        } catch {
            Issue.record("apt-get install python3 python3-jsonschema: \(error)")
            throw error
        }
        // The checker reads to the end before it writes more than a pipe holds: 20 complaints at most.
        try input.fileHandleForWriting.write(contentsOf: Data(records.joined(separator: [10])))
        try input.fileHandleForWriting.close()
        let summary = try output.fileHandleForReading.readToEnd() ?? Data()
        let complaint = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let outcome = Outcome(
            code: process.terminationStatus,
            summary: String(decoding: summary, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines),
            complaint: String(decoding: complaint, as: UTF8.self)
        )
        if outcome.complaint.contains("python3-jsonschema is missing") {
            Issue.record("apt-get install python3-jsonschema")
        }
        return outcome
    }

    /// The names of all schemas.
    static func schemaNames() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".schema.json") }.map { String($0.dropLast(".schema.json".count)) }
    }

    /// The fields that a schema demands of every record.
    static func requiredFields(of schema: String) throws -> [String] {
        try #require(try content(of: schema)["required"] as? [String])
    }

    /// The fields that a schema allows.
    static func knownFields(of schema: String) throws -> [String] {
        Array(try #require(try content(of: schema)["properties"] as? [String: Any]).keys)
    }

    static func content(of schema: String) throws -> [String: Any] {
        let bytes = try Data(contentsOf: folder.appendingPathComponent("\(schema).schema.json"))
        return try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
    }
}
