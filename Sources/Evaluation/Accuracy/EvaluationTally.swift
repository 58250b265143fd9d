import ClassifierHead

/// Counts right and wrong answers of one head, image by image.
///
/// Tallies of parts of a data set add up to the tally of the whole, in any order: everything is a count.
public struct EvaluationTally: Sendable, Hashable {
    /// How many of the best classes count for ``topKCorrect``, where the head has as many.
    public static let topK = 5

    /// The classes of the head, in its order.
    public let classNames: [String]
    /// Images whose class the head knows and answered.
    public private(set) var correct = 0
    /// Images whose class is among the best ``topK`` answers.
    public private(set) var topKCorrect = 0
    /// Images whose class the head does not know, by the class that it answered.
    public private(set) var foreign: [Int]

    /// Images by true and answered class; only what occurred, so a thousand classes cost little.
    private var cells: [Cell: Int] = [:]

    private struct Cell: Hashable {
        let trueClass: Int
        let answer: Int
    }

    /// A tally without images.
    public init(classNames: [String]) {
        self.classNames = classNames
        foreign = [Int](repeating: 0, count: classNames.count)
    }

    /// Counts one image.
    ///
    /// - Shape: `logits` is `[classes]`.
    /// - Parameter trueClass: the class of the head that is right, or `nil` where it does not know it.
    /// - Returns: the class that the head answered.
    @discardableResult
    public mutating func add(logits: UnsafeBufferPointer<Int32>, trueClass: Int?) -> Int {
        precondition(logits.count == classNames.count, "logits are not [classes]")
        let best = TopK.select(logits, k: Self.topK)
        let answer = best[0].classIndex
        guard let trueClass else {
            foreign[answer] += 1
            return answer
        }
        precondition(classNames.indices.contains(trueClass), "the class is not one of the head's")
        cells[Cell(trueClass: trueClass, answer: answer), default: 0] += 1
        if answer == trueClass { correct += 1 }
        if best.contains(where: { $0.classIndex == trueClass }) { topKCorrect += 1 }
        return answer
    }

    /// Adds the counts of another part of the same data set.
    public mutating func add(_ other: EvaluationTally) {
        precondition(classNames == other.classNames, "tallies of different heads do not add up")
        correct += other.correct
        topKCorrect += other.topKCorrect
        for index in foreign.indices { foreign[index] += other.foreign[index] }
        cells.merge(other.cells, uniquingKeysWith: +)
    }

    /// Images whose class the head knows.
    public var ownImages: Int { cells.values.reduce(0, +) }

    /// Images whose class the head does not know; none of them can be right.
    public var foreignImages: Int { foreign.reduce(0, +) }

    /// All images.
    public var images: Int { ownImages + foreignImages }

    /// Images of class `trueClass` that were answered `answer`.
    public func count(trueClass: Int, answer: Int) -> Int {
        cells[Cell(trueClass: trueClass, answer: answer)] ?? 0
    }

    /// Images of each class.
    ///
    /// - Shape: `[classes]`.
    public var imagesOfClass: [Int] { sums { $0.trueClass } }

    /// Answers of each class, to images of classes that the head knows.
    ///
    /// - Shape: `[classes]`.
    public var answersOfClass: [Int] { sums { $0.answer } }

    private func sums(_ index: (Cell) -> Int) -> [Int] {
        var sums = [Int](repeating: 0, count: classNames.count)
        for (cell, count) in cells { sums[index(cell)] += count }
        return sums
    }
}
