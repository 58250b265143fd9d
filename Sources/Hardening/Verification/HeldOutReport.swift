public import ClassifierHead

/// How a hardened network compares with its float network on images, usually such that took no part in hardening.
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
    /// What many images said.
    init(_ tally: NetworkComparison.Tally, comparesLayers: Bool) {
        imageCount = tally.images
        featureSqnrDb = Decibels.ratio(tally.features.signal, tally.features.noise)
        layerSqnrDb = comparesLayers ? tally.layers.map { Decibels.ratio($0.signal, $0.noise) } : nil
        floatClasses = tally.floatClasses.count
        hardenedClasses = tally.hardenedClasses.count
        let hasClasses = tally.answered > 0
        agreement = hasClasses ? Accuracy(correct: tally.agreed, total: tally.answered) : nil
        divergence = hasClasses ? Mean(tally.divergence, count: tally.answered) : nil
    }
}

extension HeldOutReport.Mean {
    fileprivate init(_ sums: (values: Double, squares: Double), count: Int) {
        let count = Double(count)
        let mean = sums.values / count
        let variance = max(0, sums.squares - sums.values * mean) / (count - 1)
        let error = count > 1 ? 1.96 * (variance / count).squareRoot() : .infinity
        self.init(value: mean, interval: max(mean - error, 0)...mean + error)
    }
}
