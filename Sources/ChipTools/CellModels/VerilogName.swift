/// Names in Verilog text.
enum VerilogName {
    /// The name as Verilog takes it: escaped, with the blank that ends it, unless it is a plain one.
    static func escaped(_ name: String) -> String {
        let bytes = Array(name.utf8)
        let isPlain =
            !bytes.isEmpty && !(0x30...0x39).contains(bytes[0]) && bytes[0] != UInt8(ascii: "$")
            && bytes.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$")
            } && !keywords.contains(name)
        return isPlain ? name : "\\" + name + " "
    }

    /// Whether an escaped name can carry it: printable, without blanks.
    static func isPossible(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// Words that a cell or pin could plausibly be called by.
    private static let keywords: Set<String> = [
        "and", "or", "not", "nand", "nor", "xor", "xnor", "buf", "bufif0", "bufif1", "notif0", "notif1", "input",
        "output", "inout", "wire", "reg", "logic", "bit", "byte", "int", "module", "endmodule", "assign", "always",
        "begin", "end", "if", "else", "case", "for", "function", "task", "initial", "parameter", "signed", "supply0",
        "supply1", "tri", "table", "tran", "pullup", "pulldown", "primitive", "cell", "config", "edge", "event",
        "force", "large", "medium", "small", "strong0", "strong1", "time", "use", "wait", "wand", "wor", "while",
    ]
}
