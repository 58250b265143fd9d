public import ClassifierHead

/// What a tally says: shares with their 95 % intervals, per class and over all.
public struct EvaluationSummary: Sendable, Hashable, Encodable {
    /// A share of images, with how many they are and where the true share lies.
    public struct Share: Sendable, Hashable, Encodable {
        /// How many were right.
        public let correct: Int
        /// How many there were.
        public let images: Int
        /// `correct / images`; 0 where there are none.
        public let share: Double
        /// Lower end of the Wilson 95 % interval.
        public let low: Double
        /// Upper end of the Wilson 95 % interval.
        public let high: Double

        /// `correct` of `images`.
        public init(correct: Int, images: Int) { self.init(Accuracy(correct: correct, total: images)) }

        /// The figures of `accuracy`.
        public init(_ accuracy: Accuracy) {
            (correct, images, share) = (accuracy.correct, accuracy.total, accuracy.fraction)
            (low, high) = (accuracy.wilson95.lowerBound, accuracy.wilson95.upperBound)
        }

        /// For people: `97.31 % (96.94 to 97.64)`.
        public var text: String { Accuracy(correct: correct, total: images).description }
    }

    /// One class of the head.
    public struct ClassResult: Sendable, Hashable, Encodable {
        /// The class's name.
        public let name: String
        /// Of the images of the class, those answered as it (also called sensitivity).
        public let recall: Share
        /// Of the answers of this class, those that were right; images of foreign classes do not count.
        public let precision: Share
    }

    /// Right first answers, among images of classes that the head knows.
    public let top1: Share
    /// The same for the best five answers; a head with five classes or fewer is always right here.
    public let top5: Share
    /// Right first answers among all images: those of foreign classes are all wrong.
    public let top1AllImages: Share
    /// Images of classes that the head does not know.
    public let foreignImages: Int
    /// Each class, in the head's order.
    public let classes: [ClassResult]

    /// The figures of `tally`.
    public init(_ tally: EvaluationTally) {
        let own = tally.ownImages
        top1 = Share(correct: tally.correct, images: own)
        top5 = Share(correct: tally.topKCorrect, images: own)
        top1AllImages = Share(correct: tally.correct, images: tally.images)
        foreignImages = tally.foreignImages
        let (images, answers) = (tally.imagesOfClass, tally.answersOfClass)
        classes = tally.classNames.indices.map { index in
            let right = tally.count(trueClass: index, answer: index)
            return ClassResult(
                name: tally.classNames[index],
                recall: Share(correct: right, images: images[index]),
                precision: Share(correct: right, images: answers[index])
            )
        }
    }
}
