import Foundation

extension GateNetlist {
    /// Bytes of a netlist that are read at most; a million cells take about 150 MB.
    public static let largestFile = 1 << 30

    /// Reads a netlist.
    ///
    /// - Parameters:
    ///   - file: Its name in messages.
    ///   - top: The module; nil when there is only one. Others are stepped over.
    /// - Throws: ``NetlistError``.
    public init(_ text: [UInt8], file: String, top: String? = nil) throws(NetlistError) {
        let result = text.withUnsafeBufferPointer { buffer in
            Result { () throws(NetlistError) in try Self.parse(buffer, file: file, top: top) }
        }
        self = try result.get()
    }

    /// Reads the netlist in a file.
    ///
    /// - Throws: ``NetlistError``.
    public init(path: String, top: String? = nil) throws(NetlistError) {
        let data: Data
        do {
            let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
            guard size <= Self.largestFile else { throw NetlistError.unreadable(file: path, reason: "too long") }
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch let error as NetlistError {
            throw error
        } catch {
            throw .unreadable(file: path, reason: error.localizedDescription)
        }
        let result = data.withUnsafeBytes { raw in
            Result { () throws(NetlistError) in
                try Self.parse(raw.bindMemory(to: UInt8.self), file: path, top: top)
            }
        }
        self = try result.get()
    }

    private static func parse(
        _ text: UnsafeBufferPointer<UInt8>, file: String, top: String?
    ) throws(NetlistError) -> GateNetlist {
        var scanner = VerilogScanner(text: text, file: file)
        var found: GateNetlist?
        var token = try scanner.next()
        while token != .end {
            guard token == .word("module") else { throw scanner.malformed("a module should begin here") }
            let name: String
            switch try scanner.next() {
            case .word(let text), .name(let text): name = text
            default: throw scanner.malformed("a module without a name")
            }
            if top == nil || top == name {
                guard found == nil else {
                    throw scanner.malformed("a second module \(name): flatten first, or name the top module")
                }
                var parser = GateNetlistParser(scanner: scanner, netlist: GateNetlist(file: file, name: name))
                try parser.advance()
                try parser.body()
                found = parser.netlist
                scanner = parser.scanner
            } else {
                while token != .word("endmodule") {
                    token = try scanner.next()
                    if token == .end { throw scanner.malformed("the file ends within module \(name)") }
                }
            }
            token = try scanner.next()
        }
        guard let found else { throw scanner.malformed("there is no module \(top ?? "")") }
        return found
    }
}
