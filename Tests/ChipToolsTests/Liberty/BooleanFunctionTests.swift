import ChipTools
import TestSupport
import Testing

@Suite struct BooleanFunctionTests {
    private func table(_ text: String, _ inputs: [String]) throws -> TruthTable? {
        TruthTable(try BooleanFunction(text), inputs: inputs)
    }

    @Test(arguments: [
        ("A B", "A * B"), ("A&B", "A*B"), ("A'", "!A"), ("!A'", "A"), ("A + B C", "A | (B & C)"),
        ("A ^ B * C", "(A ^ B) * C"), ("(A B)'", "!A + !B"), ("!(A+B)'", "A + B"), ("A 1", "A"), ("A 0'", "A"),
        ("!A !B + A B", "!(A ^ B)"), ("(!A * !B) + (!A * !C) + (!B * !C)", "!(A B + C (A + B))"),
    ]) func spellingsMeanTheSame(_ left: String, _ right: String) throws {
        let inputs = ["A", "B", "C"]
        #expect(try table(left, inputs) == table(right, inputs))
    }

    @Test func tableFollowsTheRule() throws {
        #expect(try table("A (B + C)", ["A", "B", "C"]) == TruthTable(inputCount: 3) { $0 & 1 == 1 && $0 > 1 })
        // Eight inputs: four words.
        let names = (0..<8).map { "I\($0)" }
        let parity = try table(names.joined(separator: " ^ "), names)
        #expect(parity == TruthTable(inputCount: 8) { $0.nonzeroBitCount % 2 == 1 })
        #expect(parity?.words.count == 4)
        #expect(try table("A", (0..<9).map { "I\($0)" } + ["A"]) == nil)
        #expect(try table("A B", ["A"]) == nil)
    }

    @Test(arguments: [
        "", "A +", "(A", "A)", "A ++ B", "*", "A %", "A \u{0} B", "!", "A ^", "()", "é",
        String(repeating: "(", count: 100_000),
    ]) func nonsenseIsRefused(_ text: String) {
        #expect(throws: (any Error).self) { try BooleanFunction(text) }
    }

    @Test func longTextsNeedNoStack() throws {
        let marks = String(repeating: "!", count: 100_001) + "A"
        #expect(try table(marks, ["A"]) == table("!A", ["A"]))
        let sum = (0..<50_000).map { _ in "A" }.joined(separator: "+")
        #expect(try table(sum, ["A"]) == table("A", ["A"]))
    }

    @Test func verilogIsBracketed() throws {
        let function = try BooleanFunction("!A B + (C ^ 1)'")
        #expect(function.verilog { "\($0)_i" } == "((~A_i & B_i) | ~(C_i ^ 1'b1))")
        #expect(function.variables == ["A", "B", "C"])
    }

    @Test func randomTextsNeverTrap() throws {
        var random = SeededRandom(seed: 12)
        let letters = Array("AB01()!'*+^& |")
        for _ in 0..<3000 {
            let text = String((0..<Int.random(in: 0...24, using: &random)).compactMap { _ in
                letters.randomElement(using: &random)
            })
            if let function = try? BooleanFunction(text) {
                // What parses says the same in another spelling.
                let again = try BooleanFunction(
                    function.verilog { $0 }.replacingOccurrences("1'b0", "0").replacingOccurrences("1'b1", "1"))
                #expect(TruthTable(again, inputs: again.variables) == TruthTable(function, inputs: again.variables))
            }
        }
    }
}

extension String {
    fileprivate func replacingOccurrences(_ text: String, _ other: String) -> String {
        split(separator: text, omittingEmptySubsequences: false).joined(separator: other)
    }
}
