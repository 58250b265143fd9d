import Foundation
import PipelineMessages
import RecordFuzzing
import Testing

/// Real values of every message, judged by schemas/check.py; python3-jsonschema must be installed.
@Suite struct RealMessageTests {
    @Test(arguments: Specimen.schemas) func whatTheProgramWritesFitsItsSchema(_ schema: String) throws {
        let specimens = Specimen.of(schema)
        let outcome = try SchemaChecker.run(["--canonical", "--schema", schema], specimens.map(\.bytes))
        #expect(outcome.code == 0, "\(outcome.complaint)of \(specimens.map(\.name))")
        #expect(outcome.summary == "\(specimens.count) of \(specimens.count) records fit")
    }

    @Test func recordsThatNameTheirSchemaAreFoundByIt() throws {
        let specimens = Specimen.all.filter(\.namesItsSchema)
        #expect(Set(specimens.map(\.schema)).count == 9)
        let outcome = try SchemaChecker.run([], specimens.map(\.bytes))
        #expect(outcome.code == 0, "\(outcome.complaint)of \(specimens.map(\.name))")
    }

    @Test(arguments: Specimen.schemas) func anExtraFieldIsRefused(_ schema: String) throws {
        let grown = try Specimen.of(schema).map { specimen in
            try bytes(specimen.fields().merging(["zz_extra": 1]) { $1 })
        }
        let outcome = try SchemaChecker.run(["--schema", schema], grown)
        #expect(outcome.code == 1)
        #expect(outcome.summary == "0 of \(grown.count) records fit", "\(outcome.complaint)")
    }

    @Test(arguments: Specimen.schemas) func aMissingRequiredFieldIsRefused(_ schema: String) throws {
        let required = try SchemaChecker.requiredFields(of: schema)
        #expect(!required.isEmpty)
        var maimed: [[UInt8]] = []
        for specimen in Specimen.of(schema) {
            let fields = try specimen.fields()
            for name in required {
                maimed.append(try bytes(fields.filter { $0.key != name }))
            }
        }
        let outcome = try SchemaChecker.run(["--schema", schema], maimed)
        #expect(outcome.code == 1)
        #expect(outcome.summary == "0 of \(maimed.count) records fit", "\(outcome.complaint)")
    }

    @Test(arguments: Specimen.schemas) func valuesOutOfRangeAreRefused(_ schema: String) throws {
        let damages = Damage.all.filter { $0.specimen.schema == schema }
        #expect(!damages.isEmpty)
        let damaged = try damages.map { damage in
            try bytes(damage.specimen.fields().merging([damage.field: damage.value.any]) { $1 })
        }
        let outcome = try SchemaChecker.run(["--schema", schema], damaged)
        #expect(outcome.code == 1)
        let accepted = damages.enumerated().filter { !outcome.complaint.contains("-:\($0.offset + 1): ") }
        #expect(accepted.isEmpty, "accepted: \(accepted.map(\.element.description))")
    }

    /// With one specimen that has everything and one that has the least, of every kind.
    @Test(arguments: Specimen.schemas) func aSchemaKnowsTheFieldsThatAreWritten(_ schema: String) throws {
        let written = try Specimen.of(schema).map { Set(try $0.fields().keys) }
        let always = written.dropFirst().reduce(written[0]) { $0.intersection($1) }
        let ever = written.reduce(into: Set<String>()) { $0.formUnion($1) }
        #expect(Set(try SchemaChecker.requiredFields(of: schema)) == always)
        #expect(Set(try SchemaChecker.knownFields(of: schema)) == ever)
    }

    @Test func everySchemaHasASpecimen() throws {
        #expect(Specimen.schemas == (try SchemaChecker.schemaNames()).sorted())
    }

    @Test func theLineOfABadRecordIsNamed() throws {
        let good = Specimen.all[0]
        let lines = [good.bytes, Array("{}".utf8), good.bytes, Array("{".utf8)]
        let outcome = try SchemaChecker.run(["--schema", good.schema], lines)
        #expect(outcome.code == 1)
        #expect(outcome.complaint.contains("-:2: "))
        #expect(outcome.complaint.contains("-:4: not JSON"))
        #expect(outcome.summary == "2 of 4 records fit")
    }

