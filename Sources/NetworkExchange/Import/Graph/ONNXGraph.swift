internal import SwiftProtobuf

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// An ONNX model, indexed: who makes a tensor, who reads it, which tensors are constants.
///
/// Nodes that pass their input on (`Identity`, `Dropout` outside training) are removed; every other name
/// refers to what they passed on.
struct ONNXGraph {
    /// Operators that give their first input as first output.
    private static let passing: Set<String> = ["Identity", "Dropout"]

    let nodes: [Onnx_NodeProto]
    /// Version of the standard operators.
    let opset: Int
    /// Exporter and its version.
    let producer: String
    let metadata: [String: String]
    /// Graph inputs that are not constants.
    let inputs: [Onnx_ValueInfoProto]
    /// Names of the graph's outputs, resolved.
    let outputs: [String]

    private let aliases: [String: String]
    private let constants: [String: Onnx_TensorProto]
    private let readers: [String: [Int]]

    /// Reads a model file.
    ///
    /// - Throws: `malformedModel`.
    init(decoding bytes: [UInt8]) throws(NetworkImportError) {
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        options.messageDepthLimit = 16
        let model: Onnx_ModelProto
        do {
            model = try Onnx_ModelProto(serializedBytes: bytes, options: options)
        } catch {
            throw .malformedModel(reason: "the file is damaged or cut short")
        }
        try self.init(model)
    }

    private init(_ model: Onnx_ModelProto) throws(NetworkImportError) {
        guard model.hasGraph, !model.graph.node.isEmpty else {
            throw .malformedModel(reason: "there is no graph")
        }
        let standard = model.opsetImport.filter { $0.domain.isEmpty || $0.domain == "ai.onnx" }
        guard let opset = standard.first.flatMap({ Int(exactly: $0.version) }), (7...1000).contains(opset)
        else { throw .malformedModel(reason: "the operator set is not stated, or older than 7") }
        self.opset = opset
        producer = [model.producerName, model.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
        var metadata: [String: String] = [:]
        for entry in model.metadataProps { metadata[entry.key] = entry.value }
        self.metadata = metadata

        var aliases: [String: String] = [:]
        var nodes: [Onnx_NodeProto] = []
        var constants: [String: Onnx_TensorProto] = [:]
        var made: Set<String> = []
        for tensor in model.graph.initializer {
            guard made.insert(tensor.name).inserted else {
                throw .malformedModel(reason: "two tensors are named \(shown(tensor.name))")
            }
            constants[tensor.name] = tensor
        }
        for node in model.graph.node {
            for output in node.output where !output.isEmpty {
                guard made.insert(output).inserted else {
                    throw .malformedModel(reason: "two nodes make \(shown(output))")
                }
            }
            if Self.passing.contains(node.opType), let input = node.input.first,
                let output = node.output.first
            {
                aliases[output] = input
            } else if node.opType == "Constant", let output = node.output.first,
                let value = Self.constant(node)
            {
                constants[output] = value
            } else {
                nodes.append(node)
            }
        }
        let resolved = try Self.resolve(aliases)
        var readers: [String: [Int]] = [:]
        for (index, node) in nodes.enumerated() {
            for name in Set(node.input.map { resolved[$0] ?? $0 }) {
                readers[name, default: []].append(index)
            }
        }
        self.nodes = nodes
        self.aliases = resolved
        self.constants = constants
        self.readers = readers
        let known = constants
        inputs = model.graph.input.filter { known[$0.name] == nil }
        outputs = model.graph.output.map { resolved[$0.name] ?? $0.name }
    }

    /// Follows every chain of aliases to its end; a chain that bites its tail is an error.
    private static func resolve(_ aliases: [String: String]) throws(NetworkImportError) -> [String: String] {
        var resolved: [String: String] = [:]
        for start in aliases.keys {
            var chain: [String] = []
            var name = start
            while resolved[name] == nil, let next = aliases[name] {
                chain.append(name)
                guard chain.count <= aliases.count else { throw .malformedModel(reason: "nodes form a loop") }
                name = next
            }
            let end = resolved[name] ?? name
            for link in chain { resolved[link] = end }
        }
        return resolved
    }

    /// The tensor of a `Constant` node, whichever attribute holds it; `nil` for strings and sparse tensors.
    private static func constant(_ node: Onnx_NodeProto) -> Onnx_TensorProto? {
        guard node.attribute.count == 1, let attribute = node.attribute.first else { return nil }
        var tensor = Onnx_TensorProto()
        switch attribute.name {
        case "value": tensor = attribute.t
        case "value_float": (tensor.dataType, tensor.floatData) = (ONNXType.float, [attribute.f])
        case "value_floats":
            (tensor.dataType, tensor.floatData) = (ONNXType.float, attribute.floats)
            tensor.dims = [Int64(attribute.floats.count)]
        case "value_int": (tensor.dataType, tensor.int64Data) = (ONNXType.int64, [attribute.i])
        case "value_ints":
            (tensor.dataType, tensor.int64Data) = (ONNXType.int64, attribute.ints)
            tensor.dims = [Int64(attribute.ints.count)]
        default: return nil
        }
        tensor.name = node.output.first ?? ""
        return tensor
    }

    /// What `name` refers to once passing nodes are removed.
    func resolved(_ name: String) -> String { aliases[name] ?? name }

    /// The nodes that read `name`, in the file's order; nodes that only ask for its shape do not count.
    func readers(of name: String) -> [Onnx_NodeProto] {
        (readers[name] ?? []).map { nodes[$0] }.filter { $0.opType != "Shape" }
    }

    /// The constant `name`, or `nil`.
    func constant(_ name: String) -> Onnx_TensorProto? { constants[resolved(name)] }
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
