import ClassifierHead
import Testing
import TestSupport

/// Every instruction set tier; those that this machine lacks show as skipped cases.
private let tiers = ["scalar", "avx2", "avx512vnni"]

@Suite struct NPUBankTests {
    /// Sizes below, at and above every block and vector length of the kernels.
    @Test(
        arguments: tiers,
        [2, 3, 5, 15, 16, 17, 31, 33, 47, 48, 64, 65, 80]
    )
    func everyTierEqualsTheReference(tier: String, classCount: Int) throws {
        for featureCount in [1, 2, 3, 4, 5, 8, 15, 16, 63, 64, 65, 130] {
            let seed = UInt64(classCount * 1_000 + featureCount)
            var generator = SeededRandom(seed: seed)
            let head = try randomHead(classCount: classCount, featureCount: featureCount, using: &generator)
            guard let bank = NPUBank(head, tierName: tier) else {
                try Test.cancel("this machine lacks the tier \(tier)")
            }
            #expect(bank.tierName == tier)
            for count in [0, 1, 2, 3, 4, 5, 9] {
                let features = extremeBytes(count * featureCount, using: &generator)
                let logits = bankLogits(head, bank: bank, features: features, count: count)
                #expect(
                    logits == referenceLogits(head, features: features),
                    "\(tier), \(classCount) x \(featureCount), \(count) images, seed \(seed)"
                )
            }
        }
    }

    /// More images than one pass takes, at the size of the real head.
    @Test(arguments: tiers)
    func everyTierEqualsTheReferenceAtTheRealSize(tier: String) throws {
        var generator = SeededRandom(seed: 9)
        let head = try randomHead(classCount: 1_000, featureCount: 1_280, using: &generator)
        guard let bank = NPUBank(head, tierName: tier) else {
            try Test.cancel("this machine lacks the tier \(tier)")
        }
        let features = extremeBytes(67 * 1_280, using: &generator)
        let logits = bankLogits(head, bank: bank, features: features, count: 67)
        for image in [0, 1, 62, 63, 64, 65, 66] {
            let row = Array(features[(image * 1_280)..<((image + 1) * 1_280)])
            let slice = Array(logits[(image * 1_000)..<((image + 1) * 1_000)])
            #expect(slice == HeadReference.logits(head, features: row), "\(tier), image \(image)")
        }
    }

    @Test(arguments: tiers)
    func theLargestNumbersGiveExactLogits(tier: String) throws {
        let rows: [Int8] = [127, -127, -128, 127, -128]
        let head = try makeHead(
            featureCount: 1_280,
            weights: rows.flatMap { [Int8](repeating: $0, count: 1_280) },
            bias: [0, 0, 0, 1 << 24, -(1 << 24)]
        )
        guard let bank = NPUBank(head, tierName: tier) else {
            try Test.cancel("this machine lacks the tier \(tier)")
        }
        let expected: [Int32] = [
            41_452_800, -41_452_800, -41_779_200, 41_452_800 + 16_777_216, -41_779_200 - 16_777_216,
        ]
        let features = [UInt8](repeating: 255, count: 1_280)
        #expect(HeadReference.logits(head, features: features) == expected)
        #expect(bankLogits(head, bank: bank, features: features, count: 1) == expected)
        let dark = [UInt8](repeating: 0, count: 1_280)
        #expect(bankLogits(head, bank: bank, features: dark, count: 1) == head.bias)
    }

    @Test func everyMachineHasTheScalarTierAndNoUnknownOne() throws {
        let head = try makeHead(featureCount: 1, weights: [1, 2], bias: [0, 0])
        #expect(NPUBank(head, tierName: "scalar") != nil)
        for name in ["", "SCALAR", "neon9", "scalar "] {
            #expect(NPUBank(head, tierName: name) == nil, "tier '\(name)'")
        }
        #expect(tiers.contains(NPUBank(head).tierName))
    }

    @Test func theBankTellsItsSizeAndWork() throws {
        let head = try makeHead(
            featureCount: 5,
            weights: [Int8](repeating: 1, count: 85),
            bias: Array(0..<17)
        )
        let bank = NPUBank(head)
        #expect(bank.multiplyAccumulates(count: 10) == 850)
        // Classes are padded to 32, features to 8.
        #expect(bank.memoryBytes == 32 * 8 + 32 * 4)
        #expect(bank.classCount == 17)
        #expect(bank.featureCount == 5)
    }

    @Test func buffersOfTheWrongLengthStopTheProgram() async {
        await #expect(processExitsWith: .failure) {
            let head = try makeHead(featureCount: 3, weights: [1, 2, 3, 4, 5, 6], bias: [0, 0])
            _ = bankLogits(head, features: [1, 2, 3, 4], count: 1)
        }
    }

    private func referenceLogits(_ head: ClassifierHead, features: [UInt8]) -> [Int32] {
        stride(from: 0, to: features.count, by: head.featureCount).flatMap { start in
            HeadReference.logits(head, features: Array(features[start..<(start + head.featureCount)]))
        }
    }

    /// Bytes of which half are 0 or 255.
    private func extremeBytes(_ count: Int, using generator: inout SeededRandom) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<count {
            let extreme: UInt8 = Bool.random(using: &generator) ? 255 : 0
            let any = UInt8.random(in: 0...255, using: &generator)
            bytes.append(Bool.random(using: &generator) ? extreme : any)
        }
        return bytes
    }
}
