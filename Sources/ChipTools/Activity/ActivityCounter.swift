/// Counts the changes of a netlist's nets in a value change dump.
public struct ActivityCounter {
    private let netlist: GateNetlist
    private let connectivity: NetConnectivity

    /// Signals of the dump by identifier: the number of their first bit, and how many there are.
    private var signals: [[UInt8]: (first: Int, bits: Int)] = [:]
    /// Last value of every bit, and the net it stands for.
    private var values: [UInt8] = []
    private var nets: [GateNetlist.Net] = []
    private var toggles: [Int]
    private var isSeen: [Bool]

    /// Prepares to count.
    ///
    /// - Throws: ``NetlistError`` when the libraries lack a cell.
    public init(_ netlist: GateNetlist, libraries: [LibertyLibrary]) throws(NetlistError) {
        self.netlist = netlist
        connectivity = try NetConnectivity(netlist, libraries: libraries)
        toggles = [Int](repeating: 0, count: netlist.netNames.count)
        isSeen = [Bool](repeating: false, count: netlist.netNames.count)
    }

    /// Reads the dump.
    ///
    /// Only changes between 0 and 1 count; a net is counted once, whatever number of names it has.
    /// - Parameters:
    ///   - scope: Where the netlist's own signals stand: "bench.dut".
    ///   - clockPort: The port whose rising edges are the cycles.
    ///   - start: Time of the dump from which on changes count, after reset; in units of the dump.
    /// - Throws: ``VCDError``.
    public static func count(
        dump path: String, scope: String, netlist: GateNetlist, libraries: [LibertyLibrary], clockPort: String,
        from start: UInt64 = 0
    ) throws -> SwitchingActivity {
        var counter = try ActivityCounter(netlist, libraries: libraries)
        var reader = try VCDReader(path: path)
        defer { reader.close() }
        let clock = netlist.ports.first { $0.name == clockPort && $0.isInput && $0.nets.count == 1 }
        guard let clock = clock?.nets.first else {
            throw TimingError.noClock(port: clockPort, module: netlist.name)
        }
        var isCounting = start == 0
        var cycles = 0
        while let event = try reader.next() {
            switch event {
            case .signal(let place, let bits, let identifier):
                if place == scope { counter.declare(bits, identifier) }
            case .time(let time): isCounting = time >= start
            case .change(let identifier, let bits):
                if counter.change(Array(identifier), bits, counting: isCounting, clock: clock) { cycles += 1 }
            }
        }
        guard counter.isSeen.contains(true) else { throw VCDError.noSignals(file: path, scope: scope) }
        return counter.result(cycles: cycles)
    }

    private mutating func declare(_ bits: [String], _ identifier: [UInt8]) {
        var found = bits.map { netlist.nets[$0] ?? GateNetlist.undefined }
        for index in found.indices {
            let net = Int(found[index])
            if found[index] <= GateNetlist.undefined || isSeen[net] {
                found[index] = GateNetlist.undefined
            } else {
                isSeen[net] = true
            }
        }
        guard found.contains(where: { $0 > GateNetlist.undefined }), signals[identifier] == nil else { return }
        signals[identifier] = (nets.count, bits.count)
        nets += found
        values += [UInt8](repeating: UInt8(ascii: "x"), count: bits.count)
    }

    /// Takes new bits; true when the clock rose.
    private mutating func change(
        _ identifier: [UInt8], _ bits: ArraySlice<UInt8>, counting: Bool, clock: GateNetlist.Net
    ) -> Bool {
        guard let signal = signals[identifier], let left = bits.first else { return false }
        // A short value is extended by 0, or by x or z when it begins with that.
        let fill = left == UInt8(ascii: "1") ? UInt8(ascii: "0") : left
        let missing = signal.bits - bits.count
        var rose = false
        for index in 0..<signal.bits {
            let new = index < missing ? fill : bits[bits.startIndex + index - missing]
            let place = signal.first + index
            let old = values[place]
            guard old != new else { continue }
            values[place] = new
            let net = nets[place]
            guard counting, net > GateNetlist.undefined, old ^ new == 1, old <= UInt8(ascii: "1") else { continue }
            toggles[Int(net)] += 1
            if net == clock, new == UInt8(ascii: "1") { rose = true }
        }
        return rose
    }

    private func result(cycles: Int) -> SwitchingActivity {
        var tallies: [SwitchingActivity.Source: SwitchingActivity.Tally] = [:]
        var missing = 0
        for net in toggles.indices {
            let source: SwitchingActivity.Source
            switch connectivity.drivers[net] {
            case .none: continue
            case .port: source = .init(cell: "", pin: "")
            case .pin(let connection, let instance):
                source = .init(
                    cell: netlist.cellNames[netlist.instances[instance].cell],
                    pin: netlist.pinNames[Int(netlist.connections[connection].pin)])
            }
            guard isSeen[net] else {
                missing += 1
                continue
            }
            tallies[source, default: .init()].nets += 1
            tallies[source, default: .init()].toggles += toggles[net]
        }
        return SwitchingActivity(tallies: tallies, cycles: cycles, missingNets: missing)
    }
}
