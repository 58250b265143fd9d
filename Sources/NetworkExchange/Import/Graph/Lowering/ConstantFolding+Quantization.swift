extension ConstantFolding {
    /// Real numbers to integers, or back: one scale for all, or one for each part along an axis.
    func quantization(
        _ node: ONNXNode, _ tensor: FoldedTensor, _ inputs: [FoldedTensor?]
    ) -> FoldedTensor? {
        guard inputs.count >= 2, let scales = inputs[1]?.reals, node.integer("block_size", default: 0) == 0
        else { return nil }
        let zeros = inputs.count > 2 ? inputs[2]?.integers : nil
        let axis = node.integer("axis", default: 1)
        let place = Int(clamping: axis < 0 ? axis &+ Int64(tensor.shape.count) : axis)
        guard zeros == nil || zeros?.count == scales.count, !scales.isEmpty,
            scales.count == 1 || (tensor.shape.indices.contains(place) && tensor.shape[place] == scales.count)
        else { return nil }
        // How many neighbours in memory share a scale.
        let run = scales.count == 1 ? max(tensor.count, 1) : tensor.shape[(place + 1)...].reduce(1, *)
        let part = { (index: Int) in index / max(run, 1) % scales.count }
        if node.operatorType == "DequantizeLinear" {
            guard let values = tensor.integers else { return nil }
            return FoldedTensor(
                shape: tensor.shape,
                numbers: .reals(
                    values.enumerated().map { index, value in
                        Float(value &- (zeros?[part(index)] ?? 0)) * scales[part(index)]
                    }))
        }
        // Which integers there are follows from the type of the zero, which is gone here: weights are signed.
        guard let values = tensor.reals, let zeros, zeros.allSatisfy({ $0 == 0 }) else { return nil }
        return FoldedTensor(
            shape: tensor.shape,
            numbers: .integers(
                values.enumerated().map { index, value in
                    let quotient = (value / scales[part(index)]).rounded(.toNearestOrEven)
                    return Int64(min(max(quotient.isNaN ? 0 : quotient, -128), 127))
                }))
    }
}
