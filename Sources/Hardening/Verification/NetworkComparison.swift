#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif
public import ClassifierHead
public import FloatNetwork
public import HardenedBackbone
internal import QuantizedTensors

/// A hardened network beside a float network: the two are run on the same images and compared.
public struct NetworkComparison: Sendable {
    private let artifact: BackboneArtifact
    private let head: ClassifierHead?
    private let plan: BackbonePlan
    private let float: FloatPlan

    /// Two networks of one shape, and the head, if answers are to be compared.
    ///
    /// - Throws: `noExecutor`; `differentNetwork` for other widths, sizes and numbers of classes.
    public init(
        _ float: FloatNetwork, _ artifact: BackboneArtifact, head: ClassifierHead?
    ) throws(HardeningError) {
        let (found, expected) = (float.network, artifact.network)
        guard found.widthPercent == expected.widthPercent, found.inputSize == expected.inputSize else {
            func text(_ network: NetworkDescription) -> String {
                "width \(Double(network.widthPercent) / 100), \(network.inputSize) pixels"
            }
            throw .differentNetwork(found: text(found), expected: text(expected))
        }
        if let head, let classifier = float.classifier, classifier.bias.count != head.classCount {
            throw .differentNetwork(
                found: "\(classifier.bias.count) classes", expected: "\(head.classCount) in its head")
        }
        do {
            plan = try BackbonePlan(artifact)
        } catch {
            throw .noExecutor(error)
        }
        self.float = FloatPlan(float)
        self.artifact = artifact
        self.head = head
    }

    /// Runs both networks, with working memory of its own; one a thread.
    public final class Worker {
        private let comparison: NetworkComparison
        private let float: FloatEvaluator
        private let replica: BackboneReplica

        fileprivate init(_ comparison: NetworkComparison) {
            self.comparison = comparison
            float = FloatEvaluator(comparison.float)
            replica = BackboneReplica(comparison.plan)
        }

        /// Compares the two on one image.
        ///
        /// - Shape: `image` is `[inputSize, inputSize, 3]`.
        public func outcome(_ image: [UInt8]) -> Outcome {
            comparison.compare(float, replica, image: image)
        }
    }

    /// What does the work of one thread.
    public func worker() -> Worker { Worker(self) }

    /// What a tally comes to.
    ///
    /// - Parameter comparesLayers: `false` where channels were scaled anew, and layers are not each other's.
    public static func report(_ tally: Tally, comparesLayers: Bool) -> HeldOutReport {
        HeldOutReport(tally, comparesLayers: comparesLayers)
    }

    private func compare(
        _ float: FloatEvaluator, _ replica: BackboneReplica, image: [UInt8]
    ) -> Outcome {
        let network = artifact.network
        var outputs: [[UInt8]] = []
        var features = [UInt8](repeating: 0, count: network.featureCount)
        image.withUnsafeBufferPointer { image in
            features.withUnsafeMutableBufferPointer { features in
                replica.extractFeatures(image: image, into: features) { _, output in
                    outputs.append(Array(output))
                }
            }
        }
        var outcome = Outcome()
        let real = float.features(ofImage: image) { index, values in
            let type = network.layers[index].outputType
            let exponent = Int(artifact.activationExponents[index])
            let unit = Float(CodeNetwork.unit * Double(sign: .plus, exponent: -exponent, significand: 1))
            outcome.layers.append(Self.ratio(values, outputs[index], type, unit: unit))
        }
        let unit = HeadHardener.featureUnit(of: artifact)
        for (value, byte) in zip(real, features) {
            let difference = Double(value) - Double(byte) * unit
            outcome.features.signal += Double(value) * Double(value)
            outcome.features.noise += difference * difference
        }
        if let head, let wanted = float.logits(ofFeatures: real) {
            let found = HeadReference.logits(head, features: features)
            outcome.answers = (Self.first(wanted), Self.first(found))
            outcome.divergence = Self.divergence(
                wanted.map(Double.init), found.map { Double($0) * Double(head.scale) })
        }
        return outcome
    }

    private static func ratio(
        _ values: UnsafeBufferPointer<Float>, _ bytes: [UInt8], _ type: ActivationType, unit: Float
    ) -> Powers {
        var powers = Powers()
        for (index, value) in values.enumerated() {
            let difference = value - Float(type.value(of: bytes[index])) * unit
            powers.signal += Double(value * value)
            powers.noise += Double(difference * difference)
        }
        return powers
    }

    /// Kullback-Leibler divergence of softmax of `found` from softmax of `wanted`, in nats.
    private static func divergence(_ wanted: [Double], _ found: [Double]) -> Double {
        func logarithms(_ logits: [Double]) -> [Double] {
            let largest = logits.max() ?? 0
            let sum = logits.reduce(0) { $0 + exp($1 - largest) }
            return logits.map { $0 - largest - log(sum) }
        }
        let result = zip(logarithms(wanted), logarithms(found)).reduce(0) { sum, pair in
            sum + exp(pair.0) * (pair.0 - pair.1)
        }
        return max(result, 0)
    }

    /// The largest value's index, the lowest of equals.
    private static func first<Value: Comparable>(_ values: [Value]) -> Int {
        values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
    }
}
