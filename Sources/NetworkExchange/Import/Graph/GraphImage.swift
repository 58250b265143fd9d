/// The one input of a graph: an image of three colours.
struct GraphImage {
    let name: String
    /// Which of batch, channels, rows and columns (0 to 3) its dimensions are.
    let order: [Int]
    /// Its side, if that is fixed.
    let side: Int?
    /// Whether it has bytes and not real numbers.
    let isBytes: Bool

    /// Looks at the inputs of `graph`.
    ///
    /// - Throws: `unusableInput`.
    init(of graph: ONNXGraph) throws(NetworkImportError) {
        guard graph.inputs.count == 1, let input = graph.inputs.first else {
            throw .unusableInput(
                name: graph.inputs.first?.name ?? "", found: "one of \(graph.inputs.count) inputs")
        }
        name = input.name
        let type = input.elementType
        isBytes = type == ONNXType.uint8
        guard
            isBytes || [ONNXType.float, ONNXType.double, ONNXType.float16, ONNXType.bfloat16].contains(type)
        else {
            throw .unusableInput(name: input.name, found: ONNXType.name(type))
        }
        // A dimension of 0 is one that is not fixed.
        let sizes = input.dimensions.map { $0 ?? 0 }
        // TensorFlow has the colours last.
        let isLast = sizes.count == 4 && sizes[3] == 3 && sizes[1] != 3
        order = isLast ? [0, 2, 3, 1] : [0, 1, 2, 3]
        let sides = isLast ? sizes[1...].prefix(2) : sizes.suffix(2)
        guard sizes.count == 4, isLast || sizes[1] == 3 || sizes[1] == 0, let first = sides.first,
            let last = sides.last, first == last || first == 0 || last == 0,
            let size = Int(exactly: max(first, last)), size >= 0
        else { throw .unusableInput(name: input.name, found: "of shape \(sizes)") }
        side = size == 0 ? nil : size
    }
}
