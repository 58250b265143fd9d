extension ConstantFolding {
    /// The same numbers with other dimensions.
    func reshaped(_ node: ONNXNode, _ tensor: FoldedTensor, _ inputs: [FoldedTensor?]) -> FoldedTensor? {
        let given = inputs.count > 1 ? inputs[1]?.integers : nil
        switch node.operatorType {
        case "Squeeze":
            let axes = given ?? node.attribute("axes").map { Array($0.integers) }
            guard let removed = places(axes ?? [], rank: tensor.shape.count) else { return nil }
            let isOne = { (place: Int) in axes == nil ? tensor.shape[place] == 1 : removed.contains(place) }
            guard removed.allSatisfy({ tensor.shape[$0] == 1 }) else { return nil }
            let kept = tensor.shape.indices.filter { !isOne($0) }
            return FoldedTensor(shape: kept.map { tensor.shape[$0] }, numbers: tensor.numbers)
        case "Unsqueeze":
            let axes = given ?? node.integers("axes", default: [])
            let rank = tensor.shape.count + axes.count
            guard rank <= 8, let added = places(axes, rank: rank) else { return nil }
            var rest = tensor.shape[...]
            let shape = (0..<rank).map { added.contains($0) ? 1 : rest.popFirst() ?? 1 }
            return FoldedTensor(shape: shape, numbers: tensor.numbers)
        default:
            guard let given, given.count <= 8, node.integer("allowzero", default: 0) == 0 else { return nil }
            var shape: [Int] = []
            for (index, size) in given.enumerated() {
                // 0 keeps a dimension, -1 is what is left.
                guard size == 0 ? index < tensor.shape.count : size >= -1 && size <= tensor.count else {
                    return nil
                }
                shape.append(size == 0 ? tensor.shape[index] : Int(size))
            }
            let (known, overflow) = product(shape.filter { $0 != -1 })
            guard !overflow else { return nil }
            if let open = shape.firstIndex(of: -1) {
                guard known > 0, tensor.count.isMultiple(of: known) else { return nil }
                shape[open] = tensor.count / known
            }
            guard product(shape) == (tensor.count, false) else { return nil }
            return FoldedTensor(shape: shape, numbers: tensor.numbers)
        }
    }

    /// Lists of numbers, one behind the other.
    func joined(_ parts: [FoldedTensor], axis: Int64) -> FoldedTensor? {
        guard axis == 0, parts.allSatisfy({ $0.shape.count == 1 }) else { return nil }
        let integers = parts.compactMap(\.integers)
        let reals = parts.compactMap(\.reals)
        if integers.count == parts.count {
            let all = integers.flatMap { $0 }
            return FoldedTensor(shape: [all.count], numbers: .integers(all))
        }
        guard reals.count == parts.count else { return nil }
        let all = reals.flatMap { $0 }
        return FoldedTensor(shape: [all.count], numbers: .reals(all))
    }

    /// The numbers of a list at `places`.
    func picked(_ tensor: FoldedTensor, _ places: FoldedTensor, axis: Int64) -> FoldedTensor? {
        guard axis == 0, tensor.shape.count == 1, let wanted = places.integers else { return nil }
        let resolved = wanted.map { $0 < 0 ? $0 &+ Int64(tensor.count) : $0 }
        guard resolved.allSatisfy({ (0..<Int64(tensor.count)).contains($0) }) else { return nil }
        return tensor.picking(resolved.map { Int($0) }, shape: places.shape)
    }

    /// Every `step`-th row from the start of a range, backwards for a negative step.
    func sliced(_ node: ONNXNode, _ tensor: FoldedTensor, _ inputs: [FoldedTensor?]) -> FoldedTensor? {
        func single(_ place: Int) -> Int64? {
            guard inputs.count > place, let values = inputs[place]?.integers, values.count == 1 else {
                return nil
            }
            return values.first
        }
        let step = inputs.count > 4 ? single(4) : 1
        guard let rows = tensor.shape.first, rows > 0, inputs.count >= 3, let start = single(1),
            let end = single(2),
            inputs.count < 4 || single(3) == 0, let step, step == 1 || step == -1
        else { return nil }
        let count = Int64(rows)
        func place(_ value: Int64, _ range: ClosedRange<Int64>) -> Int64 {
            let counted = value < 0 ? value.addingReportingOverflow(count).partialValue : value
            return min(max(counted, range.lowerBound), range.upperBound)
        }
        let chosen: [Int64] =
            step == 1
            ? Array(stride(from: place(start, 0...count), to: place(end, 0...count), by: 1))
            : Array(stride(from: place(start, 0...count - 1), to: place(end, -1...count - 1), by: -1))
        let size = tensor.count / rows
        return tensor.picking(
            chosen.flatMap { row in (0..<size).map { Int(row) * size + $0 } },
            shape: [chosen.count] + tensor.shape.dropFirst())
    }

    /// Numbers kept between two others.
    func clipped(_ node: ONNXNode, _ tensor: FoldedTensor, _ inputs: [FoldedTensor?]) -> FoldedTensor? {
        let bounds = (1...2).map { inputs.count > $0 ? inputs[$0] : nil }
        switch tensor.numbers {
        case .integers(let values):
            let low = bounds[0]?.integers?.first ?? .min
            let high = bounds[1]?.integers?.first ?? .max
            return FoldedTensor(
                shape: tensor.shape, numbers: .integers(values.map { min(max($0, low), high) }))
        case .reals(let values):
            let low = bounds[0]?.reals?.first ?? node.real("min", default: -.infinity)
            let high = bounds[1]?.reals?.first ?? node.real("max", default: .infinity)
            return FoldedTensor(shape: tensor.shape, numbers: .reals(values.map { min(max($0, low), high) }))
        }
    }

    /// One number, as often as a shape says.
    mutating func filled(_ node: ONNXNode, _ tensor: FoldedTensor) -> FoldedTensor? {
        guard let sizes = tensor.integers, sizes.count <= 8, sizes.allSatisfy({ (0...1 << 16).contains($0) })
        else { return nil }
        let shape = sizes.map { Int($0) }
        guard take(shape) else { return nil }
        let count = shape.reduce(1, *)
        guard case .tensor(let value)? = node.attribute("value")?.value else {
            return FoldedTensor(shape: shape, numbers: .reals([Float](repeating: 0, count: count)))
        }
        guard value.dimensions.allSatisfy({ $0 == 1 }), let single = try? FoldedTensor(value),
            single.count == 1
        else { return nil }
        return single.picking([Int](repeating: 0, count: count), shape: shape)
    }

    /// Axes counted from the front, or `nil` if one is beyond `rank` or stands twice.
    private func places(_ axes: [Int64], rank: Int) -> Set<Int>? {
        let places = axes.map { $0 < 0 ? $0 &+ Int64(rank) : $0 }
        guard places.allSatisfy({ (0..<Int64(rank)).contains($0) }), Set(places).count == places.count
        else { return nil }
        return Set(places.map { Int($0) })
    }

    private func product(_ sizes: [Int]) -> (Int, Bool) {
        var result = (1, false)
        for size in sizes {
            let (value, overflow) = result.0.multipliedReportingOverflow(by: size)
            result = (value, result.1 || overflow)
        }
        return result
    }
}
