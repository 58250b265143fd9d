/// Our own area-style text, split by what Yosys has to read.
///
/// Modules that are nothing but adder cells and wires become BLIF, which Yosys 0.23 reads ten times as fast as
/// Verilog and in an eighth of the memory (half a million cells a part); all other modules stay Verilog.
/// Nothing rests on this translation being right: the netlist is simulated against the reference afterwards.
public struct StructuralVerilog: Sendable {
    /// Modules of cells, as BLIF.
    public private(set) var blif: [UInt8] = []
    /// All other modules, unchanged.
    public private(set) var verilog: [UInt8] = []
    /// Modules that became BLIF.
    public private(set) var structuralCount = 0

    /// Pins of the adder wrappers in the order of their ports.
    static let pins: [String: [String]] = [
        "hs_fa": ["a", "b", "c", "con", "sn"], "hs_ha": ["a", "b", "con", "sn"],
        "hs_maj": ["a", "b", "c", "con"], "hs_nand": ["a", "b", "con"], "hs_inv": ["a", "y"],
    ]

    /// Splits `text`; what is not recognised line by line stays Verilog.
    public init(_ text: [UInt8]) {
        var start = 0
        while let header = Self.line(text, from: start) {
            guard text[header].starts(with: Array("module ".utf8)) else {
                verilog += text[start..<header.upperBound]
                start = header.upperBound
                continue
            }
            var end = header.upperBound
            while let line = Self.line(text, from: end) {
                end = line.upperBound
                if text[line].starts(with: Array("endmodule".utf8)) { break }
            }
            if let module = BLIFModule(text[start..<end]) {
                blif += module.text
                structuralCount += 1
            } else {
                verilog += text[start..<end]
            }
            start = end
        }
    }

    private static func line(_ text: [UInt8], from start: Int) -> Range<Int>? {
        guard start < text.count else { return nil }
        let end = text[start...].firstIndex(of: 10).map { $0 + 1 } ?? text.count
        return start..<end
    }
}

/// One structural module as BLIF text.
private struct BLIFModule {
    private(set) var text: [UInt8] = []

    /// `nil` for a module that holds anything but wires, adder cells and renamed nets.
    init?(_ module: ArraySlice<UInt8>) {
        var lines = module.split(separator: 10)
        guard lines.count >= 2 else { return nil }
        let header = String(decoding: lines.removeFirst(), as: UTF8.self)
        guard writeHeader(header) else { return nil }
        for line in lines {
            if line.starts(with: Self.cell) {
                guard writeCell(line.dropFirst(2)) else { return nil }
            } else if line.starts(with: Self.assign) {
                guard writeAlias(line.dropFirst(Self.assign.count)) else { return nil }
            } else if line.starts(with: Self.wire) || line.starts(with: Self.end) {
                continue
            } else {
                return nil
            }
        }
        text += Array(".end\n".utf8)
    }

    private static let cell = Array("  hs_".utf8)
    private static let assign = Array("  assign ".utf8)
    private static let wire = Array("  wire [".utf8)
    private static let end = Array("endmodule".utf8)

    private mutating func writeHeader(_ header: String) -> Bool {
        let parts = header.dropFirst("module ".count).split(separator: "(", maxSplits: 1)
        guard parts.count == 2, parts[1].hasSuffix(");") else { return false }
        var inputs = ""
        var outputs = ""
        for port in parts[1].dropLast(2).split(separator: ",") {
            let words = port.split(separator: " ")
            guard words.count == 4, words[1] == "wire", words[2].first == "[", words[2].hasSuffix(":0]"),
                let high = Int(words[2].dropFirst().dropLast(3)), (0..<1 << 24).contains(high)
            else { return false }
            var names = ""
            for bit in 0...high { names += " \(words[3])[\(bit)]" }
            if words[0] == "input" { inputs += names } else { outputs += names }
        }
        text += Array(".model \(parts[0])\n.inputs\(inputs)\n.outputs\(outputs)\n".utf8)
        return true
    }

    /// `hs_fa f0(x[0], w[1], ...);`
    private mutating func writeCell(_ line: ArraySlice<UInt8>) -> Bool {
        guard let space = line.firstIndex(of: 32), let open = line[space...].firstIndex(of: 40),
            line.suffix(2).elementsEqual(");".utf8)
        else { return false }
        let kind = line[..<space]
        guard let pins = StructuralVerilog.pins[String(decoding: kind, as: UTF8.self)] else { return false }
        text += Array(".subckt ".utf8)
        text += kind
        var rest = line[(open + 1)...].dropLast(2)
        for (index, pin) in pins.enumerated() {
            let isLast = index == pins.count - 1
            let comma = rest.firstIndex(of: 44)
            guard isLast == (comma == nil) else { return false }
            text.append(32)
            text += Array(pin.utf8)
            text.append(61)
            text += rest[..<(comma ?? rest.endIndex)]
            if let comma { rest = rest[(comma + 2)...] }
        }
        text.append(10)
        return true
    }

    /// `h[0] = w[5];`
    private mutating func writeAlias(_ line: ArraySlice<UInt8>) -> Bool {
        let words = line.split(separator: 32)
        guard words.count == 3, words[1].elementsEqual("=".utf8), words[2].last == 59 else { return false }
        let value = words[2].dropLast()
        if value.elementsEqual("1'b0".utf8) {
            text += Array(".names ".utf8) + words[0] + [10]
        } else {
            guard !value.contains(39), !value.contains(126) else { return false }
            text += Array(".conn ".utf8) + value + [32] + words[0] + [10]
        }
        return true
    }
}
