import Foundation

/// Reads a value change dump as it comes, in memory that does not grow with its length.
///
/// - Source: IEEE 1364-2005, section 18.
struct VCDReader {
    /// Bytes of one word at most: a vector of 64 thousand bits.
    static let longestWord = 1 << 17
    /// Signals at most.
    static let mostSignals = 1 << 26

    /// What the reader found.
    enum Event {
        /// A signal of the header: scope with points between, names of its bits from the left, identifier.
        case signal(scope: String, bits: [String], identifier: [UInt8])
        /// The time of what follows, in units of the dump.
        case time(UInt64)
        /// New bits of a signal from the left; shorter than the signal when the rest repeats.
        case change(identifier: ArraySlice<UInt8>, bits: ArraySlice<UInt8>)
    }

    private let file: String
    private var handle: FileHandle
    private var buffer: [UInt8] = []
    private var offset = 0
    private var consumed = 0
    private var isAtEnd = false
    private var scopes: [String] = []
    private var isHeader = true
    private var signals = 0

    init(path: String) throws(VCDError) {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw .unreadable(file: path, reason: "no such file, or no permission")
        }
        self.handle = handle
        file = path
    }

    private func malformed(_ what: String) -> VCDError {
        .malformed(file: file, offset: consumed + offset, what: what)
    }

    /// The next event; nil at the end.
    mutating func next() throws(VCDError) -> Event? {
        while let word = try word() {
            guard let first = word.first else { continue }
            switch first {
            case UInt8(ascii: "$"):
                if let event = try command(String(decoding: word, as: UTF8.self)) { return event }
            case UInt8(ascii: "#"):
                guard let time = UInt64(String(decoding: word.dropFirst(), as: UTF8.self)) else {
                    throw malformed("a time that is no number")
                }
                return .time(time)
            case UInt8(ascii: "0"), UInt8(ascii: "1"), UInt8(ascii: "x"), UInt8(ascii: "X"), UInt8(ascii: "z"),
                UInt8(ascii: "Z"):
                guard word.count > 1 else { throw malformed("a change without a signal") }
                return .change(identifier: word.dropFirst(), bits: word.prefix(1))
            case UInt8(ascii: "b"), UInt8(ascii: "B"):
                guard let identifier = try self.word() else { throw malformed("a change without a signal") }
                return .change(identifier: identifier, bits: word.dropFirst())
            case UInt8(ascii: "r"), UInt8(ascii: "R"):
                _ = try self.word()
            default: throw malformed("'\(String(decoding: word.prefix(20), as: UTF8.self))' is not expected")
            }
        }
        guard !isHeader else { throw malformed("the file ends in its header") }
        return nil
    }

    private mutating func command(_ name: String) throws(VCDError) -> Event? {
        // These only frame values, which are read like others.
        if ["$dumpvars", "$dumpall", "$dumpon", "$dumpoff", "$end"].contains(name) { return nil }
        var words: [String] = []
        while let word = try word() {
            if word.elementsEqual("$end".utf8) { return try declare(name, words) }
            if words.count < 8 { words.append(String(decoding: word, as: UTF8.self)) }
        }
        throw malformed("\(name) without $end")
    }

    private mutating func declare(_ name: String, _ words: [String]) throws(VCDError) -> Event? {
        switch name {
        case "$scope":
            guard words.count >= 2, scopes.count < 256 else { throw malformed("a scope that is not understood") }
            scopes.append(words[1])
        case "$upscope":
            guard scopes.popLast() != nil else { throw malformed("$upscope without $scope") }
        case "$enddefinitions": isHeader = false
        case "$var":
            guard words.count >= 4, let bits = Int(words[1]), (1...Self.longestWord).contains(bits) else {
                throw malformed("a signal that is not understood")
            }
            signals += 1
            guard signals <= Self.mostSignals else { throw malformed("too many signals") }
            if words[0] == "real" { return nil }
            // An escaped name keeps its backslash in some simulators; the range is a word of its own.
            var signal = words[3]
            if signal.hasPrefix("\\") { signal.removeFirst() }
            return .signal(
                scope: scopes.joined(separator: "."),
                bits: try names(signal, bits, words.dropFirst(4).first ?? ""), identifier: Array(words[2].utf8))
        default: break
        }
        return nil
    }

    /// Names of the bits: `name` alone, `name[3]`, or a name for each bit of `[3:0]`.
    private func names(_ name: String, _ bits: Int, _ range: String) throws(VCDError) -> [String] {
        let ends = range.dropFirst().dropLast().split(separator: ":").compactMap { Int($0) }
        guard range.hasPrefix("["), let left = ends.first, let right = ends.last else {
            return bits == 1 ? [name] : (0..<bits).map { "\(name)[\(bits - 1 - $0)]" }
        }
        guard ends.count <= 2, (0...1 << 24).contains(left), (0...1 << 24).contains(right),
            abs(left - right) + 1 == bits
        else { throw malformed("a range that does not fit its signal") }
        return stride(from: left, through: right, by: left >= right ? -1 : 1).map { "\(name)[\($0)]" }
    }

    /// The next run of printable bytes.
    private mutating func word() throws(VCDError) -> ArraySlice<UInt8>? {
        while true {
            while offset < buffer.count, buffer[offset] <= 0x20 { offset += 1 }
            var end = offset
            while end < buffer.count, buffer[end] > 0x20 { end += 1 }
            if end < buffer.count || (isAtEnd && end > offset) {
                defer { offset = end }
                return buffer[offset..<end]
            }
            if isAtEnd { return nil }
            guard end - offset <= Self.longestWord else { throw malformed("a word without end") }
            try refill()
        }
    }

    private mutating func refill() throws(VCDError) {
        buffer.removeFirst(offset)
        consumed += offset
        offset = 0
        do {
            if let piece = try handle.read(upToCount: 1 << 20), !piece.isEmpty {
                buffer += piece
            } else {
                isAtEnd = true
            }
        } catch {
            throw .unreadable(file: file, reason: error.localizedDescription)
        }
    }

    /// Closes the file.
    func close() { try? handle.close() }
}
