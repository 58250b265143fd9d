/// Modules of hierarchical BLIF files, as Yosys writes them after mapping.
public struct BLIFDesign: Sendable {
    /// An instance of a cell or of another module.
    struct Instance: Sendable {
        let kind: String
        /// Pin and net, as written.
        let connections: [(pin: String, net: String)]
    }

    /// One module.
    struct Module: Sendable {
        var inputs: [String] = []
        var outputs: [String] = []
        var instances: [Instance] = []
        /// Nets that carry another net's value, or a constant.
        var aliases: [(net: String, source: String)] = []
        var constants: [(net: String, value: Bool)] = []
    }

    private(set) var modules: [String: Module] = [:]

    /// An empty design.
    public init() {}

    /// Adds the modules of a file; a module that is there already stays.
    ///
    /// - Throws: ``SynthesisError/badNetlist(module:reason:)`` at what is no mapped netlist.
    public mutating func add(_ text: [UInt8], named name: String) throws(SynthesisError) {
        var module = Module()
        var title = ""
        var constant: String?
        var isFirst = true
        func bad(_ reason: String) -> SynthesisError { .badNetlist(module: name, reason: reason) }
        for line in text.split(separator: 10) {
            let words = line.split(separator: 32)
            guard let keyword = words.first, keyword.first != 35 else { continue }
            func word(_ index: Int) -> String { String(decoding: words[index], as: UTF8.self) }
            if keyword.first != 46 {
                guard let net = constant else { throw bad("a table outside of .names") }
                switch words.map({ String(decoding: $0, as: UTF8.self) }) {
                case ["1"]: module.constants[module.constants.count - 1].value = true
                case ["1", "1"]:
                    // Yosys writes every bit of a wide port as an alias of itself.
                    let source = module.constants.removeLast().net
                    if source != net { module.aliases.append((net, source)) }
                case ["0"]: break
                default: throw bad("logic at \(net.printable()) is not mapped to cells")
                }
                constant = nil
                continue
            }
            constant = nil
            switch String(decoding: keyword, as: UTF8.self) {
            case ".model":
                guard words.count == 2 else { throw bad("a .model without a name") }
                title = word(1)
                module = Module()
            case ".inputs": module.inputs += words.dropFirst().map { String(decoding: $0, as: UTF8.self) }
            case ".outputs": module.outputs += words.dropFirst().map { String(decoding: $0, as: UTF8.self) }
            case ".subckt", ".gate":
                guard words.count >= 2 else { throw bad("an instance without a cell") }
                var connections: [(pin: String, net: String)] = []
                connections.reserveCapacity(words.count - 2)
                for pair in words.dropFirst(2) {
                    guard let equals = pair.firstIndex(of: 61) else { throw bad("a pin without a net") }
                    connections.append(
                        (
                            String(decoding: pair[..<equals], as: UTF8.self),
                            String(decoding: pair[(equals + 1)...], as: UTF8.self)
                        ))
                }
                module.instances.append(Instance(kind: word(1), connections: connections))
            case ".names":
                guard words.count == 2 || words.count == 3 else {
                    throw bad("logic at \(word(words.count - 1).printable()) is not mapped to cells")
                }
                // One net: a constant, 0 unless a row says 1. Two: the second follows the first.
                constant = word(words.count - 1)
                module.constants.append((word(1), false))
            case ".conn":
                guard words.count == 3 else { throw bad("a .conn without two nets") }
                module.aliases.append((word(2), word(1)))
            case ".end":
                if modules[title] == nil { modules[title] = module }
            case ".latch": throw bad("a flip-flop that is not mapped to a cell")
            default: break
            }
            isFirst = false
        }
        guard !isFirst else { throw bad("it is empty") }
    }
}
