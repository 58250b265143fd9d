/// An ONNX model, indexed: who makes a tensor, who reads it, which tensors are constants.
///
/// Nodes that pass their input on (`Identity`, `Dropout` outside training) are removed; every other name
/// refers to what they passed on.
struct ONNXGraph {
    /// Operators that give their first input as first output.
    private static let passing: Set<String> = ["Identity", "Dropout"]

    let nodes: [ONNXNode]
    /// Version of the standard operators.
    let opset: Int
    /// Exporter and its version.
    let producer: String
    let metadata: [String: String]
    /// Graph inputs that are not constants.
    let inputs: [ONNXValueInfo]
    /// Names of the graph's outputs, resolved.
    let outputs: [String]

    /// Whose names nodes or constants have.
    let framework: ImportedNetwork.Framework?

    private let aliases: [String: String]
    private let constants: [String: ONNXTensor]
    private let readers: [String: [Int]]

    /// Reads a model file.
    ///
    /// - Throws: `malformedModel`.
    init(decoding bytes: consuming [UInt8]) throws(NetworkImportError) {
        try self.init(ONNXModel(decoding: bytes))
    }

    /// Indexes a model.
    ///
    /// - Throws: `malformedModel`.
    init(_ model: ONNXModel) throws(NetworkImportError) {
        guard let graph = model.graph, !graph.nodes.isEmpty else {
            throw .malformedModel(reason: "there is no graph")
        }
        let standard = model.operatorSets.filter { $0.domain.isEmpty || $0.domain == "ai.onnx" }
        guard let opset = standard.first.flatMap({ Int(exactly: $0.version) }), (7...1000).contains(opset)
        else { throw .malformedModel(reason: "the operator set is not stated, or older than 7") }
        self.opset = opset
        producer = [model.producer.name, model.producer.version].filter { !$0.isEmpty }.joined(separator: " ")
        var metadata: [String: String] = [:]
        for entry in model.metadata { metadata[entry.key] = entry.value }
        self.metadata = metadata
        let names = graph.nodes.map(\.name) + graph.initializers.map(\.name)
        framework =
            LayerNames.allCases.first { known in
                names.contains { name in
                    name.split(separator: "/").contains { $0 == known.stem || $0.hasPrefix(known.stem + ".") }
                }
            }?.framework

        var aliases: [String: String] = [:]
        var nodes: [ONNXNode] = []
        var constants: [String: ONNXTensor] = [:]
        var made: Set<String> = []
        for tensor in graph.initializers {
            guard made.insert(tensor.name).inserted else {
                throw .malformedModel(reason: "two tensors are named \(shown(tensor.name))")
            }
            constants[tensor.name] = tensor
        }
        for node in graph.nodes {
            for output in node.outputs where !output.isEmpty {
                guard made.insert(output).inserted else {
                    throw .malformedModel(reason: "two nodes make \(shown(output))")
                }
            }
            if Self.passing.contains(node.operatorType), let input = node.inputs.first,
                let output = node.outputs.first
            {
                aliases[output] = input
            } else if node.operatorType == "Constant", let output = node.outputs.first,
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
            for name in Set(node.inputs.map { resolved[$0] ?? $0 }) {
                readers[name, default: []].append(index)
            }
        }
        self.nodes = nodes
        self.aliases = resolved
        self.constants = constants
        self.readers = readers
        let known = constants
        inputs = graph.inputs.filter { known[$0.name] == nil }
        outputs = graph.outputs.map { resolved[$0.name] ?? $0.name }
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
    private static func constant(_ node: ONNXNode) -> ONNXTensor? {
        guard node.attributes.count == 1, let attribute = node.attributes.first else { return nil }
        var tensor = ONNXTensor()
        switch attribute.name {
        case "value":
            if case .tensor(let value) = attribute.value { tensor = value }
        case "value_float": (tensor.elementType, tensor.reals) = (ONNXType.float, .init([attribute.real]))
        case "value_floats":
            (tensor.elementType, tensor.reals) = (ONNXType.float, attribute.reals)
            tensor.dimensions = [Int64(attribute.reals.count)]
        case "value_int":
            (tensor.elementType, tensor.integers64) = (ONNXType.int64, .init([attribute.integer]))
        case "value_ints":
            (tensor.elementType, tensor.integers64) = (ONNXType.int64, attribute.integers)
            tensor.dimensions = [Int64(attribute.integers.count)]
        default: return nil
        }
        tensor.name = node.outputs.first ?? ""
        return tensor
    }

    /// What `name` refers to once passing nodes are removed.
    func resolved(_ name: String) -> String { aliases[name] ?? name }

    /// The nodes that read `name`, in the file's order; nodes that only ask for its shape do not count.
    func readers(of name: String) -> [ONNXNode] {
        (readers[name] ?? []).map { nodes[$0] }.filter { $0.operatorType != "Shape" }
    }

    /// The constant `name`, or `nil`.
    func constant(_ name: String) -> ONNXTensor? { constants[resolved(name)] }
}
