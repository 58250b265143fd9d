/// A TensorFlow Lite file: what this program reads of it, as plain values.
struct TFLiteModel {
    /// The whole file, which ``buffers`` refer to.
    let bytes: [UInt8]
    /// The converter's own words.
    var text = ""
    var tensors: [TFLiteTensor] = []
    var operators: [TFLiteOperator] = []
    /// Indices of tensors.
    var inputs: [Int] = []
    /// Indices of tensors.
    var outputs: [Int] = []
    /// Where the numbers of constants are; an empty one is that of a tensor that is computed.
    var buffers: [Range<Int>] = []

    /// The first eight bytes hold an offset and these four.
    static func isFormat(of bytes: [UInt8]) -> Bool {
        bytes.count >= 8 && bytes[4..<8].elementsEqual("TFL3".utf8)
    }
}

/// An array, constant or computed.
struct TFLiteTensor {
    /// May be empty, and several may have the same.
    var name = ""
    /// As the file says: may be negative.
    var shape: [Int] = []
    /// The same with -1 for what is not fixed; may be absent.
    var signature: [Int] = []
    /// One of ``TFLiteType``.
    var type = 0
    var buffer = 0
    var quantization = Quantization()
    /// Whether most elements are left out.
    var isSparse = false
    /// Whether the numbers are in another file.
    var isExternal = false

    /// What an integer stands for: `scale * (integer - zeroPoint)`.
    struct Quantization {
        /// None, one, or one for each index of `dimension`.
        var scales: [Float] = []
        /// None, or as many as scales.
        var zeroPoints: [Int64] = []
        var dimension = 0
        /// Another way of quantising, or 0.
        var details = 0
    }
}

/// One operation.
struct TFLiteOperator {
    /// Number in TensorFlow Lite's list.
    var code = 0
    /// The same in words.
    var name = ""
    /// Indices of tensors, `nil` for one that is left out.
    var inputs: [Int?] = []
    /// Indices of tensors.
    var outputs: [Int] = []
    var window = Window()
    /// Fused activation, one of ``TFLiteActivation``.
    var activation = 0
    /// How a fully connected layer's weights are laid out, 0 for plain.
    var weightsFormat = 0

    /// How a convolution or a pool goes over its input.
    struct Window {
        /// Padding that keeps the size (divided by the stride), or none.
        var isSame = true
        /// Rows, columns.
        var strides = [1, 1]
        /// Rows, columns.
        var dilations = [1, 1]
        /// Rows, columns of a pool.
        var filter = [0, 0]
    }
}

/// Numbers of the element types.
enum TFLiteType {
    static let float = 0
    static let float16 = 1
    static let int32 = 2
    static let uint8 = 3
    static let int64 = 4
    static let int8 = 9
    static let bfloat16 = 18

    /// For messages.
    static func name(_ type: Int) -> String {
        let names = [
            "float32", "float16", "int32", "uint8", "int64", "string", "bool", "int16", "complex64", "int8",
            "float64", "complex128", "uint64", "resource", "variant", "uint32", "uint16", "int4", "bfloat16",
        ]
        return names.indices.contains(type) ? names[type] : "number \(type)"
    }
}

/// Numbers of the activations that an operator may have fused.
enum TFLiteActivation {
    static let none = 0
    static let relu6 = 3

    /// For messages.
    static func name(_ activation: Int) -> String {
        let names = ["NONE", "RELU", "RELU_N1_TO_1", "RELU6", "TANH", "SIGN_BIT"]
        return names.indices.contains(activation) ? names[activation] : "activation \(activation)"
    }
}
