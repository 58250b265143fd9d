/// Why bytes are not the safetensors file they were taken for.
public enum SafetensorsError: Error, Sendable, Equatable {
    /// The same key stands twice in one object of the header.
    case duplicateKey(String)
    /// The stated header length reaches past the end of the file.
    case headerBeyondFile(length: UInt64, available: Int)
    /// The header holds bytes that are not UTF-8.
    case headerNotUTF8
    /// The stated header length is above ``SafetensorsFile/maximumHeaderLength``.
    case headerTooLarge(length: UInt64, maximum: Int)
    /// Bytes between two tensors, or before the first, belong to no tensor.
    case hole(tensor: String, expectedBegin: Int, actualBegin: Int)
    /// The header is not the strict JSON that the format prescribes.
    case malformedHeader(offset: Int, reason: String)
    /// A tensor lacks one of `dtype`, `shape` and `data_offsets`.
    case missingField(tensor: String, field: String)
    /// A tensor that the reader needs is not in the file.
    case missingTensor(String)
    /// The data of a tensor lies outside the file, or ends before it begins.
    case offsetsOutOfRange(tensor: String, begin: Int, end: Int, available: Int)
    /// The data of a tensor begins inside the tensor before it.
    case overlap(tensor: String, expectedBegin: Int, actualBegin: Int)
    /// The product of a shape does not fit the address space.
    case shapeOverflow(tensor: String)
    /// Bytes after the last tensor belong to no tensor.
    case trailingBytes(count: Int)
    /// The file ends before the eight bytes of the header length do.
    case truncated(expected: Int, actual: Int)
    /// The element type is none of ``SafetensorsFile/ElementType``.
    case unknownElementType(tensor: String, name: String)
    /// The data of a tensor is not as long as its shape and element type say.
    case wrongByteCount(tensor: String, expected: Int, actual: Int)
    /// The tensor is read as another element type than it has.
    case wrongElementType(
        tensor: String,
        expected: SafetensorsFile.ElementType,
        actual: SafetensorsFile.ElementType
    )
}

extension SafetensorsError: CustomStringConvertible {
    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .duplicateKey(let key):
            "safetensors header: key \(quoted(key)) stands twice; write the file again with unique names"
        case .headerBeyondFile(let length, let available):
            "safetensors header: length \(length) reaches past the \(available) bytes left in the file; "
                + "fetch the file again"
        case .headerNotUTF8:
            "safetensors header: not UTF-8; fetch the file again"
        case .headerTooLarge(let length, let maximum):
            "safetensors header: length \(length) is above the limit of \(maximum); "
                + "is this a safetensors file?"
        case .hole(let tensor, let expected, let actual):
            "safetensors data: tensor \(quoted(tensor)) begins at \(actual), leaving bytes from \(expected) "
                + "unused; write the file again without gaps"
        case .malformedHeader(let offset, let reason):
            "safetensors header: \(reason) at header byte \(offset); is this a safetensors file?"
        case .missingField(let tensor, let field):
            "safetensors header: tensor \(quoted(tensor)) has no \(field); write the file again"
        case .missingTensor(let name):
            "safetensors file: no tensor \(quoted(name)); is this the right kind of file?"
        case .offsetsOutOfRange(let tensor, let begin, let end, let available):
            "safetensors data: tensor \(quoted(tensor)) claims bytes \(begin) to \(end) of \(available); "
                + "fetch the file again"
        case .overlap(let tensor, let expected, let actual):
            "safetensors data: tensor \(quoted(tensor)) begins at \(actual), inside the tensor that ends at "
                + "\(expected); write the file again"
        case .shapeOverflow(let tensor):
            "safetensors header: the shape of tensor \(quoted(tensor)) is too large; fetch the file again"
        case .trailingBytes(let count):
            "safetensors data: \(count) bytes after the last tensor; fetch the file again"
        case .truncated(let expected, let actual):
            "safetensors file: \(actual) bytes where at least \(expected) are needed; fetch the file again"
        case .unknownElementType(let tensor, let name):
            "safetensors header: tensor \(quoted(tensor)) has unknown dtype \(quoted(name)); convert it first"
        case .wrongByteCount(let tensor, let expected, let actual):
            "safetensors data: tensor \(quoted(tensor)) has \(actual) bytes where its shape needs "
                + "\(expected); write the file again"
        case .wrongElementType(let tensor, let expected, let actual):
            "safetensors file: tensor \(quoted(tensor)) is \(actual.rawValue) where \(expected.rawValue) is "
                + "needed; convert it first"
        }
    }

    /// A name from the file, made safe to print: escaped, and cut where it grows long.
    private func quoted(_ name: String) -> String {
        let shown = name.unicodeScalars.prefix(80)
        let text = String(String.UnicodeScalarView(shown)).debugDescription
        return shown.count < name.unicodeScalars.count ? text + "..." : text
    }
}
