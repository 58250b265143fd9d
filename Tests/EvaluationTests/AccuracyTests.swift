import ClassifierHead
import Evaluation
import Figures
import Testing

@Suite struct EvaluationTallyTests {
    /// Logits whose best class is `answer`, followed by the classes after it in a circle.
    private func logits(_ answer: Int, classes: Int) -> [Int32] {
        (0..<classes).map { Int32(-(($0 - answer + classes) % classes)) }
    }

    private func tally(_ images: [(trueClass: Int?, answer: Int)], classes: Int = 7) -> EvaluationTally {
        var tally = EvaluationTally(classNames: (0..<classes).map { "c\($0)" })
        for image in images {
            logits(image.answer, classes: classes).withUnsafeBufferPointer {
                #expect(tally.add(logits: $0, trueClass: image.trueClass) == image.answer)
            }
        }
        return tally
    }

    @Test func everyImageIsCountedOnceInTheConfusionMatrix() {
        let images: [(Int?, Int)] = [(0, 0), (0, 1), (1, 1), (1, 1), (2, 0), (nil, 3), (nil, 0), (6, 6)]
        let tally = tally(images)
        #expect(tally.images == 8 && tally.ownImages == 6 && tally.foreignImages == 2)
        #expect(tally.correct == 4)
        #expect(tally.count(trueClass: 0, answer: 1) == 1 && tally.count(trueClass: 1, answer: 1) == 2)
        #expect(tally.imagesOfClass == [2, 2, 1, 0, 0, 0, 1])
        #expect(tally.answersOfClass == [2, 3, 0, 0, 0, 0, 1])
        #expect(tally.foreign == [1, 0, 0, 1, 0, 0, 0])
    }

    /// The answers after `answer` in the circle are the next best: five of seven are in.
    @Test func theBestFiveCount() {
        let tally = tally([(4, 0), (5, 0), (0, 0), (2, 6)])
        #expect(tally.correct == 1 && tally.topKCorrect == 3)
    }

    @Test func talliesOfPartsAddUpInAnyOrder() {
        let images: [(Int?, Int)] = [(0, 0), (0, 1), (nil, 3), (6, 6), (5, 2)]
        let whole = tally(images)
        var forward = tally(Array(images[..<2]))
        forward.add(tally(Array(images[2...])))
        var backward = tally(Array(images[2...]))
        backward.add(tally(Array(images[..<2])))
        #expect(forward == whole && backward == whole)
    }

    @Test func foreignImagesAreWrongOverAllAndAbsentAmongOwnClasses() {
        let summary = EvaluationSummary(tally([(0, 0), (1, 1), (nil, 1), (nil, 2)]))
        #expect(summary.top1.share == 1 && summary.top1.images == 2)
        #expect(summary.top1AllImages.share == 0.5 && summary.top1AllImages.images == 4)
        #expect(summary.foreignImages == 2)
    }

    @Test func recallIsByTrueClassAndPrecisionByAnswer() {
        let summary = EvaluationSummary(tally([(0, 0), (0, 1), (0, 1), (1, 1)]))
        #expect(summary.classes[0].recall == .init(correct: 1, images: 3))
        #expect(summary.classes[0].precision == .init(correct: 1, images: 1))
        #expect(summary.classes[1].recall == .init(correct: 1, images: 1))
        #expect(summary.classes[1].precision == .init(correct: 1, images: 3))
        #expect(summary.classes[2].recall.share == 0)
    }

    /// R. G. Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
    @Test(arguments: [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)])
    func sharesHaveWilsonsInterval(correct: Int, images: Int, low: Double, high: Double) {
        let share = EvaluationSummary.Share(correct: correct, images: images)
        #expect(abs(share.low - low) < 0.00005 && abs(share.high - high) < 0.00005)
    }

    @Test func theMatrixIsWrittenRowByTrueClass() {
        var tally = EvaluationTally(classNames: ["a", "b,c"])
        for (trueClass, answer) in [(0, 1), (0, 1), (1, 1), (nil, 0)] as [(Int?, Int)] {
            logits(answer, classes: 2).withUnsafeBufferPointer {
                _ = tally.add(logits: $0, trueClass: trueClass)
            }
        }
        #expect(
            ConfusionTable.csv(tally) == """
                true class \\ answer,a,"b,c"
                a,0,2
                "b,c",0,1
                (classes the head does not know),1,0

                """)
        let worst = ConfusionTable.worst(tally, limit: 5)
        #expect(worst.count == 1 && worst[0] == (0, 1, 2))
    }

    @Test func quotesInFieldsAreDoubled() {
        #expect(CommaSeparated.text([["a\"b", "c\nd", "e"]]) == "\"a\"\"b\",\"c\nd\",e\n")
    }
}

@Suite struct LabelMapTests {
    @Test func labelsWithoutNamesAreClassIndices() {
        let map = LabelMap(classCount: 3)
        #expect(map[0] == 0 && map[2] == 2 && map[3] == nil && map[-1] == nil)
        #expect(map.rule == .index)
    }

    /// The head left out the second of four classes, so indices and labels part there.
    @Test func namesDecideWhereThereAreSome() throws {
        let map = try LabelMap(labelNames: ["cat", "cow", "dog", "pig"], classNames: ["cat", "dog", "pig"])
        #expect((0..<5).map { map[$0] } == [0, nil, 1, 2, nil])
        #expect(map.rule == .name)
    }

    @Test func namesWithoutAnyCommonClassAreRefused() {
        #expect(throws: EvaluationError.noCommonClass(labels: ["a"], classes: ["b"])) {
            try LabelMap(labelNames: ["a"], classNames: ["b"])
        }
    }
}
