/// Reads a liberty file by recursive descent; groups that hold timing and power are stepped over.
struct LibertyReader {
    /// Cells of one library at most.
    static let mostCells = 100_000

    var cursor: LibertyCursor
    var units = LibertyLibrary.Units()

    /// Reads the one library of the file.
    mutating func library(_ file: LibertyFile) throws(LibertyError) -> LibertyLibrary {
        guard try cursor.peek() != nil else { throw cursor.malformed("the file is empty") }
        let head = try cursor.word(in: "the beginning")
        guard head == "library", try cursor.take("(") else {
            throw cursor.malformed("a liberty file begins with 'library (NAME) {', not with '\(head)'")
        }
        let name = try cursor.word(in: "the name of the library")
        guard try cursor.take(")"), try cursor.take("{") else {
            throw cursor.malformed("'library (\(name))' is not followed by '{'")
        }
        var cells: [LibertyCell] = []
        var others: [LibertyLibrary.OtherGroup] = []
        while let statement = try cursor.statement() {
            switch statement.kind {
            case .simple(let value): try readUnit(statement.name, [value])
            case .complex(let values): try readUnit(statement.name, values)
            case .group(let arguments) where statement.name == "cell":
                guard cells.count < Self.mostCells else { throw cursor.malformed("too many cells") }
                guard let name = arguments.first, !name.isEmpty else {
                    throw cursor.malformed("a cell without a name")
                }
                var reader = LibertyCellReader(cursor: cursor, units: units, name: name)
                cells.append(try reader.cell(start: statement.start))
                cursor.offset = reader.cursor.offset
            case .group(let arguments):
                try cursor.skipBody(depth: 2)
                others.append(
                    .init(
                        keyword: statement.name, name: arguments.joined(separator: ","),
                        range: statement.start..<cursor.offset))
            }
        }
        let end = cursor.offset - 1
        if let next = try cursor.peek() {
            throw cursor.malformed(
                next == 0 ? "a zero byte behind the library" : "text behind the end of the library")
        }
        return LibertyLibrary(
            name: name, units: units, cells: cells, otherGroups: others, endOffset: end, file: file)
    }

    /// Units come before the cells in every file that follows the reference manual.
    private mutating func readUnit(_ name: String, _ values: [String]) throws(LibertyError) {
        guard let first = values.first else { return }
        switch name {
        case "time_unit": units.picoseconds = try scale(first, "s", 1e12, name)
        case "leakage_power_unit": units.picowatts = try scale(first, "W", 1e12, name)
        case "capacitive_load_unit":
            guard values.count == 2 else { throw cursor.malformed("\(name) needs a number and a unit") }
            units.femtofarads = try scale(first + values[1], "F", 1e15, name)
        default: break
        }
    }

    /// "10ps" as a multiple of the unit that messages and results use.
    private func scale(
        _ text: String, _ base: Character, _ factor: Double, _ name: String
    ) throws(LibertyError) -> Double {
        let digits = text.prefix { $0.isNumber || $0 == "." || $0 == "+" }
        let unit = text.dropFirst(digits.count).filter { $0 != " " }
        let prefixes: [Character: Double] = [
            "a": 1e-18, "f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3,
        ]
        guard let number = digits.isEmpty ? 1 : Double(digits), number > 0, number.isFinite,
            unit.last?.uppercased() == base.uppercased(), unit.count <= 2,
            let prefix = unit.count == 2 ? unit.first.flatMap({ prefixes[$0] }) : 1
        else { throw cursor.malformed("\(name) '\(text)' is not understood") }
        return number * prefix * factor
    }
}

extension LibertyLibrary {
    /// Reads the library of a file.
    ///
    /// - Throws: ``LibertyError`` with the line.
    public init(_ file: LibertyFile) throws(LibertyError) {
        // A closure of the standard library gives the error's type away; the result carries it.
        let result = file.bytes.withUnsafeBufferPointer { buffer -> Result<LibertyLibrary, LibertyError> in
            guard let base = buffer.baseAddress, !buffer.isEmpty else {
                return .failure(.malformed(file: file.name, line: 1, what: "the file is empty"))
            }
            let cursor = LibertyCursor(base: base, count: buffer.count, file: file.name)
            var reader = LibertyReader(cursor: cursor)
            return Result { () throws(LibertyError) in try reader.library(file) }
        }
        self = try result.get()
    }

    /// Reads a file; `.gz` is unpacked.
    ///
    /// - Throws: ``LibertyError``.
    public init(path: String) throws(LibertyError) { try self.init(LibertyFile(path: path)) }
}
