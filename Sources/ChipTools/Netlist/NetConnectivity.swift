/// Who drives each net of a netlist and who loads it, by the directions of the library's pins.
public struct NetConnectivity: Sendable {
    /// What drives a net.
    public enum Driver: Sendable, Hashable {
        /// Nobody, or a constant.
        case none
        /// An input port.
        case port
        /// A pin: index in ``GateNetlist/connections``, and the instance it belongs to.
        case pin(connection: Int, instance: Int)
    }

    /// The driver of each net.
    public private(set) var drivers: [Driver]
    /// Index ranges of ``loads``, one a net.
    public let loadRanges: [Range<Int>]
    /// Connections that load a net (index in ``GateNetlist/connections``, instance), net after net.
    public let loads: [(connection: Int32, instance: Int32)]

    /// Looks up every pin.
    ///
    /// - Throws: ``NetlistError``: cells or pins that the libraries lack, two drivers of one net.
    public init(_ netlist: GateNetlist, libraries: [LibertyLibrary]) throws(NetlistError) {
        var cells: [String: LibertyCell] = [:]
        for cell in libraries.lazy.flatMap(\.cells) where cells[cell.name] == nil { cells[cell.name] = cell }
        let unknown = netlist.cellNames.filter { cells[$0] == nil }.sorted()
        guard unknown.isEmpty else { throw .unknownCells(file: netlist.file, cells: unknown) }
        let pinNumbers = Dictionary(
            uniqueKeysWithValues: netlist.pinNames.enumerated().map { ($0.element, Int32($0.offset)) })
        // Direction of every pin of every cell used.
        let directions = netlist.cellNames.map { name in
            (cells[name]?.pins ?? []).reduce(into: [Int32: LibertyCell.Pin.Direction]()) { table, pin in
                if let number = pinNumbers[pin.name] { table[number] = pin.direction }
            }
        }
        drivers = [Driver](repeating: .none, count: netlist.netNames.count)
        for port in netlist.ports where port.isInput {
            for net in port.nets { drivers[Int(net)] = .port }
        }
        var counts = [Int](repeating: 0, count: netlist.netNames.count)
        for (number, instance) in netlist.instances.enumerated() {
            for index in instance.connections {
                let connection = netlist.connections[index]
                let net = Int(connection.net)
                guard let direction = directions[instance.cell][connection.pin] else {
                    throw .inconsistent(
                        file: netlist.file,
                        what: "\(netlist.cellNames[instance.cell]) has no pin "
                            + netlist.pinNames[Int(connection.pin)])
                }
                guard direction == .output else {
                    counts[net] += 1
                    continue
                }
                guard drivers[net] == .none, net > GateNetlist.undefined else {
                    throw .inconsistent(
                        file: netlist.file, what: "net \(netlist.netNames[net]) has more than one driver")
                }
                drivers[net] = .pin(connection: index, instance: number)
            }
        }
        var start = 0
        let ranges = counts.map { count in
            defer { start += count }
            return start..<start + count
        }
        var places = ranges.map(\.lowerBound)
        var loads = [(connection: Int32, instance: Int32)](repeating: (0, 0), count: start)
        for (number, instance) in netlist.instances.enumerated() {
            for index in instance.connections {
                let connection = netlist.connections[index]
                guard directions[instance.cell][connection.pin] != .output else { continue }
                let net = Int(connection.net)
                loads[places[net]] = (Int32(index), Int32(number))
                places[net] += 1
            }
        }
        loadRanges = ranges
        self.loads = loads
    }
}
