/// What somebody may have meant.
package enum Spelling {
    /// Longer words are not compared: they are no typing mistake, and comparing costs their length squared.
    private static let lengthMax = 64

    /// The candidate nearest to `word`: at most a third of its letters wrong, or the only one that it begins.
    package static func near(_ word: String, _ candidates: [String]) -> String? {
        let letters = Array(word.drop { $0 == "-" })
        guard !letters.isEmpty, letters.count <= lengthMax else { return nil }
        let ranked = candidates.map { ($0, distance(letters, Array($0.drop { $0 == "-" }))) }
        if let best = ranked.min(by: { $0.1 < $1.1 }), best.1 <= max(1, letters.count / 3) { return best.0 }
        let begun = candidates.filter { $0.hasPrefix(word) }
        return begun.count == 1 && letters.count >= 2 ? begun[0] : nil
    }

    /// Letters to insert, delete, replace, or swap with their neighbour (optimal string alignment).
    package static func distance(_ from: [Character], _ to: [Character]) -> Int {
        var before: [Int] = []
        var last = Array(0...to.count)
        for (row, letter) in from.enumerated() {
            var next = [row + 1]
            for (column, other) in to.enumerated() {
                let replaced = last[column] + (letter == other ? 0 : 1)
                var best = min(replaced, last[column + 1] + 1, next[column] + 1)
                if row > 0, column > 0, letter == to[column - 1], from[row - 1] == other {
                    best = min(best, before[column - 1] + 1)
                }
                next.append(best)
            }
            (before, last) = (last, next)
        }
        return last[to.count]
    }
}
