/// Elaborates a design into flat gates; nets are numbered as they come up.
struct NetlistFlattener {
    let design: BLIFDesign
    let library: [String: LibertyCell]
    let top: String

    var cells: [String: Int] = [:]
    var inputs: [String: Int32] = [:]
    var outputs: [String: Int32] = [:]
    var functions: [CellFunction] = []
    var gates: [MappedNetlist.Gate] = []
    var registers: [MappedNetlist.Gate] = []
    var pins: [Int32] = []
    var constants: [(net: Int32, value: Bool)] = []
    var isDriven: [Bool] = []
    private var known: [String: [Int]] = [:]

    init(design: BLIFDesign, library: [String: LibertyCell], top: String) {
        self.design = design
        self.library = library
        self.top = top
    }

    var netCount: Int { isDriven.count }

    mutating func flatten() throws(SynthesisError) {
        guard let module = design.modules[top] else {
            throw .badNetlist(module: top, reason: "no such module")
        }
        var nets: [String: Int32] = [:]
        for name in module.inputs {
            nets[name] = newNet()
            isDriven[netCount - 1] = true
            inputs[name] = nets[name]
        }
        try add(module, &nets, depth: 0)
        for name in module.outputs { outputs[name] = nets[name] ?? newNet() }
    }

    private mutating func newNet() -> Int32 {
        isDriven.append(false)
        return Int32(isDriven.count - 1)
    }

    private mutating func add(
        _ module: BLIFDesign.Module,
        _ nets: inout [String: Int32],
        depth: Int
    ) throws(SynthesisError) {
        guard depth < 64 else { throw .badNetlist(module: top, reason: "modules within modules without end") }
        // Names of one net, whichever is known first; a chain of aliases ends at its source.
        var source: [String: String] = [:]
        for alias in module.aliases { source[alias.net] = alias.source }
        func root(_ name: String) -> String {
            var name = name
            var steps = 0
            while let next = source[name], steps < 1_000 {
                name = next
                steps += 1
            }
            return name
        }
        func net(_ name: String, _ flattener: inout NetlistFlattener) -> Int32 {
            let name = root(name)
            if let known = nets[name] { return known }
            let fresh = flattener.newNet()
            nets[name] = fresh
            return fresh
        }
        // A port net handed in from outside stands for its alias's source too.
        for alias in module.aliases {
            if let outer = nets[alias.net], nets[root(alias.net)] == nil { nets[root(alias.net)] = outer }
        }
        for constant in module.constants {
            let number = net(constant.net, &self)
            constants.append((number, constant.value))
            isDriven[Int(number)] = true
        }
        for instance in module.instances {
            if let inner = design.modules[instance.kind] {
                var innerNets: [String: Int32] = [:]
                for connection in instance.connections {
                    innerNets[connection.pin] = net(connection.net, &self)
                }
                try add(inner, &innerNets, depth: depth + 1)
                try join(inner, innerNets, depth: depth)
            } else {
                try addCell(instance) { net($0, &$1) }
            }
        }
        for alias in module.aliases {
            if nets[alias.net] == nil { nets[alias.net] = net(alias.source, &self) }
        }
    }

    /// An output port that is an alias of an input, or driven through one, is a buffer between two nets.
    private mutating func join(
        _ module: BLIFDesign.Module,
        _ nets: [String: Int32],
        depth: Int
    ) throws(SynthesisError) {
        guard !module.aliases.isEmpty else { return }
        var source: [String: String] = [:]
        for alias in module.aliases { source[alias.net] = alias.source }
        for port in module.outputs {
            guard let target = nets[port], var name = source[port] else { continue }
            var steps = 0
            while let next = source[name], steps < 1_000 {
                name = next
                steps += 1
            }
            guard let from = nets[name], from != target, !isDriven[Int(target)] else { continue }
            let start = pins.count
            pins.append(from)
            gates.append(.init(function: function(.buffer), inputs: start..<pins.count, output: target))
            isDriven[Int(target)] = true
        }
    }

    private mutating func addCell(
        _ instance: BLIFDesign.Instance,
        _ net: (String, inout NetlistFlattener) -> Int32
    ) throws(SynthesisError) {
        guard let cell = library[instance.kind] else {
            throw .unknownCell(module: top, cell: instance.kind)
        }
        cells[instance.kind, default: 0] += 1
        var wires: [String: Int32] = [:]
        for connection in instance.connections { wires[connection.pin] = net(connection.net, &self) }
        let compiled = try compiled(cell)
        for (output, number) in zip(cell.outputs, compiled) {
            guard let target = wires[output.name] else { continue }
            let start = pins.count
            for name in functions[number].inputs {
                guard let wire = wires[name] else {
                    throw .badNetlist(module: top, reason: "\(cell.name.printable()): pin \(name) is open")
                }
                pins.append(wire)
            }
            let gate = MappedNetlist.Gate(function: number, inputs: start..<pins.count, output: target)
            if cell.memory == nil { gates.append(gate) } else { registers.append(gate) }
            isDriven[Int(target)] = true
        }
    }

    private mutating func compiled(_ cell: LibertyCell) throws(SynthesisError) -> [Int] {
        if let numbers = known[cell.name] { return numbers }
        var numbers: [Int] = []
        for output in cell.outputs {
            guard let function = CellFunction(output, of: cell) else {
                throw .badNetlist(module: top, reason: "\(cell.name.printable()) has no function")
            }
            numbers.append(self.function(function))
        }
        known[cell.name] = numbers
        return numbers
    }

    private mutating func function(_ function: CellFunction) -> Int {
        if let number = functions.firstIndex(of: function) { return number }
        functions.append(function)
        return functions.count - 1
    }
}
