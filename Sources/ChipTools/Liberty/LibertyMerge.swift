/// Several liberty files as the text of one library: ABC in Yosys 0.23 reads only one.
///
/// The header is that of the first file; templates that only others have come with them.
public struct LibertyMerge: Sendable {
    /// The text.
    public let bytes: [UInt8]
    /// Cells in it.
    public let cellCount: Int
    /// Cells left out because a file before had the same name.
    public let duplicates: [String]
    /// Cells left out because a pattern excludes them.
    public let excluded: [String]

    /// Merges libraries with equal units.
    ///
    /// - Parameters:
    ///   - excluded: Cells to leave out, like `dont_use`.
    ///   - kept: Cells that stay although a pattern excludes them: adders that we place ourselves.
    /// - Throws: ``LibertyError/incompatible(file:what:)`` when units differ, or a table template of one name
    ///   has two contents.
    public init(
        _ libraries: [LibertyLibrary], excluding patterns: [NamePattern] = [], keeping kept: Set<String> = []
    ) throws(LibertyError) {
        guard let first = libraries.first else {
            throw .incompatible(file: "(no file)", what: "at least one liberty file is needed")
        }
        var text: [UInt8] = []
        text.reserveCapacity(libraries.reduce(0) { $0 + $1.file.bytes.count })
        var seen: Set<String> = []
        var duplicates: [String] = []
        var excluded: [String] = []
        var groups: [String: ArraySlice<UInt8>] = [:]

        /// Whether a cell comes along; notes why not.
        func isWanted(_ cell: LibertyCell) -> Bool {
            if !kept.contains(cell.name), patterns.contains(where: { $0.matches(cell.name) }) {
                excluded.append(cell.name)
                return false
            }
            guard seen.insert(cell.name).inserted else {
                duplicates.append(cell.name)
                return false
            }
            return true
        }

        var offset = 0
        for cell in first.cells where !isWanted(cell) {
            text += first.file.bytes[offset..<cell.range.lowerBound]
            offset = cell.range.upperBound
        }
        text += first.file.bytes[offset..<first.endOffset]
        for group in first.otherGroups { groups[group.keyword + " " + group.name] = first.file.bytes[group.range] }

        for library in libraries.dropFirst() {
            let file = library.file
            guard library.units == first.units else {
                throw .incompatible(file: file.name, what: "its units of time, capacitance or power differ")
            }
            for group in library.otherGroups {
                let content = file.bytes[group.range]
                if let known = groups[group.keyword + " " + group.name] {
                    guard !group.keyword.hasSuffix("template") || Self.isSame(known, content) else {
                        throw .incompatible(
                            file: file.name, what: "its \(group.keyword) \(group.name) has another content")
                    }
                    continue
                }
                groups[group.keyword + " " + group.name] = content
                Self.add(content, to: &text)
            }
            for cell in library.cells where isWanted(cell) { Self.add(file.bytes[cell.range], to: &text) }
        }
        text += Array("\n}\n".utf8)
        bytes = text
        cellCount = seen.count
        self.duplicates = duplicates
        self.excluded = excluded
    }

    private static func add(_ group: ArraySlice<UInt8>, to text: inout [UInt8]) {
        text += Array("\n  ".utf8)
        text += group
    }

    /// Equal but for blanks.
    private static func isSame(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
        left.lazy.filter { $0 > 0x20 }.elementsEqual(right.lazy.filter { $0 > 0x20 })
    }
}