    @Test func aKeyThatStandsTwiceIsRefused() throws {
        let twice = Array(#"{"issued_at_ms":1,"issued_at_ms":2}"#.utf8)
        #expect(try SchemaChecker.run(["--schema", "fleet-command"], [twice]).code == 1)
    }

    @Test(arguments: [#"{"workers":1,"issued_at_ms":1}"#, #"{"issued_at_ms": 1}"#])
    func anotherSpellingIsRefusedOnlyWhereAskedFor(_ text: String) throws {
        let arguments = ["--schema", "fleet-command"]
        #expect(try SchemaChecker.run(arguments, [Array(text.utf8)]).code == 0)
        #expect(try SchemaChecker.run(arguments + ["--canonical"], [Array(text.utf8)]).code == 1)
    }

    @Test func anUnknownSchemaCanNotBeChecked() throws {
        #expect(try SchemaChecker.run(["--schema", "nonsense"], []).code == 2)
        #expect(try SchemaChecker.run([], [Array(#"{"schema":"nonsense/1"}"#.utf8)]).code == 1)
    }

    private func bytes(_ fields: [String: Any]) throws -> [UInt8] {
        Array(try JSONSerialization.data(withJSONObject: fields, options: .sortedKeys))
    }
}

/// One field of a specimen set to a value that the program never writes.
struct Damage: Sendable, CustomStringConvertible {
    enum Value: Sendable {
        case number(Int)
        case text(String)
        var any: Any {
            switch self {
            case .number(let number): number
            case .text(let text): text
            }
        }
    }

    let specimen: Specimen
    let field: String
    let value: Value

    var description: String { "\(specimen.name): \(field) = \(value)" }

    static var all: [Damage] {
        let changes: [(String, String, Value)] = [
            ("prediction, full", "partition", .number(-1)),
            ("prediction, full", "schema", .text("prediction/2")),
            ("prediction, full", "backbone", .text(String(repeating: "A", count: 64))),
            ("prediction, full", "head_name", .text("fashion")),
            ("prediction, full", "head_name", .text("fashion@v2\n")),
            ("prediction, full", "topic", .text("hashiflex.predictions")),
            ("prediction, full", "id", .text("")),
            ("prediction, full", "id", .text("a\nb")),
            ("prediction, full", "error", .text("both a class and an error")),
            ("prediction, error", "cutover", .number(2)),
            ("receipt, scored", "images", .number(0)),
            ("receipt, scored", "dead_letter", .text("truncated")),
            ("receipt, dead letter", "images", .number(1)),
            ("receipt, dead letter", "dead_letter", .text("Not A Word")),
            ("shard header, files", "compression", .text("lz4")),
            ("shard header, files", "height", .number(96)),
            ("shard header, tensors", "channels", .number(4)),
            ("shard header, tensors", "sequence", .number(-1)),
            ("marker, default", "slot", .text("stream:")),
            ("cut-over, requested", "state", .text("done")),
            ("cut-over, requested", "state", .text("committed")),
            ("cut-over, requested", "number", .number(1)),
            ("cut-over, requested", "quorum", .number(0)),
            ("cut-over, requested for a canary", "ignore", .text("fleet-1")),
            ("fleet command, full", "workers", .number(257)),
            ("position move, first", "to", .number(-1)),
            ("position move, first", "schema", .text("position-move/2")),
            ("position move, resumes", "resumes", .text("yes")),
            ("position checkpoint", "offset", .number(-1)),
            ("position checkpoint", "heads", .text("none")),
            ("ledger reset", "reason", .text("")),
            ("ledger reset", "at_ms", .text("now")),
            ("worker status, full", "replica_utilisation", .number(2)),
            ("worker status, full", "isa", .text("sse2")),
            ("worker status, full", "preprocessing", .number(1)),
            ("worker status, full", "pid", .number(0)),
            ("worker status, full", "shard_bytes", .number(-1)),
            ("head manifest", "classes", .number(1)),
            ("head manifest", "bytes", .number((128 << 20) + 1)),
            ("partition progress, empty", "images", .number(-1)),
            ("partition progress, empty", "heads", .text("none")),
            ("coordinator status, full", "images_per_second", .number(-1)),
            ("fleet status", "target", .number(257)),
            ("dead letter", "code", .text("")),
            ("dead letter", "schema", .text("dead-letter/2")),
        ]
        return changes.map { name, field, value in
            guard let specimen = Specimen.all.first(where: { $0.name == name }) else {
                preconditionFailure("a specimen is named \(name)")
            }
            return Damage(specimen: specimen, field: field, value: value)
        }
    }
}
