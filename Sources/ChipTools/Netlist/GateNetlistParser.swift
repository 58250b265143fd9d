import Foundation

/// Reads one module of a structural netlist.
struct GateNetlistParser {
    /// Nets, and pins on nets, of one netlist at most.
    static let mostNets = 1 << 28

    var scanner: VerilogScanner
    var token = VerilogToken.end
    /// Declared signals: the net of bit `low`, and both ends of the range as declared.
    var signals: [String: (base: Int32, left: Int, right: Int)] = [:]
    /// Union of nets that assignments make one.
    var parent: [Int32] = [0, 1, 2]
    var directions: [(name: String, isInput: Bool)] = []
    var cells: [String: Int] = [:]
    var pins: [String: Int32] = [:]
    var netlist: GateNetlist

    mutating func advance() throws(NetlistError) { token = try scanner.next() }

    func isMark(_ mark: Character) -> Bool { token == .mark(mark.asciiValue ?? 0) }

    mutating func expect(_ mark: Character) throws(NetlistError) {
        guard isMark(mark) else { throw scanner.malformed("a '\(mark)' is missing") }
        try advance()
    }

    mutating func takeName() throws(NetlistError) -> String {
        switch token {
        case .name(let name), .word(let name):
            try advance()
            return name
        default: throw scanner.malformed("a name is missing")
        }
    }

    /// Reads from behind `module NAME` to `endmodule`.
    mutating func body() throws(NetlistError) {
        while !isMark(";") {
            if token == .end { throw scanner.malformed("the file ends in the head of a module") }
            if token == .word("input") || token == .word("output") {
                throw scanner.malformed("ports declared in the head are not read: write the netlist with Yosys")
            }
            try advance()
        }
        try advance()
        while true {
            switch token {
            case .word("endmodule"): return finish()
            case .word("input"), .word("output"), .word("wire"): try declaration()
            case .word("assign"): try assignment()
            case .word(let word) where Self.behaviour.contains(word):
                throw scanner.malformed("'\(word)': only ports, wires, assignments and cells are read")
            case .word, .name: try instance()
            case .end: throw scanner.malformed("the file ends within a module")
            default: throw scanner.malformed("a declaration or a cell is missing here")
            }
        }
    }

    private static let behaviour: Set<String> = [
        "always", "initial", "reg", "parameter", "localparam", "inout", "generate", "function", "task", "module",
    ]

    private mutating func declaration() throws(NetlistError) {
        let kind = token
        try advance()
        var (left, right, isVector) = (0, 0, false)
        if isMark("[") {
            (left, right) = try range()
            isVector = true
        }
        repeat {
            if isMark(",") { try advance() }
            let name = try takeName()
            if kind != .word("wire") { directions.append((name, kind == .word("input"))) }
            if signals[name] != nil { continue }
            let width = abs(left - right) + 1
            guard width <= 1 << 20, parent.count + width <= Self.mostNets else {
                throw scanner.malformed("too many nets")
            }
            signals[name] = (Int32(parent.count), left, right)
            for index in 0..<width {
                let bit = min(left, right) + index
                let net = Int32(parent.count)
                parent.append(net)
                let bitName = isVector ? "\(name)[\(bit)]" : name
                netlist.netNames.append(bitName)
                if netlist.nets[bitName] == nil { netlist.nets[bitName] = net }
            }
        } while isMark(",")
        try expect(";")
    }

    private mutating func range() throws(NetlistError) -> (Int, Int) {
        try expect("[")
        guard case .number(let left) = token else { throw scanner.malformed("a number is missing") }
        try advance()
        var right = left
        if isMark(":") {
            try advance()
            guard case .number(let number) = token else { throw scanner.malformed("a number is missing") }
            right = number
            try advance()
        }
        try expect("]")
        return (left, right)
    }

