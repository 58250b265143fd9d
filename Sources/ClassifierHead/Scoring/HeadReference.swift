/// The normative meaning of a head: slow, and obviously right.
public enum HeadReference {
    /// The logits of one image.
    ///
    /// - Shape: `features` is `[features]`, the result `[classes]`.
    /// - Range: every logit lies in ``ClassifierHead/logitRange``; no intermediate sum overflows.
    public static func logits(_ head: ClassifierHead, features: [UInt8]) -> [Int32] {
        precondition(features.count == head.featureCount, "the head takes \(head.featureCount) features")
        return (0..<head.classCount).map { classIndex in
            var sum = head.bias[classIndex]
            for (index, feature) in features.enumerated() {
                sum += Int32(feature) * Int32(head.weights[classIndex * head.featureCount + index])
            }
            return sum
        }
    }
}
