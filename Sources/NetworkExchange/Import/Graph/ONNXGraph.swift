/// An ONNX model, indexed: who makes a tensor, who reads it, which tensors are constants.
///
/// Nodes that pass their input on are removed, with all else that ``GraphLowering`` takes away; their names refer
/// to what they passed on.
struct ONNXGraph {
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

    /// What tensors are kept within by the integers that stand for them, wherever they are read.
    private let clamps: [String: [ClosedRange<Double>]]
    private let aliases: [String: String]
    private let constants: [String: ONNXTensor]
    private let readers: [String: [Int]]

    /// Reads a model file.
    ///
    /// - Throws: `malformedModel`.
    init(decoding bytes: consuming [UInt8], _ options: ImportOptions) throws(NetworkImportError) {
        try self.init(ONNXModel(decoding: bytes), options)
    }

    /// Indexes a model.
    ///
    /// - Throws: `malformedModel`, and what lowering finds.
    init(_ model: ONNXModel, _ options: ImportOptions) throws(NetworkImportError) {
        guard let graph = model.graph, !graph.nodes.isEmpty else {
            throw .malformedModel(reason: "there is no graph")
        }
        opset = try OperatorDomains.standardVersion(model)
        try OperatorDomains.check(graph, model)
        producer = [model.producer.name, model.producer.version].filter { !$0.isEmpty }.joined(separator: " ")
        var metadata: [String: String] = [:]
        for entry in model.metadata { metadata[entry.key] = entry.value }
        self.metadata = metadata
        let names = graph.nodes.map(\.name) + graph.initializers.map(\.name)
        framework =
            LayerNames.allCases.first { known in names.contains(where: known.isStem)
            }?.framework

        let constants = try Self.constants(graph, options)
        let lowered = try GraphLowering(graph, constants: constants, side: options.inputSize)
        let resolved = try Self.resolve(lowered.aliases)
        inputs = graph.inputs.filter { constants[$0.name] == nil }
        outputs = graph.outputs.map { resolved[$0.name] ?? $0.name }
        nodes = Self.read(lowered.nodes, resolved, Set(outputs))
        var readers: [String: [Int]] = [:]
        for (index, node) in nodes.enumerated() {
            for name in Set(node.inputs.map { resolved[$0] ?? $0 }) {
                readers[name, default: []].append(index)
            }
        }
        aliases = resolved
        self.constants = lowered.constants
        self.readers = readers
        clamps = lowered.clamps.filter { !lowered.readUnclamped.contains($0.key) }
    }

    /// Initialisers and `Constant` nodes, by name; every name is made once.
    private static func constants(
        _ graph: ONNXModel.Graph, _ options: ImportOptions
    ) throws(NetworkImportError) -> [String: ONNXTensor] {
        var constants: [String: ONNXTensor] = [:]
        var made: Set<String> = []
        var external = options.companion.map { ExternalData($0) }
        for tensor in graph.initializers {
            guard made.insert(tensor.name).inserted else {
                throw .malformedModel(reason: "two tensors are named \(shown(tensor.name))")
            }
            constants[tensor.name] = try external?.loaded(tensor) ?? tensor
        }
        // Older files list initialisers among the inputs as well.
        for input in graph.inputs where constants[input.name] == nil {
            guard made.insert(input.name).inserted else {
                throw .malformedModel(reason: "two inputs are named \(shown(input.name))")
            }
        }
        for node in graph.nodes {
            for output in node.outputs where !output.isEmpty {
                guard made.insert(output).inserted else {
                    throw .malformedModel(reason: "two nodes make \(shown(output))")
                }
            }
            if node.operatorType == "Constant", let output = node.outputs.first, let value = constant(node) {
                constants[output] = value
            }
        }
        return constants
    }

    /// Nodes without those that work something out which nobody reads any more.
    private static func read(
        _ nodes: [ONNXNode], _ resolved: [String: String], _ outputs: Set<String>
    ) -> [ONNXNode] {
        var uses: [String: Int] = [:]
        for node in nodes { for name in node.inputs { uses[resolved[name] ?? name, default: 0] += 1 } }
        var isKept = [Bool](repeating: true, count: nodes.count)
        // Nodes stand behind what they read, so that one pass from the end suffices.
        for (index, node) in nodes.enumerated().reversed() where helping.contains(node.operatorType) {
            guard node.outputs.allSatisfy({ uses[$0, default: 0] == 0 && !outputs.contains($0) }) else {
                continue
            }
            isKept[index] = false
            for name in node.inputs { uses[resolved[name] ?? name, default: 0] -= 1 }
        }
        return zip(nodes, isKept).filter(\.1).map(\.0)
    }

    /// Operators around a network rather than of it.
    private static let helping: Set<String> = [
        "Transpose", "Shape", "Gather", "Concat", "Unsqueeze", "Squeeze", "Cast", "Slice", "ConstantOfShape",
        "Add",
        "Sub", "Mul", "Div", "QuantizeLinear", "DequantizeLinear", "Reshape", "Ceil", "Floor",
    ]

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

    /// What integers that stand for `name` keep it within; `nil` if there are none.
    func clamp(of name: String) -> ClosedRange<Double>? {
        guard let ranges = clamps[name], let first = ranges.first, ranges.allSatisfy({ $0 == first }) else {
            return nil
        }
        return first
    }

    /// The constant `name`, or `nil`.
    func constant(_ name: String) -> ONNXTensor? { constants[resolved(name)] }
}