    private mutating func assignment() throws(NetlistError) {
        try advance()
        let targets = try expression(depth: 0)
        try expect("=")
        let sources = try expression(depth: 0)
        try expect(";")
        guard targets.count == sources.count else {
            throw scanner.malformed("an assignment of \(sources.count) bits to \(targets.count)")
        }
        for (target, source) in zip(targets, sources) {
            let (a, b) = (root(target), root(source))
            guard a != b else { continue }
            guard a > GateNetlist.undefined || b > GateNetlist.undefined else {
                throw scanner.malformed("an assignment makes two constants equal")
            }
            // The smaller number stays: constants, then what is declared first.
            parent[Int(max(a, b))] = min(a, b)
        }
    }

    private mutating func root(_ net: Int32) -> Int32 {
        var net = net
        while parent[Int(net)] != net {
            parent[Int(net)] = parent[Int(parent[Int(net)])]
            net = parent[Int(net)]
        }
        return net
    }

    /// Nets of an operand, most significant first.
    private mutating func expression(depth: Int) throws(NetlistError) -> [Int32] {
        if case .bits(let bits) = token {
            try advance()
            return bits.map {
                switch $0 {
                case UInt8(ascii: "0"): GateNetlist.zero
                case UInt8(ascii: "1"): GateNetlist.one
                default: GateNetlist.undefined
                }
            }
        }
        if isMark("{") {
            guard depth < 16 else { throw scanner.malformed("braces nested too deep") }
            var nets: [Int32] = []
            repeat {
                try advance()
                nets += try expression(depth: depth + 1)
                guard nets.count <= 1 << 24 else { throw scanner.malformed("too many bits") }
            } while isMark(",")
            try expect("}")
            return nets
        }
        let name = try takeName()
        guard let signal = signals[name] else {
            throw scanner.malformed("\(name) is not declared, or an expression: write_verilog -noexpr")
        }
        var (left, right) = (signal.left, signal.right)
        if isMark("[") {
            (left, right) = try range()
            let bounds = min(signal.left, signal.right)...max(signal.left, signal.right)
            guard bounds.contains(left), bounds.contains(right) else {
                throw scanner.malformed("\(name) has no such bits")
            }
        }
        let low = min(signal.left, signal.right)
        let step = left >= right ? -1 : 1
        return stride(from: left, through: right, by: step).map { signal.base + Int32($0 - low) }
    }

    private mutating func instance() throws(NetlistError) {
        let cell = try takeName()
        if isMark("#") { throw scanner.malformed("\(cell) has parameters: it is no library cell; map it first") }
        let name = try takeName()
        try expect("(")
        let start = netlist.connections.count
        while isMark(".") {
            try advance()
            let pin = try takeName()
            try expect("(")
            if !isMark(")") {
                let nets = try expression(depth: 0)
                guard nets.count == 1 else {
                    throw scanner.malformed("pin \(pin) of \(name) has \(nets.count) bits: flatten and map first")
                }
                guard netlist.connections.count < Self.mostNets else { throw scanner.malformed("too many pins") }
                let number = pins[pin] ?? Int32(netlist.pinNames.count)
                if pins[pin] == nil {
                    pins[pin] = number
                    netlist.pinNames.append(pin)
                }
                netlist.connections.append(.init(pin: number, net: nets[0]))
            }
            try expect(")")
            if isMark(",") { try advance() }
        }
        try expect(")")
        try expect(";")
        let number = cells[cell] ?? netlist.cellNames.count
        if cells[cell] == nil {
            cells[cell] = number
            netlist.cellNames.append(cell)
        }
        netlist.instances.append(
            .init(name: name, cell: number, connections: start..<netlist.connections.count))
    }

    /// Replaces every net by the one that it was assigned to.
    private mutating func finish() {
        for index in netlist.connections.indices {
            let connection = netlist.connections[index]
            netlist.connections[index] = .init(pin: connection.pin, net: root(connection.net))
        }
        netlist.nets = netlist.nets.mapValues { root($0) }
        netlist.ports = directions.compactMap { name, isInput in
            guard let signal = signals[name] else { return nil }
            let width = Int32(abs(signal.left - signal.right) + 1)
            let rising = (0..<width).map { root(signal.base + $0) }
            return .init(
                name: name, isInput: isInput, nets: signal.left >= signal.right ? rising.reversed() : rising)
        }
    }
}
