/// Where the labels of a folder's images come from.
public enum FolderLabels: Sendable, Hashable {
    /// There are none.
    case none
    /// The name of the folder an image lies in; the sorted names are the classes. Implies recursion.
    ///
    /// The classes are those found at the start; images directly in the root have no label.
    case folders
    /// A text file of lines `name,label`: the path relative to the folder, then a whole number.
    ///
    /// A first line whose label is no number is a heading. Names may hold commas; images the file does
    /// not name have no label.
    case file(path: String)
}

/// Labels, ready to be looked up by relative path.
enum LabelLookup: Sendable {
    case none
    case folders(indices: [String: Int])
    case names([String: Int])

    /// The label of the image at `path`.
    func label(of path: String) -> Int? {
        switch self {
        case .none: nil
        case .folders(let indices): folderName(of: path).flatMap { indices[$0] }
        case .names(let labels): labels[path]
        }
    }
}

/// The name of the folder `path` lies in, `nil` in the root.
func folderName(of path: String) -> String? {
    let parts = path.split(separator: "/")
    return parts.count < 2 ? nil : String(parts[parts.count - 2])
}

/// Reads a labels file of lines `name,label`.
///
/// - Throws: ``SourceError/unreadable(path:reason:)``; ``SourceError/badLabels(path:line:reason:)`` for a
///   line without a comma, a label that is no whole number in `0..<2^31`, or a name met twice.
func readLabels(path: String, bytesMax: Int = 256 << 20) throws(SourceError) -> [String: Int] {
    let content: FileContent
    do throws(FileContent.Problem) {
        content = try FileContent(path: path, bytesMax: bytesMax)
    } catch {
        throw .unreadable(path: path, reason: error.reason)
    }
    guard String(validating: content.bytes, as: UTF8.self) != nil else {
        throw .badLabels(path: path, line: 1, reason: "the file is not UTF-8 text")
    }
    var bytes = content.bytes[...]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    var labels: [String: Int] = [:]
    var number = 0
    for var line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
        number += 1
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        if line.isEmpty { continue }
        guard let comma = line.lastIndex(of: UInt8(ascii: ",")) else {
            throw .badLabels(path: path, line: number, reason: "has no comma; write name,label")
        }
        let name = String(decoding: line[..<comma], as: UTF8.self)
        guard let label = parseLabel(line[(comma + 1)...]) else {
            if number == 1 { continue }
            throw .badLabels(
                path: path,
                line: number,
                reason: "the label is no whole number from 0 to 2147483647"
            )
        }
        guard labels.updateValue(label, forKey: name) == nil else {
            throw .badLabels(path: path, line: number, reason: "names \(name) a second time")
        }
    }
    return labels
}

/// A whole number in `0..<2^31` with white space around it, and nothing else.
func parseLabel(_ text: some Collection<UInt8>) -> Int? {
    let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
    let digits = Array(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    guard (1...10).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
        return nil
    }
    let value = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    return SourceImage.labelRange.contains(value) ? value : nil
}
