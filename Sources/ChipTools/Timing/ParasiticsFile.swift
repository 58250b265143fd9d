/// The wires of a netlist as SPEF, with the names of ``GateNetlist/plainVerilog()``.
struct ParasiticsFile {
    /// UTF-8 text.
    let bytes: [UInt8]
    /// Nets that have wires.
    let netCount: Int
    /// Segments: loads of those nets.
    let segmentCount: Int

    /// One segment from the driver to each load; half of its capacitance at either end. Output ports are no
    /// loads: what lies behind them is not known.
    ///
    /// - Source: IEEE 1481-1999, detailed nets.
    init(_ netlist: GateNetlist, _ connectivity: NetConnectivity, wires: WireModel) {
        var text = Array(
            """
            *SPEF "IEEE 1481-1998"
            *DESIGN "top"
            *DATE ""
            *VENDOR "HaShiFlex"
            *PROGRAM "chip timing"
            *VERSION "1"
            *DESIGN_FLOW ""
            *DIVIDER /
            *DELIMITER :
            *BUS_DELIMITER [ ]
            *T_UNIT 1 PS
            *C_UNIT 1 FF
            *R_UNIT 1 OHM
            *L_UNIT 1 HENRY

            """.utf8)
        var portNames: [GateNetlist.Net: (name: String, isInput: Bool)] = [:]
        for (number, port) in netlist.ports.enumerated() {
            for (index, net) in port.nets.enumerated() where portNames[net] == nil {
                portNames[net] = (netlist.plainPort(number, bit: index), port.isInput)
            }
        }
        func pin(_ connection: Int, _ instance: Int) -> String {
            "i\(instance):\(netlist.pinNames[Int(netlist.connections[connection].pin)])"
        }
        let resistance = wires.micrometres * wires.ohms
        let capacitance = wires.micrometres * wires.femtofarads
        var nets = 0
        var segments = 0
        for net in netlist.netNames.indices {
            let loads = connectivity.loads[connectivity.loadRanges[net]]
            let port = portNames[GateNetlist.Net(net)]
            let driver: String
            let role: String
            switch connectivity.drivers[net] {
            case .none: continue
            case .port:
                driver = port?.name ?? "n\(net)"
                role = "*P \(driver) I"
            case .pin(let connection, let instance):
                driver = pin(connection, instance)
                role = "*I \(driver) O"
            }
            guard !loads.isEmpty else { continue }
            nets += 1
            segments += loads.count
            var piece = "\n*D_NET \(port?.name ?? "n\(net)") \(capacitance * Double(loads.count))\n*CONN\n\(role)\n"
            let pins = loads.map { pin(Int($0.connection), Int($0.instance)) }
            for load in pins { piece += "*I \(load) I\n" }
            piece += "*CAP\n1 \(driver) \(capacitance * Double(loads.count) / 2)\n"
            for (index, load) in pins.enumerated() { piece += "\(index + 2) \(load) \(capacitance / 2)\n" }
            piece += "*RES\n"
            for (index, load) in pins.enumerated() { piece += "\(index + 1) \(driver) \(load) \(resistance)\n" }
            text += (piece + "*END\n").utf8
        }
        bytes = text
        netCount = nets
        segmentCount = segments
    }
}
