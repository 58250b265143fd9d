import ClassifierHead
import Testing

@Suite struct AccuracyTests {
    /// R. G. Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
    @Test(arguments: [
        (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718),
        (20, 20, 0.8389, 1),
    ])
    func intervalsAreThoseOfTheLiterature(correct: Int, total: Int, lower: Double, upper: Double) {
        let interval = Accuracy(correct: correct, total: total).wilson95
        #expect(abs(interval.lowerBound - lower) < 0.00005)
        #expect(abs(interval.upperBound - upper) < 0.00005)
    }

    @Test func nothingIsKnownWithoutImages() {
        #expect(Accuracy(correct: 0, total: 0).fraction == 0)
        #expect(Accuracy(correct: 0, total: 0).wilson95 == 0...1)
    }

    @Test func theTextHasPercentAndInterval() {
        #expect(Accuracy(correct: 81, total: 263).description == "30.80 % (25.53 to 36.62)")
        #expect(Accuracy(correct: 20, total: 20).description == "100.00 % (83.89 to 100.00)")
        #expect(Accuracy(correct: 1, total: 29).description == "3.45 % (0.61 to 17.18)")
    }

    /// More images than one batch; the head answers 1 exactly where the feature is above 100.
    @Test func correctAnswersAreCounted() throws {
        let head = try makeHead(featureCount: 1, weights: [0, 1], bias: [100, 0])
        let features = (0..<200).map { UInt8($0) }
        let labels = (0..<200).map { $0 < 150 ? 1 : 0 }
        let accuracy = features.withUnsafeBufferPointer {
            Accuracy(of: NPUBank(head), features: $0, count: 200, labels: labels)
        }
        #expect(accuracy == Accuracy(correct: 49, total: 200))
    }
}
