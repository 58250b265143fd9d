import NetworkExchange
import TestSupport
import Testing

/// JSON of Keras's configurations, read in one pass.
@Suite struct JSONReaderTests {
    private func value(_ text: String) throws -> JSONValue { try JSONReader.value(Array(text.utf8)) }

    private func problem(_ text: String) -> String? {
        do throws(JSONReader.Failure) {
            _ = try JSONReader.value(Array(text.utf8))
            return nil
        } catch {
            return "\(error.offset): \(error.problem)"
        }
    }

    @Test func valuesAreWhatTheySay() throws {
        #expect(try value(" null ") == .null)
        #expect(
            try value("[true,false , NaN, -Infinity]") == .list([.flag(true), .flag(false), .null, .null]))
        #expect(try value("[0, -1.5e3, 1e-7, 255]") == .list([0, -1500, 1e-7, 255].map { .number($0) }))
        #expect(try value(#"{"a": {}, "b": []}"#) == .object(["a": .object([:]), "b": .list([])]))
        #expect(
            try value(#""a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\ud83d é""#)
                == .text("a\"\\/\u{8}\u{C}\n\r\té😀\u{FFFD} é"))
    }

    @Test(arguments: [
        ("", "0: expected a value"), ("{", "1: expected a name"), ("[1,]", "3: expected a value"),
        ("[1 2]", "3: expected , or ]"), (#"{"a" 1}"#, "5: expected a colon"),
        (#"{"a":1 "b":2}"#, "7: expected , or }"),
        (#"{"a":1,"a":2}"#, "12: a name twice"), ("1 2", "2: more than one value"),
        (#""a"#, "2: a text without its end"),
        (#""\x""#, "3: an unknown escape"), (#""\u12""#, "3: four hexadecimal digits after \\u"),
        ("nul", "0: expected a value"),
        ("+1", "0: expected a value"), ("0x10g", "0: expected a value"),
        ("\"a\\", "3: a text without its end"),
    ])
    func whatIsNoJSONIsNamed(_ text: String, _ expected: String) {
        #expect(problem(text) == expected)
    }

    @Test func depthIsBounded() {
        let deepest = String(repeating: "[", count: 127) + "1" + String(repeating: "]", count: 127)
        #expect(problem(deepest) == nil)
        #expect(problem("[\(deepest)]") == "128: more than 128 levels")
    }

    /// What takes Foundation's decoder a minute.
    @Test func manyNumbersDeepInsideAreReadAtOnce() throws {
        let numbers = [String](repeating: "1", count: 200_000).joined(separator: ",")
        let text = String(repeating: "[", count: 100) + "[\(numbers)]" + String(repeating: "]", count: 100)
        var found = try value(text)
        for _ in 0..<100 {
            guard case .list(let inner) = found, inner.count == 1 else { break }
            found = inner[0]
        }
        guard case .list(let list) = found else {
            Issue.record("no list")
            return
        }
        #expect(list.count == 200_000)
    }

    @Test func damageStopsNothing() {
        var random = SeededRandom(seed: 35)
        let good = Array(
            #"{"class_name": "Functional", "config": {"layers": [1, -2.5e3, null, "\u00e9\n"], "b": true}}"#
                .utf8)
        for _ in 0..<5_000 {
            var bytes = good
            for _ in 0..<3 {
                bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            _ = try? JSONReader.value(Array(bytes.prefix(Int(random.next() % UInt64(bytes.count + 1)))))
        }
    }
}
