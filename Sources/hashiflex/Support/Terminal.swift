import Foundation
import Synchronization

/// Lines for people and machines. Standard output carries results, standard error everything else.
package enum Terminal {
    private static let live = Mutex<Int>(0)

    /// Whether standard error is a terminal that can redraw.
    static let isInteractive = isatty(2) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"

    /// Most bytes of a line about what happens; foreign names and reasons are shorter, together they may not be.
    private static let noteBytesMax = 8_192

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

    /// Writes a result line; a closed or full output ends the program with the documented code.
    static func print(_ line: String) {
        write(1, escaped(line) + "\n")
    }

    /// A line about what happens as it is written: escaped, and cut where it is too long.
    package static func noted(_ line: String) -> String {
        let text = escaped(line)
        guard text.utf8.count > noteBytesMax else { return text }
        return String(decoding: text.utf8.prefix(noteBytesMax), as: UTF8.self) + "..."
    }

    /// Writes a line about what happens.
    static func note(_ line: String) {
        let text = noted(line)
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

    /// Writes a line of a service, which may repeat foreign words.
    static func log(_ line: String) { note(oneLine(line)) }

    /// Writes a line about what went wrong.
    static func complain(_ line: String) { note("hashiflex: \(line)") }

    /// Redraws the live view; each call replaces the last. Only for ``isInteractive``.
    static func draw(_ view: [String]) {
        live.withLock { lines in
            let clear = lines > 0 ? "\u{1B}[\(lines)A\u{1B}[J" : ""
            lines = view.count
            write(2, clear + view.map(escaped).joined(separator: "\n") + "\n")
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

/// Formats numbers for people.
enum Format {
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

    /// Columns of a table, each as wide as its widest cell.
    static func table(_ rows: [[String]]) -> [String] {
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
