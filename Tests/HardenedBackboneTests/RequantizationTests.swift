import QuantizedTensors
import Testing
import TestSupport

/// The normative scalar arithmetic, against values worked out by hand from hardware-and-po2.md, section 3.
@Suite struct RequantizationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let sum: Int32
        var residual: Int32 = 0
        let shift: UInt8
        var residualShift: Int8 = 0
        let type: ActivationType
        let expected: Int32
        var testDescription: String { "(\(sum), \(residual)) >> \(shift), d \(residualShift) to \(type)" }
    }

    static let table: [Case] = [
        // Halves go up, toward positive infinity, on both sides of zero.
        Case(sum: 8, shift: 4, type: .s8, expected: 1),
        Case(sum: 7, shift: 4, type: .s8, expected: 0),
        Case(sum: 24, shift: 4, type: .s8, expected: 2),
        Case(sum: -8, shift: 4, type: .s8, expected: 0),
        Case(sum: -9, shift: 4, type: .s8, expected: -1),
        Case(sum: -24, shift: 4, type: .s8, expected: -1),
        Case(sum: -25, shift: 4, type: .s8, expected: -2),
        Case(sum: -1, shift: 1, type: .s8, expected: 0),
        Case(sum: 1, shift: 1, type: .s8, expected: 1),
        Case(sum: -3, shift: 1, type: .s8, expected: -1),
        // No rounding constant at shift 0.
        Case(sum: 5, shift: 0, type: .u8, expected: 5),
        Case(sum: -5, shift: 0, type: .s8, expected: -5),
        // Saturation comes after the shift.
        Case(sum: 255 << 4, shift: 4, type: .u8, expected: 255),
        Case(sum: 255 << 4 + 7, shift: 4, type: .u8, expected: 255),
        Case(sum: 256 << 4, shift: 4, type: .u8, expected: 255),
        Case(sum: -1, shift: 0, type: .u8, expected: 0),
        Case(sum: -(1 << 29), shift: 4, type: .u8, expected: 0),
        Case(sum: 1 << 29, shift: 20, type: .u8, expected: 255),
        Case(sum: 100 << 20, shift: 20, type: .u8, expected: 100),
        Case(sum: 127 << 3 + 3, shift: 3, type: .s8, expected: 127),
        Case(sum: 127 << 3 + 4, shift: 3, type: .s8, expected: 127),
        Case(sum: -(128 << 3) - 4, shift: 3, type: .s8, expected: -128),
        Case(sum: -(128 << 3) - 5, shift: 3, type: .s8, expected: -128),
        Case(sum: -(1 << 29), shift: 0, type: .s8, expected: -128),
        // The residual is aligned first; there is one rounding and one saturation.
        Case(sum: 8, residual: 10, shift: 4, type: .s8, expected: 11),
        Case(sum: 7, residual: 10, shift: 4, type: .s8, expected: 10),
        Case(sum: -9, residual: -10, shift: 4, type: .s8, expected: -11),
        Case(sum: 200 << 4, residual: -100, shift: 4, type: .s8, expected: 100),
        Case(sum: 0, residual: 127, shift: 4, residualShift: 1, type: .s8, expected: 127),
        Case(sum: 0, residual: 5, shift: 4, residualShift: 1, type: .s8, expected: 10),
        Case(sum: 0, residual: 5, shift: 4, residualShift: -1, type: .s8, expected: 3),
        Case(sum: 0, residual: -5, shift: 4, residualShift: -1, type: .s8, expected: -2),
        Case(sum: 0, residual: -128, shift: 20, type: .s8, expected: -128),
    ]

    @Test(arguments: table) func requantizesAsTabulated(_ row: Case) {
        let value = Requantization.requantize(
            accumulator: row.sum,
            residual: row.residual,
            shift: row.shift,
            residualShift: row.residualShift,
            to: row.type
        )
        #expect(value == row.expected)
    }

    @Test func equalsRealArithmeticOnRandomSums() {
        let seed: UInt64 = 11
        var generator = SeededRandom(seed: seed)
        for _ in 0..<20_000 {
            let shift = UInt8.random(in: 0...20, using: &generator)
            let sum = Int32.random(in: -(300 << Int32(shift))...(300 << Int32(shift)), using: &generator)
            let residual = Int32.random(in: -128...127, using: &generator)
            let down = Int8.random(in: -Int8(min(shift, 3))...0, using: &generator)
            let type: ActivationType = Bool.random(using: &generator) ? .u8 : .s8
            let scale = Double(1 << Int(shift))
            let exact = (Double(sum) + Double(residual) * Double(1 << (Int(shift) + Int(down)))) / scale
            let expected = min(
                max((exact + 0.5).rounded(.down), Double(type.range.lowerBound)),
                Double(type.range.upperBound)
            )
            let value = Requantization.requantize(
                accumulator: sum,
                residual: residual,
                shift: shift,
                residualShift: down,
                to: type
            )
            guard Double(value) != expected else { continue }
            Issue.record("seed \(seed): \(sum), \(residual) >> \(shift), \(down): \(value), not \(expected)")
            return
        }
    }

    @Test func poolsWithHalvesUpAndSaturation() {
        #expect(Pooling.feature(sum: 0, shift: 5) == 0)
        #expect(Pooling.feature(sum: 15, shift: 5) == 0)
        #expect(Pooling.feature(sum: 16, shift: 5) == 1)
        #expect(Pooling.feature(sum: 255 * 32 + 15, shift: 5) == 255)
        #expect(Pooling.feature(sum: 255 * 32 + 16, shift: 5) == 255)
        #expect(Pooling.feature(sum: 12_495, shift: 5) == 255)
        #expect(Pooling.feature(sum: 12_495, shift: 6) == 195)
        #expect(Pooling.feature(sum: 4, shift: 3) == 1)
    }

    @Test func weightsHaveFifteenCodesAndNoNegativeZero() {
        let values = (UInt8(0)..<15).compactMap { Po2Weight(code: $0)?.value }
        #expect(values == [1, 2, 4, 8, 16, 32, 64, 0, -1, -2, -4, -8, -16, -32, -64])
        #expect(Po2Weight(code: 15) == nil)
        #expect(Po2Weight(code: 16) == nil)
        for value in Int8.min...Int8.max {
            let weight = Po2Weight(value: value)
            #expect((weight != nil) == values.contains(value))
            if let weight { #expect(weight.value == value && Po2Weight(code: weight.code) == weight) }
        }
    }

    @Test func projectsToTheNearestWeightOnTheLinearScale() {
        func nearest(_ thousandths: Int64) -> Int8 {
            Po2Weight.nearest(to: thousandths, over: 1000).value
        }
        #expect([0, 499, 500, 1499, 1500, 2999, 3000].map(nearest) == [0, 0, 1, 1, 2, 2, 4])
        #expect([-499, -500, -1500, -47_999, -48_000, -900_000].map(nearest) == [0, -1, -2, -32, -64, -64])
    }

    @Test func boundsCountBothSignsTheResidualAndTheRounding() {
        let unsigned = AccumulatorBound(
            weights: [64, -2],
            input: .u8,
            bias: 10,
            shift: 3,
            residualShift: nil
        )
        #expect(unsigned.lowest == 10 - 510 && unsigned.highest == 10 + 64 * 255 + 4)
        let signed = AccumulatorBound(weights: [64, -2], input: .s8, bias: 0, shift: 0, residualShift: 1)
        #expect(signed.lowest == -64 * 128 - 2 * 127 - 256)
        #expect(signed.highest == 64 * 127 + 2 * 128 + 254)
    }

    @Test func boundsAreSafeUpToButNotAtTwoToTheThirtieth() {
        func isSafe(_ bias: Int32, _ weights: [Int8] = []) -> Bool {
            AccumulatorBound(weights: weights, input: .u8, bias: bias, shift: 0, residualShift: nil).isSafe
        }
        #expect(isSafe((1 << 30) - 1) && !isSafe(1 << 30))
        #expect(isSafe(-(1 << 30)) && !isSafe(-(1 << 30) - 1))
        #expect(!isSafe((1 << 30) - 255, [1]))
    }
}
