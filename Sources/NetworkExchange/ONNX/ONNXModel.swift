/// An ONNX model file: what this program reads and writes of it.
///
/// Plain values; ``ONNXModel/init(decoding:)`` and ``ONNXModel/encoded()`` know the file format. An empty
/// text or list is the same as an absent one.
struct ONNXModel {
    /// Version of the file format.
    var formatVersion: Int64 = 0
    /// The exporter and its version.
    var producer = (name: "", version: "")
    /// Versions of the operators, by domain; the empty domain is the standard one.
    var operatorSets: [(domain: String, version: Int64)] = []
    var metadata: [(key: String, value: String)] = []
    var graph: Graph?
    /// Functions that the file defines itself, and that its nodes may call instead of standard operators.
    var functions: [(name: String, domain: String)] = []

    /// The network.
    struct Graph {
        var name = ""
        var nodes: [ONNXNode] = []
        /// Constants.
        var initializers: [ONNXTensor] = []
        var inputs: [ONNXValueInfo] = []
        var outputs: [ONNXValueInfo] = []
        /// Constants of which only the numbers that are not zero are stored; none is read.
        var sparseInitializerCount = 0
    }
}

/// One operation.
struct ONNXNode {
    var operatorType = ""
    var name = ""
    /// Names of tensors; an input that is left out has an empty one.
    var inputs: [String] = []
    /// Names of tensors.
    var outputs: [String] = []
    var attributes: [ONNXAttribute] = []
    /// Whose operator it is; the empty domain and `ai.onnx` are the standard.
    var domain = ""
}

/// A parameter of an operation.
struct ONNXAttribute {
    /// What it holds.
    enum Value {
        /// Nothing, or a kind that is not read. Writers of proto3 leave a zero out, so this may be one.
        case none
        case real(Float)
        case integer(Int64)
        case text(ONNXNumbers<UInt8>)
        indirect case tensor(ONNXTensor)
        case reals(ONNXNumbers<Float>)
        case integers(ONNXNumbers<Int64>)
    }

    var name = ""
    var value = Value.none
}

/// A named array. Its elements are in one of four places, depending on type and writer.
struct ONNXTensor {
    var name = ""
    /// One of ``ONNXType``.
    var elementType: Int32 = 0
    /// As the file says: may be negative or overflow.
    var dimensions: [Int64] = []
    /// Elements of any type, little endian.
    var raw = ONNXNumbers<UInt8>()
    var reals = ONNXNumbers<Float>()
    /// Integers of up to 32 bits, and the bits of 16-bit floats.
    var integers32 = ONNXNumbers<Int32>()
    var integers64 = ONNXNumbers<Int64>()
    /// Whether the elements are in another file.
    var isExternal = false
    /// Where in which file, as the model says: `location`, `offset`, `length`.
    var external: [(key: String, value: String)] = []
}

/// Name, element type and shape of an input or output of the graph.
struct ONNXValueInfo {
    var name = ""
    /// One of ``ONNXType``, 0 if not stated.
    var elementType: Int32 = 0
    /// `nil` is a dimension that is not fixed.
    var dimensions: [Int64?] = []
}

/// Numbers of ONNX's element types.
enum ONNXType {
    static let float: Int32 = 1
    static let uint8: Int32 = 2
    static let int8: Int32 = 3
    static let int32: Int32 = 6
    static let int64: Int32 = 7
    static let float16: Int32 = 10
    static let double: Int32 = 11
    static let bfloat16: Int32 = 16

    /// For messages.
    static func name(_ type: Int32) -> String {
        let names: [Int32: String] = [
            0: "undefined", 1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32",
            7: "int64", 8: "string", 9: "bool", 10: "float16", 11: "float64", 16: "bfloat16",
        ]
        return names[type] ?? "number \(type)"
    }
}
