/// A pattern of cell names: `*` stands for any text, `?` for one character, the rest for itself.
public struct NamePattern: Sendable, Hashable {
    /// The pattern as written.
    public let text: String
    private let bytes: [UInt8]

    /// Takes any text; without marks it is one name.
    public init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }

    /// Whether the whole name fits. Takes time by the product of both lengths at most.
    public func matches(_ name: String) -> Bool {
        let name = Array(name.utf8)
        var index = 0
        var place = 0
        // Where the last star stood, and how much of the name it has taken.
        var star: (place: Int, taken: Int)?
        while index < name.count {
            if place < bytes.count, bytes[place] == UInt8(ascii: "*") {
                star = (place, index)
                place += 1
            } else if place < bytes.count, bytes[place] == UInt8(ascii: "?") || bytes[place] == name[index] {
                place += 1
                index += 1
            } else if let last = star {
                star = (last.place, last.taken + 1)
                place = last.place + 1
                index = last.taken + 1
            } else {
                return false
            }
        }
        return bytes[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
