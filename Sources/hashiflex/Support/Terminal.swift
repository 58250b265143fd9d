import Foundation
import PipelineMessages
import Synchronization

/// Lines for people and machines. Standard output carries results, standard error everything else.
package enum Terminal {
    private static let live = Mutex<Int>(0)

    /// Whether standard error is a terminal that can redraw.
    static let isInteractive = isatty(2) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"

    /// Most bytes of a line; foreign names and reasons are shorter, together they may not be.
    private static let lineBytesMax = 8_192

    /// `text` with its control characters, which may come from anywhere, escaped: no record moves a cursor.
    package static func escaped(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20..<0x7F).contains($0) || $0 == 0x0A || $0 == 0x09 }
        guard !isPlain else { return text }
        return text.unicodeScalars.map { scalar in
            let category = scalar.properties.generalCategory
            return scalar != "\n" && scalar != "\t" && (category == .control || category == .format)
                ? scalar.escaped(asASCII: true) : String(scalar)
        }.joined()
    }

    /// `json` on one line and still the same JSON: what would move a cursor or end a line is escaped as JSON escapes it.
    package static func escapedJSON(_ json: String) -> String {
        guard !json.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else { return json }
        return json.unicodeScalars.map { scalar -> String in
            // As they are they stand between texts only: within one JSON has them escaped.
            if scalar == "\n" || scalar == "\r" || scalar == "\t" { return " " }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                return String(scalar).utf16.map { unit in
                    let digits = String(unit, radix: 16)
                    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }.joined()
            default: return String(scalar)
            }
        }.joined()
    }

    /// Lines as they are written: escaped, and each cut where it is too long.
    package static func printed(_ text: String) -> String {
        let text = escaped(text)
        guard text.utf8.count > lineBytesMax else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map(cut).joined(separator: "\n")
    }

    /// Writes result lines for people; a closed or full output ends the program with the documented code.
    static func print(_ text: String) { write(1, printed(text) + "\n") }

    /// Writes a result as JSON on one line, whole: the one way for what programs read.
    static func printJSON(_ value: some Encodable) { printJSON(text: JSONRecord.text(value)) }

    /// Writes what is JSON already.
    static func printJSON(text: String) { write(1, escapedJSON(text) + "\n") }

    /// A line about what happens as it is written: escaped, and cut where it is too long.
    package static func noted(_ line: String) -> String { cut(escaped(line)) }

    private static func cut(_ line: some StringProtocol) -> String {
        guard line.utf8.count > lineBytesMax else { return String(line) }
        return String(decoding: line.utf8.prefix(lineBytesMax), as: UTF8.self) + "..."
    }

    /// Writes a line about what happens, which may repeat foreign words.
    static func note(_ line: String) { note(lines: [line]) }

    private static func note(lines texts: [String]) {
        let text = texts.map { noted(oneLine($0)) }.joined(separator: "\n")
        live.withLock { lines in
            let clear = lines > 0 ? "\u{1B}[\(lines)A\u{1B}[J" : ""
            lines = 0
            write(2, clear + text + "\n")
        }
    }

    /// `text` as one line: what comes from anywhere begins no line of its own.
    package static func oneLine(_ text: String) -> String {
        text.contains { $0.isNewline } ? text.split { $0.isNewline }.joined(separator: "\\n") : text
    }

    /// Writes a line about what went wrong, and below it what there is to say of it, indented.
    static func complain(_ line: String, details: [String] = []) {
        note(lines: ["hashiflex: \(line)"] + details.map { "  \($0)" })
    }

    /// Redraws the live view; each call replaces the last. Only for ``isInteractive``.
    static func draw(_ view: [String]) {
        live.withLock { lines in
            let clear = lines > 0 ? "\u{1B}[\(lines)A\u{1B}[J" : ""
            lines = view.count
            write(2, clear + view.map { noted(oneLine($0)) }.joined(separator: "\n") + "\n")
        }
    }

    /// Leaves the live view as it stands.
    static func settle() { live.withLock { $0 = 0 } }

    private static func write(_ descriptor: Int32, _ text: String) {
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let written = bytes[start...].withUnsafeBytes {
                Foundation.write(descriptor, $0.baseAddress, $0.count)
            }
            if written > 0 {
                start += written
            } else if errno != EINTR {
                // A reader that went away (head, less) is no error; a full disk is.
                guard descriptor == 1 else { return }
                let reason = errno
                if reason != EPIPE {
                    let message = "hashiflex: can not write output: \(String(cString: strerror(reason)))\n"
                    _ = message.withCString { Foundation.write(2, $0, strlen($0)) }
                }
                exit(reason == EPIPE ? 0 : 74)
            }
        }
    }
}

/// Formats numbers and tables for people.
package enum Format {
    /// `12,345`.
    static func count(_ value: Int64) -> String {
        var digits = Array(String(abs(value)))
        var place = digits.count - 3
        while place > 0 {
            digits.insert(",", at: place)
            place -= 3
        }
        return (value < 0 ? "-" : "") + String(digits)
    }

    /// `12,345`.
    static func count(_ value: Int) -> String { count(Int64(value)) }

    /// `12.3 %`.
    static func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }

    /// `123.4 MB` (decimal).
    static func megabytes(_ bytes: Int64) -> String { String(format: "%.1f MB", Double(bytes) / 1e6) }

    /// One digit after the point.
    static func rate(_ value: Double) -> String { String(format: "%.0f", value) }

    /// `0.0019 chips`, three digits, so that small fleets are not rounded to nothing.
    static func chips(_ count: Double) -> String {
        let text = String(format: count >= 100 ? "%.0f" : "%.3g", count)
        return "\(text) \(text == "1" ? "chip" : "chips")"
    }

    /// The first `most`, and how many more there are.
    package static func list(_ names: [String], most: Int) -> String {
        let shown = names.prefix(most).joined(separator: ",")
        return names.count > most ? "\(shown) and \(count(names.count - most)) more" : shown
    }

    /// Most characters of a cell that has others behind it: more than any name of a head has.
    private static let cellMax = 160

    /// A cell as a table shows it: on one line, and cut where it would make every row too wide.
    private static func cell(_ text: String, isLast: Bool) -> String {
        let text = Terminal.oneLine(text)
        // A character has a byte or more.
        guard !isLast, text.utf8.count > cellMax, text.count > cellMax else { return text }
        return text.prefix(cellMax - 3) + "..."
    }

    /// Columns of a table, each as wide as its widest cell. What comes from anywhere begins no line and pads no row without end.
    package static func table(_ rows: [[String]]) -> [String] {
        let rows = rows.map { row in
            row.enumerated().map { cell($1, isLast: $0 == row.count - 1) }
        }
        guard let columns = rows.map(\.count).max() else { return [] }
        let widths = (0..<columns).map { column in
            rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            row.enumerated().map { column, cell in
                column == row.count - 1
                    ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }.joined(separator: "  ")
        }
    }
}
