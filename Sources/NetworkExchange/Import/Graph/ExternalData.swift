/// Numbers of tensors that a model keeps in files beside it.
struct ExternalData {
    private let companion: ImportOptions.Companion
    private var files: [String: FileBytes] = [:]
    private var left = NetworkImporter.maximumFileByteCount

    /// Reads files with `companion`.
    init(_ companion: @escaping ImportOptions.Companion) { self.companion = companion }

    /// `tensor` with its numbers, which stay in the one copy of the file.
    ///
    /// - Throws: `companionFile`, for names that lead out of the folder, files that are too large, and places
    ///   beyond their end; what the closure throws.
    mutating func loaded(_ tensor: ONNXTensor) throws(NetworkImportError) -> ONNXTensor {
        guard tensor.isExternal else { return tensor }
        var entries: [String: String] = [:]
        for entry in tensor.external where entries.updateValue(entry.value, forKey: entry.key) != nil {
            throw .companionFile(name: tensor.name, reason: "its entry \(shown(entry.key)) stands twice")
        }
        guard let name = entries["location"] else { throw .externalData(tensor: tensor.name) }
        let file = try file(name)
        let offset = try number(entries["offset"], name) ?? 0
        let rest = file.bytes.count - offset
        guard rest >= 0 else {
            throw .companionFile(
                name: name, reason: "\(shown(tensor.name)) begins at \(offset) of \(file.bytes.count) bytes")
        }
        let count = try number(entries["length"], name) ?? rest
        guard count <= rest else {
            throw .companionFile(
                name: name,
                reason: "\(shown(tensor.name)) ends at byte \(offset) + \(count) of \(file.bytes.count)")
        }
        var result = tensor
        (result.isExternal, result.external) = (false, [])
        result.raw = ONNXNumbers(file.start.map { $0 + offset }, count: count, owner: file)
        return result
    }

    private func number(_ text: String?, _ name: String) throws(NetworkImportError) -> Int? {
        guard let text else { return nil }
        guard let value = Int(text), value >= 0 else {
            throw .companionFile(name: name, reason: "a place in it is \(shown(text))")
        }
        return value
    }

    private mutating func file(_ name: String) throws(NetworkImportError) -> FileBytes {
        if let file = files[name] { return file }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard name.utf8.count <= 1024, parts.allSatisfy({ !$0.isEmpty && $0 != ".." }),
            !name.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "\\") })
        else { throw .companionFile(name: name, reason: "the name leads out of the model's folder") }
        let bytes = try companion(name, left)
        guard bytes.count <= left else {
            throw .companionFile(
                name: name, reason: "it has more than the \(left) bytes that are left of the limit")
        }
        left -= bytes.count
        let file = FileBytes(bytes)
        files[name] = file
        return file
    }
}

/// A file in memory that does not move.
private final class FileBytes {
    let bytes: UnsafeBufferPointer<UInt8>

    init(_ content: [UInt8]) {
        let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: content.count)
        _ = memory.initialize(from: content)
        bytes = UnsafeBufferPointer(memory)
    }

    var start: UnsafePointer<UInt8>? { bytes.baseAddress }

    deinit { bytes.deallocate() }
}
