#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif
public import ClassifierHead
internal import FloatNetwork
internal import HardenedBackbone
internal import QuantizedTensors

/// How a hardened network compares with its float network on images that took no part in hardening.
public struct HeldOutReport: Hashable, Sendable {
    /// A mean over images, and where the true one lies with a confidence of 95 %.
    public struct Mean: Hashable, Sendable {
        /// The mean.
        public let value: Double
        /// `value ± 1.96` standard errors; from 0 on.
        public let interval: ClosedRange<Double>
    }

    /// Fewer images than this leave an interval of ten points and more.
    public static let imagesAdvised = 64

    /// How many images.
    public let imageCount: Int
    /// On how many of them both networks name the same class; `nil` without a classifier.
    public let agreement: Accuracy?
    /// Kullback-Leibler divergence of the hardened network's class probabilities from the float network's, in nats;
    /// `nil` without a classifier.
    public let divergence: Mean?
    /// Power of the float features over that of the hardened ones' differences, in decibels.
    public let featureSqnrDb: Double
    /// The same for the output of every layer, all pixels, after ReLU6; `nil` where channels were scaled anew.
    ///
    /// - Shape: `[layers]`.
    public let layerSqnrDb: [Double]?
    /// How many different classes the float network names.
    public let floatClasses: Int
    /// How many different classes the hardened network names.
    public let hardenedClasses: Int

    /// Whether the hardened network says the same whatever it sees, and the float network mostly otherwise.
    public var isConstant: Bool {
        guard let agreement, imageCount >= 8 else { return false }
        return hardenedClasses == 1 && floatClasses > 1 && agreement.fraction <= 0.5
    }

    /// Divides images: a share, spread evenly over their order, is held out.
    ///
    /// - Range: `share` is `0..<1`. One image at least is left for calibration.
    public static func split<Image>(
        _ images: [Image], share: Double
    ) -> (calibration: [Image], heldOut: [Image]) {
        precondition((0..<1).contains(share), "a share is from 0, below 1")
        var parts: (calibration: [Image], heldOut: [Image]) = ([], [])
        for (index, image) in images.enumerated() {
            let isTaken = (Double(index + 1) * share).rounded(.down) > (Double(index) * share).rounded(.down)
            if isTaken { parts.heldOut.append(image) } else { parts.calibration.append(image) }
        }
        return parts
    }
}

extension HeldOutReport {
    /// What one image gives.
    private struct Outcome: Sendable {
        var layers: [(signal: Double, noise: Double)] = []
        var features = (signal: 0.0, noise: 0.0)
        var answers: (float: Int, hardened: Int)?
        var divergence = 0.0
    }

    /// Runs both networks on every image.
    init(
        _ float: FloatNetwork, _ hardened: HardenedNetwork, images: [[UInt8]], comparesLayers: Bool,
        crew: WorkCrew
    ) throws(HardeningError) {
        let artifact = hardened.artifact
        let plan: BackbonePlan
        do {
            plan = try BackbonePlan(artifact)
        } catch {
            throw .noExecutor(error)
        }
        let floatPlan = FloatPlan(float)
        let outcomes = crew.map(
            images.count, state: { (FloatEvaluator(floatPlan), BackboneReplica(plan)) }
        ) { state, index in
            Self.compare(state.0, state.1, hardened, image: images[index])
        }
        imageCount = images.count
        featureSqnrDb = Decibels.ratio(
            outcomes.reduce(0) { $0 + $1.features.signal }, outcomes.reduce(0) { $0 + $1.features.noise })
        layerSqnrDb =
            comparesLayers
            ? artifact.network.layers.indices.map { layer in
                Decibels.ratio(
                    outcomes.reduce(0) { $0 + $1.layers[layer].signal },
                    outcomes.reduce(0) { $0 + $1.layers[layer].noise })
            } : nil
        let answers = outcomes.compactMap(\.answers)
        floatClasses = Set(answers.map(\.float)).count
        hardenedClasses = Set(answers.map(\.hardened)).count
        let hasClasses = !answers.isEmpty
        agreement =
            hasClasses
            ? Accuracy(correct: answers.count { $0.float == $0.hardened }, total: answers.count) : nil
        divergence = hasClasses ? Self.mean(outcomes.map(\.divergence)) : nil
    }

    private static func compare(
        _ float: FloatEvaluator, _ replica: BackboneReplica, _ hardened: HardenedNetwork, image: [UInt8]
    ) -> Outcome {
        let (artifact, network) = (hardened.artifact, hardened.artifact.network)
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
            outcome.layers.append(ratio(values, outputs[index], type, unit: unit))
        }
        let unit = HeadHardener.featureUnit(of: artifact)
        for (value, byte) in zip(real, features) {
            let difference = Double(value) - Double(byte) * unit
            outcome.features.signal += Double(value) * Double(value)
            outcome.features.noise += difference * difference
        }
        if let head = hardened.head, let wanted = float.logits(ofFeatures: real) {
            let found = HeadReference.logits(head, features: features)
            outcome.answers = (first(wanted), first(found))
            outcome.divergence = divergence(
                wanted.map(Double.init), found.map { Double($0) * Double(head.scale) })
        }
        return outcome
    }

    private static func ratio(
        _ values: UnsafeBufferPointer<Float>, _ bytes: [UInt8], _ type: ActivationType, unit: Float
    ) -> (signal: Double, noise: Double) {
        var (signal, noise) = (0.0, 0.0)
        for (index, value) in values.enumerated() {
            let difference = value - Float(type.value(of: bytes[index])) * unit
            signal += Double(value * value)
            noise += Double(difference * difference)
        }
        return (signal, noise)
    }

    /// Kullback-Leibler divergence of softmax of `found` from softmax of `wanted`, in nats.
    static func divergence(_ wanted: [Double], _ found: [Double]) -> Double {
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

    private static func mean(_ values: [Double]) -> Mean {
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        let error = values.count > 1 ? 1.96 * (squares / (count - 1) / count).squareRoot() : .infinity
        return Mean(value: mean, interval: max(mean - error, 0)...mean + error)
    }

    /// The largest value's index, the lowest of equals.
    private static func first<Value: Comparable>(_ values: [Value]) -> Int {
        values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
    }
}
