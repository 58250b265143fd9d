/// A safetensors file in memory: named tensors and string metadata.
///
/// The container of backbones and heads, as Python's `safetensors` package reads and writes it: eight
/// bytes of header length, a JSON header, then the bytes of all tensors without gaps.
///
/// - Source: the format section of the safetensors README; cross-checked against files that the Python
///   package wrote (Tests/ArtifactsTests/Golden).
public struct SafetensorsFile: Sendable, Equatable {
    /// The longest header that is read or written, as in the Python package.
    public static let maximumHeaderLength = 100_000_000

    /// The header key of the metadata; no tensor may bear it.
    package static let metadataKey = "__metadata__"

    /// Free text about the file.
    public var metadata: [String: String]

    /// The tensors, each under its own name.
    public var tensors: [String: Tensor]

    /// A file of `tensors`, whose names must differ.
    public init(metadata: [String: String], tensors: [Tensor]) {
        self.metadata = metadata
        self.tensors = [:]
        for tensor in tensors {
            let former = self.tensors.updateValue(tensor, forKey: tensor.name)
            precondition(former == nil, "two tensors are named \(tensor.name)")
        }
    }

    /// The tensor `name`.
    ///
    /// - Throws: `missingTensor`.
    public func tensor(_ name: String) throws(SafetensorsError) -> Tensor {
        guard let tensor = tensors[name] else { throw .missingTensor(name) }
        return tensor
    }

    /// The tensors in the order of the UTF-8 bytes of their names.
    ///
    /// `String` compares by canonical equivalence, which no other language would reproduce.
    var sortedTensors: [Tensor] {
        for (name, tensor) in tensors {
            precondition(name == tensor.name, "tensor \(tensor.name) is filed under \(name)")
        }
        return tensors.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// The metadata in the order of the UTF-8 bytes of its keys.
    var sortedMetadata: [(key: String, value: String)] {
        metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { (key: $0.key, value: $0.value) }
    }
}

extension SafetensorsFile {
    /// The type of a tensor's elements; the raw value is the `dtype` of the header.
    public enum ElementType: String, Sendable, CaseIterable {
        /// One byte, 0 or 1.
        case bool = "BOOL"
        /// Unsigned, 8 bits.
        case u8 = "U8"
        /// Two's complement, 8 bits.
        case i8 = "I8"
        /// Two's complement, 16 bits.
        case i16 = "I16"
        /// Unsigned, 16 bits.
        case u16 = "U16"
        /// IEEE 754 binary16.
        case f16 = "F16"
        /// The upper half of a binary32.
        case bf16 = "BF16"
        /// Two's complement, 32 bits.
        case i32 = "I32"
        /// Unsigned, 32 bits.
        case u32 = "U32"
        /// IEEE 754 binary32.
        case f32 = "F32"
        /// IEEE 754 binary64.
        case f64 = "F64"
        /// Two's complement, 64 bits.
        case i64 = "I64"
        /// Unsigned, 64 bits.
        case u64 = "U64"

        /// The bytes of one element.
        public var byteCount: Int {
            switch self {
            case .bool, .u8, .i8: 1
            case .i16, .u16, .f16, .bf16: 2
            case .i32, .u32, .f32: 4
            case .f64, .i64, .u64: 8
            }
        }
    }

    /// The number of elements of `shape`, or `nil` if that overflows `Int` or a dimension is negative.
    static func elementCount(of shape: [Int]) -> Int? {
        var count = 1
        for dimension in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
            guard !overflow, dimension >= 0 else { return nil }
            count = product
        }
        return count
    }
}
