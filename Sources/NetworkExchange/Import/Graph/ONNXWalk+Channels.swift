/// A scale and a shift for every channel: `x` becomes `scale * x + shift`.
struct ChannelLine {
    var scale: [Double]
    var shift: [Double]

    /// The line that changes nothing.
    init(channels: Int) {
        scale = [Double](repeating: 1, count: channels)
        shift = [Double](repeating: 0, count: channels)
    }
}

extension ONNXWalk {
    /// `Mul`, `Add`, `Sub` and `Div` of a constant for every channel, one behind the other; with more operators
    /// (`BatchNormalization`) if they are in `others`. `nil` if there are none.
    mutating func channelLine(behind others: Set<String>) throws(NetworkImportError) -> ChannelLine? {
        var line = ChannelLine(channels: channels)
        var isEmpty = true
        while let node = try onlyReader() {
            if others.contains(node.operatorType) {
                let numbers = try normalization(node, "BatchNormalization in eval mode")
                for channel in 0..<channels {
                    let factor = try numbers.factor(channel)
                    line.scale[channel] *= factor
                    line.shift[channel] =
                        (line.shift[channel] - Double(numbers.mean[channel])) * factor
                        + Double(numbers.shift[channel])
                }
            } else {
                guard ["Mul", "Add", "Sub", "Div"].contains(node.operatorType), node.inputs.count == 2,
                    let place = node.inputs.firstIndex(where: { graph.constant($0) != nil })
                else { break }
                let values = try perChannel(node, place)
                for channel in 0..<channels {
                    apply(node.operatorType, values[channel], place, &line, channel)
                }
            }
            isEmpty = false
            try pass(node)
        }
        guard zip(line.scale, line.shift).allSatisfy({ $0.isFinite && $1.isFinite }) else {
            throw .malformedModel(reason: "channels are scaled beyond all numbers before \(shown(current))")
        }
        return isEmpty ? nil : line
    }

    private func apply(
        _ type: String, _ value: Double, _ place: Int, _ line: inout ChannelLine, _ channel: Int
    ) {
        switch type {
        case "Mul":
            line.scale[channel] *= value
            line.shift[channel] *= value
        case "Add": line.shift[channel] += value
        case "Sub" where place == 1: line.shift[channel] -= value
        case "Sub":
            line.scale[channel] *= -1
            line.shift[channel] = value - line.shift[channel]
        default:
            line.scale[channel] /= value
            line.shift[channel] /= value
        }
    }

    /// One number for each channel: a constant of one number, or of one along the channels and no other dimension.
    func perChannel(_ node: ONNXNode, _ place: Int) throws(NetworkImportError) -> [Double] {
        let tensor = try constant(node, place, "\(node.operatorType) of a constant")
        let shape = try tensor.shape()
        let padded = [Int](repeating: 1, count: max(order.count - shape.count, 0)) + shape
        guard padded.count == order.count, node.operatorType != "Div" || place == 1,
            zip(padded, order).allSatisfy({ $0 == 1 || ($1 == 1 && $0 == channels) })
        else {
            throw unexpected(
                node, "a constant for each of \(channels) channels",
                "one of shape \(shape)" + (node.operatorType == "Div" && place == 0 ? " that is divided" : "")
            )
        }
        let values = try tensor.floats().map { Double($0) }
        return values.count == 1 ? [Double](repeating: values[0], count: channels) : values
    }

    /// The constant that is input `index` of `node`.
    func constant(
        _ node: ONNXNode, _ index: Int, _ expected: String
    ) throws(NetworkImportError) -> ONNXTensor {
        guard let name = node.input(at: index), let tensor = graph.constant(name) else {
            throw unexpected(
                node, expected, node.input(at: index).map { "\(shown($0)), which is worked out" } ?? "none")
        }
        return tensor
    }

    /// A constant of `count` numbers.
    func vector(
        _ node: ONNXNode, _ index: Int, count: Int, _ expected: String
    ) throws(NetworkImportError) -> [Float] {
        let tensor = try constant(node, index, expected)
        let shape = try tensor.shape()
        guard shape.reduce(1, *) == count, shape.last == count || count == 1 else {
            throw .wrongShape(tensor: tensor.name, found: shape, expected: "[\(count)]")
        }
        return try tensor.floats()
    }
}
