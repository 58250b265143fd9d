internal import TestSupport

/// Changes lists of records as somebody would who means no good: knows JSON and the ends of integers, and takes names,
/// digests and numbers of one record over into another.
///
/// The same for the coverage-guided fuzzer, which finds no integer trap by itself, and for the suite.
package struct RecordMutator {
    private var random: SeededRandom

    /// A sequence of changes; the same seed gives the same.
    package init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// `input` with one to four changes, at most `bytesMax` bytes.
    package mutating func mutate(_ input: [UInt8], bytesMax: Int) -> [UInt8] {
        var frames = RecordFrame.list(input)
        // Long inputs are many in a corpus; each kind of record by itself is tried again and again.
        if frames.isEmpty || oneIn(3) { frames = RecordFrame.list(pick(RecordSeeds.inputs) ?? []) }
        for _ in 0..<Int.random(in: 1...4, using: &random) { change(&frames) }
        // Whole records as far as there is room.
        while frames.count > 1, frames.reduce(0, { $0 + 3 + $1.bytes.count }) > bytesMax {
            frames.remove(at: Int.random(in: 0..<frames.count, using: &random))
        }
        return Array(RecordFrame.input(frames).prefix(bytesMax))
    }

    private mutating func pick<Element>(_ choices: [Element]) -> Element? {
        choices.randomElement(using: &random)
    }

    private mutating func oneIn(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &random) == 0 }

    private mutating func change(_ frames: inout [RecordFrame]) {
        let place = frames.isEmpty ? 0 : Int.random(in: 0..<frames.count, using: &random)
        switch Int.random(in: 0..<20, using: &random) {
        case 0: if let frame = pick(RecordSeeds.frames) { frames.insert(frame, at: place) }
        case 1:
            if let other = pick(RecordSeeds.inputs) {
                frames.insert(contentsOf: RecordFrame.list(other), at: place)
            }
        case 2 where !frames.isEmpty: frames.remove(at: place)
        case 3: if let frame = pick(frames) { frames.insert(frame, at: place) }
        case 4 where !frames.isEmpty:
            frames.swapAt(place, Int.random(in: 0..<frames.count, using: &random))
        case 5 where !frames.isEmpty: flip(&frames[place].bytes)
        case 6 where !frames.isEmpty:
            frames[place].kind = RecordKind.allCases.randomElement(using: &random) ?? .tick
        default:
            guard !frames.isEmpty else { return }
            let other = pick(frames)?.bytes ?? []
            edit(&frames[place].bytes, from: other)
        }
    }

    /// Changes bytes without knowing what they are.
    private mutating func flip(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return bytes.append(UInt8.random(in: 0...255, using: &random)) }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[place] = pick([0, 1, 0x7F, 0x80, 0xFF]) ?? 0
        case 2: bytes.removeLast(bytes.count - place)
        case 3: bytes.removeSubrange(place..<min(bytes.count, place + 4))
        default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        }
    }

    /// Changes one value of something like JSON; `other` is a record to take values from.
    private mutating func edit(_ bytes: inout [UInt8], from other: [UInt8]) {
        let tokens = JSONToken.all(bytes)
        let numbers = tokens.filter { $0.kind == .number }
        guard let token = pick(oneIn(2) && !numbers.isEmpty ? numbers : tokens) else { return flip(&bytes) }
        let old = Array(bytes[token.range])
        var new = old
        switch token.kind {
        case .number: new = number(old, other)
        case .string: new = string(old, other)
        case .word: new = Array((pick(Extremes.words) ?? "").utf8)
        case .key:
            // The whole pair, once more or not at all.
            guard let value = tokens.first(where: { $0.range.lowerBound > token.range.lowerBound }) else {
                return
            }
            let pair = Array(bytes[token.range.lowerBound..<value.range.upperBound])
            let comma = [UInt8(ascii: ",")]
            bytes.replaceSubrange(
                token.range.lowerBound..<value.range.upperBound, with: oneIn(3) ? [] : pair + comma + pair)
            return
        case .group:
            let count = oneIn(4) ? Int.random(in: 10...1_000, using: &random) : 2
            new = Array(
                repeatElement(old, count: min(count, 1 + 30_000 / old.count)).joined(separator: [0x2C]))
        }
        if oneIn(40) { new = Extremes.nest(Int.random(in: 1...3_000, using: &random), new) }
        bytes.replaceSubrange(token.range, with: new)
    }

    private mutating func number(_ old: [UInt8], _ other: [UInt8]) -> [UInt8] {
        switch Int.random(in: 0..<8, using: &random) {
        case 0...2: return Array((pick(Extremes.ends) ?? "0").utf8)
        case 3: return Array((pick(Extremes.numbers) ?? "0").utf8)
        case 4, 5: return value(.number, of: other) ?? old
        case 6:
            guard let number = Int64(String(decoding: old, as: UTF8.self)) else { return old }
            return Array("\(number &+ (oneIn(2) ? 1 : -1))".utf8)
        default: return Array((pick(Extremes.words + Extremes.strings) ?? "").utf8)
        }
    }

    private mutating func string(_ old: [UInt8], _ other: [UInt8]) -> [UInt8] {
        switch Int.random(in: 0..<4, using: &random) {
        case 0, 1: return value(.string, of: other) ?? old
        case 2: return Array((pick(Extremes.strings) ?? "").utf8)
        default: return Array((pick(Extremes.words + Extremes.numbers) ?? "").utf8)
        }
    }

    private mutating func value(_ kind: JSONToken.Kind, of bytes: [UInt8]) -> [UInt8]? {
        pick(JSONToken.all(bytes).filter { $0.kind == kind }).map { Array(bytes[$0.range]) }
    }
}
