public import ClassifierHead

/// One measured result: how many images of a data set a model and head answered rightly.
public struct MeasuredAccuracy: Sendable, Hashable {
    /// What the images were, so that results of different ones are not compared.
    public struct Data: Sendable, Hashable {
        /// The source as it was named when it was evaluated.
        public let name: String
        /// Images that were scored, and files that could not be read.
        public let images, undecodable: Int
        /// Images of classes that the head does not know.
        public let foreignImages: Int
        /// The head's classes.
        public let classes: [String]
        /// Images of each.
        public let imagesOfClass: [Int]

        /// A description of the images.
        public init(
            name: String, images: Int, undecodable: Int, foreignImages: Int, classes: [String],
            imagesOfClass: [Int]
        ) {
            (self.name, self.images, self.undecodable) = (name, images, undecodable)
            (self.foreignImages, self.classes) = (foreignImages, classes)
            self.imagesOfClass = imagesOfClass
        }
    }

    /// The file that it was read from, for people.
    public let file: String
    /// Digest of the backbone, hexadecimal.
    public let backbone: String
    /// The head's name and digest.
    public let head, headDigest: String
    /// The images.
    public let data: Data
    /// First answers that were right, of the images whose class the head knows.
    public let correct, total: Int

    /// A result.
    ///
    /// - Range: `0 <= correct <= total`; others are a fault of the caller.
    public init(
        file: String, backbone: String, head: String, headDigest: String, data: Data, correct: Int, total: Int
    ) {
        precondition(0 <= correct && correct <= total, "more images are correct than there are")
        (self.file, self.backbone, self.head, self.headDigest) = (file, backbone, head, headDigest)
        (self.data, self.correct, self.total) = (data, correct, total)
    }

    /// The share with its interval.
    public var accuracy: Accuracy { Accuracy(correct: correct, total: total) }
}

/// What training less or more of the network gave on the same images: measured, never interpolated.
public struct RecoveredAccuracy: Sendable, Hashable {
    /// The model as it was deployed; `nil` where it was not evaluated.
    public let frozen: MeasuredAccuracy?
    /// The same backbone with a head fitted for the new task.
    public let headOnly: MeasuredAccuracy
    /// Another backbone, all of whose layers were trained for the new task.
    public let allLayers: MeasuredAccuracy

    /// Checks that the three can be compared.
    ///
    /// - Parameter backbone: digest of the model that the report is of.
    /// - Throws: ``FlexibilityError`` naming the file, what does not fit and what to do.
    public init(
        frozen: MeasuredAccuracy?,
        headOnly: MeasuredAccuracy,
        allLayers: MeasuredAccuracy,
        backbone: String
    ) throws(FlexibilityError) {
        for result in [frozen, headOnly].compactMap({ $0 }) where result.backbone != backbone {
            throw .otherBackbone(result.file, found: result.backbone, expected: backbone)
        }
        guard allLayers.backbone != backbone else { throw .sameBackbone(allLayers.file) }
        if let frozen, frozen.headDigest == headOnly.headDigest {
            throw .sameHead(frozen.file, headOnly.file)
        }
        for other in [frozen, allLayers].compactMap({ $0 }) {
            if let difference = Self.difference(headOnly.data, other.data) {
                throw .otherData(headOnly.file, other.file, difference)
            }
        }
        (self.frozen, self.headOnly, self.allLayers) = (frozen, headOnly, allLayers)
    }

    /// Accuracy that only more than the head can give: all layers less head only.
    public var beyondHead: Change { Change(from: headOnly.accuracy, to: allLayers.accuracy) }
    /// Accuracy that a new head alone gives back; `nil` without ``frozen``.
    public var byHead: Change? { frozen.map { Change(from: $0.accuracy, to: headOnly.accuracy) } }
    /// Share of what all layers give back that the head alone does; `nil` where all layers give nothing.
    public var shareByHead: Double? {
        guard let frozen else { return nil }
        let all = allLayers.accuracy.fraction - frozen.accuracy.fraction
        return all > 0 ? (headOnly.accuracy.fraction - frozen.accuracy.fraction) / all : nil
    }

    /// What two descriptions differ in, in words.
    private static func difference(_ one: MeasuredAccuracy.Data, _ two: MeasuredAccuracy.Data) -> String? {
        if one.name != two.name { return "'\(one.name)' and '\(two.name)'" }
        if one.images != two.images { return "\(one.images) and \(two.images) images" }
        if one.undecodable != two.undecodable {
            return "\(one.undecodable) and \(two.undecodable) files left out"
        }
        if one.classes != two.classes {
            return "classes differ (\(one.classes.count) and \(two.classes.count), or other names)"
        }
        if one.imagesOfClass != two.imagesOfClass || one.foreignImages != two.foreignImages {
            return "the classes have other numbers of images"
        }
        return nil
    }

    /// A difference of two accuracies with its 95 % interval.
    ///
    /// - Source: R. G. Newcombe, "Interval estimation for the difference between independent proportions", 1998,
    ///   method 10. The images are the same, so the interval is wider than a paired one.
    public struct Change: Hashable, Sendable, Encodable {
        /// Difference of shares, `-1...1`.
        public let value, low, high: Double

        package init(from one: Accuracy, to two: Accuracy) {
            let (p, q) = (two.fraction, one.fraction)
            let (first, second) = (two.wilson95, one.wilson95)
            func root(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }
            value = p - q
            low = max(-1, p - q - root(p - first.lowerBound, second.upperBound - q))
            high = min(1, p - q + root(first.upperBound - p, q - second.lowerBound))
        }
    }
}

/// Results that can not stand in one report.
public enum FlexibilityError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A result of another backbone than the report's.
    case otherBackbone(String, found: String, expected: String)
    /// All layers were not trained: the backbone is the report's.
    case sameBackbone(String)
    /// Two results of one head.
    case sameHead(String, String)
    /// Results of different images.
    case otherData(String, String, String)

    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .otherBackbone(let file, let found, let expected):
            "\(file) is of backbone \(found.prefix(12)), the report of \(expected.prefix(12)): evaluate this model"
        case .sameBackbone(let file):
            "\(file) is of this very backbone: --all-layers takes the result of one that was trained anew"
        case .sameHead(let one, let other):
            "\(one) and \(other) are of the same head: --frozen takes the head as deployed, --head-only a new one"
        case .otherData(let one, let other, let difference):
            "\(one) and \(other) are not of the same images: \(difference); evaluate both on one source"
        }
    }
}
