/// Reads the body of one cell.
struct LibertyCellReader {
    var cursor: LibertyCursor
    let units: LibertyLibrary.Units
    let name: String

    private var area: Double?
    private var leakage: Double?
    /// Sum and count of the leakage of all states, by supply pin.
    private var leakageStates: [String: (sum: Double, count: Double)] = [:]
    private var pins: [LibertyCell.Pin] = []
    private var memory: LibertyCell.Memory?
    private var unmodelled: String?
    private var isDontUse = false

    init(cursor: LibertyCursor, units: LibertyLibrary.Units, name: String) {
        self.cursor = cursor
        self.units = units
        self.name = name
    }

    /// Reads up to the `}` of the cell, which began at `start`.
    mutating func cell(start: Int) throws(LibertyError) -> LibertyCell {
        while let statement = try cursor.statement() {
            switch (statement.name, statement.kind) {
            case ("area", .simple(let value)): area = try number(value, "area")
            case ("cell_leakage_power", .simple(let value)): leakage = try number(value, "leakage")
            case ("dont_use", .simple(let value)): isDontUse = value == "true"
            case ("leakage_power", .group): try readLeakage()
            case ("pin", .group(let names)): try readPins(names)
            case ("ff", .group(let names)): try readMemory(.flipFlop, names)
            case ("latch", .group(let names)): try readMemory(.latch, names)
            case ("statetable", .group), ("bus", .group), ("bundle", .group), ("ff_bank", .group),
                ("latch_bank", .group):
                unmodelled = "it has a \(statement.name)"
                try cursor.skipBody(depth: 3)
            case (_, .group): try cursor.skipBody(depth: 3)
            default: break
            }
        }
        let states = leakageStates.isEmpty ? nil : leakageStates.values.reduce(0) { $0 + $1.sum / $1.count }
        let scale = units.picowatts ?? 1
        let functionless = pins.first { $0.direction == .output && $0.function == nil && !$0.isThreeState }
        return LibertyCell(
            name: name, area: area, leakage: (leakage ?? states).map { $0 * scale }, pins: pins, memory: memory,
            unmodelled: unmodelled ?? functionless.map { "its output \($0.name) has no function" }
                ?? (pins.contains(where: \.isThreeState) ? "it has a three-state output" : nil),
            isDontUse: isDontUse, range: start..<cursor.offset)
    }

    private func number(_ text: String, _ what: String) throws(LibertyError) -> Double {
        guard let value = Double(text), value.isFinite, value >= 0, value < 1e18 else {
            throw cursor.malformed("cell \(name): the \(what) '\(text)' is no number of 0 or more")
        }
        return value
    }

    private mutating func readLeakage() throws(LibertyError) {
        var value: Double?
        var supply = ""
        while let statement = try cursor.statement() {
            switch (statement.name, statement.kind) {
            case ("value", .simple(let text)): value = try number(text, "leakage")
            case ("related_pg_pin", .simple(let text)): supply = text
            case (_, .group): try cursor.skipBody(depth: 4)
            default: break
            }
        }
        guard let value else { return }
        let known = leakageStates[supply] ?? (0, 0)
        leakageStates[supply] = (known.sum + value, known.count + 1)
    }

    private mutating func readPins(_ names: [String]) throws(LibertyError) {
        var direction = LibertyCell.Pin.Direction.input
        var capacitance: Double?
        var function: BooleanFunction?
        var isThreeState = false
        while let statement = try cursor.statement() {
            switch (statement.name, statement.kind) {
            case ("direction", .simple(let text)):
                guard let known = LibertyCell.Pin.Direction(rawValue: text) else {
                    throw cursor.malformed("cell \(name): the direction '\(text)' is not known")
                }
                direction = known
            case ("capacitance", .simple(let text)): capacitance = try number(text, "capacitance")
            case ("function", .simple(let text)): function = try self.function(text, "function")
            case ("three_state", _): isThreeState = true
            case (_, .group): try cursor.skipBody(depth: 4)
            default: break
            }
        }
        let femtofarads = units.femtofarads ?? 1
        for pin in names {
            guard !pins.contains(where: { $0.name == pin }) else {
                throw cursor.malformed("cell \(name) has two pins \(pin)")
            }
            guard pins.count < 1024 else { throw cursor.malformed("cell \(name) has too many pins") }
            pins.append(
                .init(
                    name: pin, direction: direction, capacitance: capacitance.map { $0 * femtofarads },
                    function: direction == .input ? nil : function, isThreeState: isThreeState))
        }
    }

    private mutating func readMemory(
        _ kind: LibertyCell.Memory.Kind, _ names: [String]
    ) throws(LibertyError) {
        var found: [String: BooleanFunction] = [:]
        var presetWins = false
        while let statement = try cursor.statement() {
            switch (statement.name, statement.kind) {
            case ("clocked_on", .simple(let text)), ("enable", .simple(let text)):
                found["clock"] = try function(text, statement.name)
            case ("next_state", .simple(let text)), ("data_in", .simple(let text)):
                found["next"] = try function(text, statement.name)
            case ("clear", .simple(let text)), ("preset", .simple(let text)):
                found[statement.name] = try function(text, statement.name)
            case ("clear_preset_var1", .simple(let text)): presetWins = text == "H"
            case (_, .group): try cursor.skipBody(depth: 4)
            default: break
            }
        }
        guard names.count >= 2 else { throw cursor.malformed("cell \(name): a memory needs two state names") }
        if memory != nil { unmodelled = "it has two memories" }
        guard let clock = found["clock"], let next = found["next"] else {
            unmodelled = "its memory has no clock or no next state"
            return
        }
        memory = .init(
            kind: kind, state: names[0], complement: names[1], clock: clock, next: next,
            clear: found["clear"], preset: found["preset"], presetWins: presetWins)
    }

    private func function(_ text: String, _ attribute: String) throws(LibertyError) -> BooleanFunction {
        do {
            return try BooleanFunction(text)
        } catch {
            throw cursor.malformed("cell \(name): \(attribute) \"\(text)\": \(error)")
        }
    }
}
