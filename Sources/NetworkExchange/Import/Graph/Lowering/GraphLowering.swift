/// Takes away, node by node in the file's order, what says nothing of a network: nodes that pass their input on,
/// sums of constants, numbers on grids, transpositions that cancel.
struct GraphLowering {
    private(set) var nodes: [ONNXNode] = []
    var constants: [String: ONNXTensor]
    /// What a name stands for; a name may stand for one that stands for another, unless nodes are in order.
    var aliases: [String: String] = [:]
    /// What tensors are kept within by the integers that stand for them, and by nothing else.
    var clamps: [String: [ClosedRange<Double>]] = [:]
    /// Tensors that some node reads as they are, not kept within anything.
    private(set) var readUnclamped: Set<String> = []

    /// Names of tensors that are kept within what integers have.
    var clampedNames: Set<String> = []
    var quantization = Dequantization()
    var folding: ConstantFolding
    private var shapes = ShapeInference()
    /// Tensors that are another one with its dimensions in another order.
    private var orders: [String: (root: String, order: [Int])] = [:]

    /// Lowers a graph whose constants are `constants`.
    init(
        _ graph: ONNXModel.Graph, constants: [String: ONNXTensor], side: Int?
    ) throws(NetworkImportError) {
        self.constants = constants
        var count = 0
        for tensor in constants.values {
            // More than all files hold is a lie that is found when the tensor is read.
            count = min(
                count + ((try? tensor.shape())?.reduce(1, *) ?? 0), NetworkImporter.maximumFileByteCount)
        }
        folding = ConstantFolding(constants: count)
        for input in graph.inputs where constants[input.name] == nil { shapes.state(input, side: side) }
        for node in graph.nodes {
            // Constants were taken already.
            if let output = node.outputs.first, node.operatorType == "Constant", constants[output] != nil {
                continue
            }
            try take(node)
        }
    }

    func resolved(_ name: String) -> String { aliases[name] ?? name }

    func constant(_ name: String) -> ONNXTensor? { constants[resolved(name)] }

    private mutating func take(_ node: ONNXNode) throws(NetworkImportError) {
        guard let output = node.outputs.first, let input = node.input(at: 0) else {
            append(node)
            return
        }
        if let value = try folded(node) {
            constants[output] = value.tensor(named: output)
            return
        }
        switch node.operatorType {
        case "Identity", "Dropout": alias(output, input)
        // Fewer bits, or more: rounding of its own is no part of a network.
        case "Cast" where Self.reals.contains(Int32(clamping: node.integer("to", default: 0))):
            alias(output, input)
        case "Pad" where padsNothing(node): alias(output, input)
        case "Gather" where picksAll(node): alias(output, input)
        case "Transpose": transpose(node, input, output)
        case "QuantizeLinear", "DequantizeLinear": try quantize(node, input, output)
        default:
            if let form = Dequantization.form(node) {
                append(try dequantized(node, form, output) ?? node)
            } else {
                if Self.reshaping.contains(node.operatorType), let grid = quantization.grids[input] {
                    quantization.state(output, on: grid)
                }
                append(node)
            }
        }
    }

    private static let reals = [ONNXType.float, ONNXType.double, ONNXType.float16, ONNXType.bfloat16]
    private static let reshaping: Set<String> = ["Flatten", "Reshape", "Squeeze", "Unsqueeze"]

    mutating func append(_ node: ONNXNode) {
        for input in node.inputs where !clampedNames.contains(input) { readUnclamped.insert(resolved(input)) }
        let (aliases, constants) = (aliases, constants)
        shapes.follow(node, resolved: { aliases[$0] ?? $0 }, constant: { constants[aliases[$0] ?? $0] })
        nodes.append(node)
    }

    private mutating func alias(_ output: String, _ input: String) {
        aliases[output] = resolved(input)
        if clampedNames.contains(input) { clampedNames.insert(output) }
        if let grid = quantization.grids[input] { quantization.state(output, on: grid) }
    }

    /// What `node` makes, if its inputs are constants.
    private mutating func folded(_ node: ONNXNode) throws(NetworkImportError) -> FoldedTensor? {
        if node.operatorType == "Shape", let input = node.input(at: 0), node.attributes.isEmpty {
            let shape = try constant(input).map { tensor throws(NetworkImportError) in try tensor.shape() }
            return (shape ?? shapes.shape(of: resolved(input))).map { shape in
                FoldedTensor(shape: [shape.count], numbers: .integers(shape.map { Int64($0) }))
            }
        }
        var inputs: [ONNXTensor?] = []
        for name in node.inputs {
            guard let tensor = constant(name) else {
                guard name.isEmpty else { return nil }
                inputs.append(nil)
                continue
            }
            inputs.append(tensor)
        }
        return try folding.value(of: node, inputs)
    }

    /// Whether a `Pad` adds no rows and no columns, as the older exporter leaves them where a sum is zero.
    private func padsNothing(_ node: ONNXNode) -> Bool {
        if let attribute = node.attribute("pads") { return attribute.integers.allSatisfy { $0 == 0 } }
        guard let amounts = node.input(at: 1).flatMap(constant), let values = try? amounts.integers() else {
            return false
        }
        return values.allSatisfy { $0 == 0 }
    }

    /// Whether a `Gather` takes element after element of a tensor that was made flat, as PyTorch's exporter leaves a
    /// change of strides: it is a reshape then, whose count of features the classifier must have.
    private func picksAll(_ node: ONNXNode) -> Bool {
        guard node.integer("axis", default: 0) == 0, let input = node.input(at: 0),
            let flat = nodes.last(where: { $0.outputs.contains(resolved(input)) }),
            flat.operatorType == "Reshape",
            let shape = try? flat.input(at: 1).flatMap(constant)?.integers(), shape == [-1],
            let places = try? node.input(at: 1).flatMap(constant)?.integers()
        else { return false }
        return places.enumerated().allSatisfy { $0.offset == Int($0.element) }
    }

    /// Transpositions one after the other are one, or none.
    private mutating func transpose(_ node: ONNXNode, _ input: String, _ output: String) {
        let source = resolved(input)
        let own = node.integers("perm", default: []).map { Int(clamping: $0) }
        var (root, order) = (source, own)
        if let before = orders[source], own.sorted() == Array(before.order.indices) {
            (root, order) = (before.root, own.map { before.order[$0] })
        }
        if let grid = quantization.grids[input] { quantization.state(output, on: grid) }
        guard order != Array(order.indices) || order.isEmpty else {
            aliases[output] = root
            if clampedNames.contains(input) { clampedNames.insert(output) }
            return
        }
        orders[output] = (root, order)
        var joined = node
        joined.inputs[0] = root
        joined.attributes = [ONNXAttribute(name: "perm", value: .integers(.init(order.map { Int64($0) })))]
        if own.isEmpty { joined.attributes = [] }
        append(joined)
    }
}
