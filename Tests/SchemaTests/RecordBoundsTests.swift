import Foundation
import PipelineMessages
import RecordFuzzing
import Testing

/// What a schema says of numbers and lengths is what reading a record checks, field by field.
@Suite struct RecordBoundsTests {
    /// How records of each schema are read; `nil` if the record is refused.
    private static let readers: [String: @Sendable ([UInt8]) -> RecordError?] = [
        "coordinator-status": { refusal(CoordinatorStatus.self, $0) },
        "cutover-record": { refusal(CutoverRecord.self, $0) },
        "fleet-command": { refusal(FleetCommand.self, $0) },
        "fleet-status": { refusal(FleetStatus.self, $0) },
        "head-manifest": { refusal(HeadManifest.self, $0) },
        "ledger-reset": { refusal(LedgerReset.self, $0) },
        "marker": { refusal(CutoverMarker.self, $0) },
        "partition-progress": { refusal(PartitionProgress.self, $0) },
        "position-checkpoint": { refusal(PositionCheckpoint.self, $0) },
        "position-move": { refusal(PositionMove.self, $0) },
        "prediction": { refusal(Prediction.self, $0) },
        "receipt": { refusal(Receipt.self, $0) },
        "worker-status": { refusal(WorkerStatus.self, $0) },
    ]

    private static func refusal<Value: BoundedRecord>(_ type: Value.Type, _ bytes: [UInt8]) -> RecordError? {
        do throws(RecordError) {
            _ = try JSONRecord.decode(type, from: bytes)
            return nil
        } catch {
            return error
        }
    }

    /// One value at one place of a record, and whether it is to be taken.
    struct Case {
        let place: [String]
        let value: Any
        let isLegal: Bool
    }

    @Test(arguments: readers.keys.sorted())
    func everyBoundOfASchemaIsCheckedWhenARecordIsRead(_ schema: String) throws {
        let reader = try #require(Self.readers[schema])
        let content = try SchemaChecker.content(of: schema)
        var checked: Set<String> = []
        for specimen in Specimen.of(schema) {
            let record = try specimen.fields()
            #expect(reader(specimen.bytes) == nil, "\(specimen.name)")
            for item in cases(of: content, in: content, record, [])
            where schema != "prediction" || !(item.value is String) {
                let bytes = try JSONSerialization.data(
                    withJSONObject: replacing(record, item.place[...], item.value))
                let refusal = reader(Array(bytes))
                #expect(
                    (refusal == nil) == item.isLegal,
                    "\(item.place.joined(separator: ".")) = \("\(item.value)".prefix(40)): \(refusal?.problem ?? "taken")"
                )
                checked.insert(item.place.filter { Int($0) == nil }.joined(separator: "."))
            }
        }
        #expect(checked.count >= 2, "\(checked)")
    }

    /// Extreme values for every bounded field of `schema` that `value` has.
    private func cases(
        of schema: [String: Any], in root: [String: Any], _ value: Any, _ place: [String]
    ) -> [Case] {
        let schema = resolved(schema, root)
        var cases: [Case] = []
        if let fields = value as? [String: Any],
            let properties = schema["properties"] as? [String: [String: Any]]
        {
            for (name, property) in properties {
                guard let inner = fields[name] else { continue }
                cases += self.cases(of: property, in: root, inner, place + [name])
            }
        } else if let list = value as? [Any], let items = schema["items"] as? [String: Any] {
            if let first = list.first {
                cases += self.cases(of: items, in: root, first, place + ["0"])
                if schema["uniqueItems"] as? Bool == true {
                    cases.append(Case(place: place, value: [first, first], isLegal: false))
                    if first is String, let most = schema["maxItems"] as? Int {
                        cases += [(most, true), (most + 1, false)].map { count, isLegal in
                            Case(place: place, value: (0..<count).map { "n\($0)" }, isLegal: isLegal)
                        }
                    }
                } else if let most = schema["maxItems"] as? Int, most < 10_000 {
                    cases.append(
                        Case(place: place, value: [Any](repeating: first, count: most + 1), isLegal: false))
                }
            }
        } else if value is String, schema["pattern"] == nil, schema["enum"] == nil, schema["const"] == nil {
            if let most = schema["maxLength"] as? Int {
                cases += [(most, true), (most + 1, false)].map {
                    Case(place: place, value: String(repeating: "a", count: $0), isLegal: $1)
                }
            }
            if schema["minLength"] as? Int == 1, schema["maxLength"] != nil {
                cases.append(Case(place: place, value: "", isLegal: false))
            }
        } else if let slot = value as? String, slot.hasPrefix("stream:"),
            let most = schema["maxLength"] as? Int
        {
            cases += [(most, true), (most + 1, false)].map {
                Case(place: place, value: "stream:" + String(repeating: "a", count: $0 - 7), isLegal: $1)
            }
        } else if value is NSNumber {
            cases += numbers(schema).map { Case(place: place, value: $0, isLegal: $1) }
        }
        return cases
    }

    private func numbers(_ schema: [String: Any]) -> [(Any, Bool)] {
        guard schema["type"] as? String == "integer" else {
            guard let most = schema["maximum"] as? NSNumber else { return [] }
            return [
                (most.doubleValue, true), (most.doubleValue * 1.01, false), (-0.5, false), (1e300, false),
            ]
        }
        var cases: [(Any, Bool)] = []
        if let least = schema["minimum"] as? Int, least > .min {
            cases += [(least, true), (least - 1, false), (Int.min, false)]
        }
        if let most = schema["maximum"] as? Int, most < .max {
            cases += [(most, true), (most + 1, false), (Int.max, false)]
        }
        return cases
    }

    private func resolved(_ schema: [String: Any], _ root: [String: Any]) -> [String: Any] {
        guard let reference = schema["$ref"] as? String, let name = reference.split(separator: "/").last,
            let definitions = root["$defs"] as? [String: [String: Any]]
        else { return schema }
        return definitions[String(name)] ?? schema
    }

    private func replacing(_ value: Any, _ place: ArraySlice<String>, _ new: Any) -> Any {
        guard let key = place.first else { return new }
        if var fields = value as? [String: Any] {
            fields[key] = fields[key].map { replacing($0, place.dropFirst(), new) }
            return fields
        }
        if var list = value as? [Any], let index = Int(key) {
            list[index] = replacing(list[index], place.dropFirst(), new)
            return list
        }
        return value
    }

    @Test func sumsOfManyLargeNumbersDoNotOverflow() {
        #expect([Int64.max, 1, 5].saturatingSum == .max)
        #expect([Int64(2), 3].saturatingSum == 5)
    }

    @Test func textsAreCutAtTheEndOfACharacter() {
        let long = String(repeating: "測", count: 1_000)
        let cut = RecordBounds.cut(long)
        #expect(cut.utf8.count <= RecordBounds.reasonBytesMax && cut.hasSuffix("測..."))
        #expect(RecordBounds.cut("short") == "short")
    }
}
