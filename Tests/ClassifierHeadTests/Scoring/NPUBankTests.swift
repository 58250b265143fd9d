import ClassifierHead
import Testing

@Suite struct NPUBankTests {
    /// Sizes below, at and above every block and vector length that an implementation may use.
    @Test(
        arguments: [2, 3, 4, 5, 7, 8, 9, 16, 33],
        [1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 127, 130]
    )
    func theBankEqualsTheReference(classCount: Int, featureCount: Int) throws {
        let seed = UInt64(classCount * 1_000 + featureCount)
        var generator = SeededGenerator(seed: seed)
        let head = try randomHead(classCount: classCount, featureCount: featureCount, using: &generator)
        for count in [0, 1, 2, 3, 4, 5, 17] {
            var features: [UInt8] = []
            for _ in 0..<(count * featureCount) {
                features.append(extremeByte(using: &generator))
            }
            let logits = bankLogits(head, features: features, count: count)
            for image in 0..<count {
                let row = Array(features[(image * featureCount)..<((image + 1) * featureCount)])
                let slice = Array(logits[(image * classCount)..<((image + 1) * classCount)])
                #expect(slice == HeadReference.logits(head, features: row), "seed \(seed), image \(image)")
            }
        }
    }

    @Test func theBankEqualsTheReferenceAtTheRealSize() throws {
        var generator = SeededGenerator(seed: 9)
        let head = try randomHead(classCount: 1_000, featureCount: 1_280, using: &generator)
        var features: [UInt8] = []
        for _ in 0..<(3 * 1_280) { features.append(extremeByte(using: &generator)) }
        let logits = bankLogits(head, features: features, count: 3)
        for image in 0..<3 {
            let row = Array(features[(image * 1_280)..<((image + 1) * 1_280)])
            #expect(
                Array(logits[(image * 1_000)..<((image + 1) * 1_000)])
                    == HeadReference.logits(head, features: row)
            )
        }
    }

    @Test func theLargestNumbersGiveExactLogits() throws {
        let rows: [Int8] = [127, -127, -128, 127, -128]
        let head = try makeHead(
            featureCount: 1_280,
            weights: rows.flatMap { [Int8](repeating: $0, count: 1_280) },
            bias: [0, 0, 0, 1 << 24, -(1 << 24)]
        )
        let expected: [Int32] = [
            41_452_800, -41_452_800, -41_779_200, 41_452_800 + 16_777_216, -41_779_200 - 16_777_216,
        ]
        let features = [UInt8](repeating: 255, count: 1_280)
        #expect(HeadReference.logits(head, features: features) == expected)
        #expect(bankLogits(head, features: features, count: 1) == expected)
        let dark = [UInt8](repeating: 0, count: 1_280)
        #expect(bankLogits(head, features: dark, count: 1) == head.bias)
    }

    @Test func theBankTellsItsSizeAndWork() throws {
        let head = try makeHead(featureCount: 3, weights: [1, 2, 3, 4, 5, 6], bias: [0, 0])
        let bank = NPUBank(head)
        #expect(bank.multiplyAccumulates(count: 10) == 60)
        #expect(bank.memoryBytes >= 6 + 8)
        #expect(bank.classCount == 2)
        #expect(bank.featureCount == 3)
    }

    @Test func buffersOfTheWrongLengthStopTheProgram() async {
        await #expect(processExitsWith: .failure) {
            let head = try makeHead(featureCount: 3, weights: [1, 2, 3, 4, 5, 6], bias: [0, 0])
            _ = bankLogits(head, features: [1, 2, 3, 4], count: 1)
        }
    }

    private func extremeByte(using generator: inout SeededGenerator) -> UInt8 {
        switch UInt8.random(in: 0..<4, using: &generator) {
        case 0: 0
        case 1: 255
        default: UInt8.random(in: 0...255, using: &generator)
        }
    }
}
