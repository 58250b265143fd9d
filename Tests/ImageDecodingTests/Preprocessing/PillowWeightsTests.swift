import ImageDecoding
import TestSupport
import Testing

@Suite struct PillowWeightsTests {
    private static let curves = [PillowCurve.bilinear, .bicubic]

    /// What the kernels rely on, over axes of every kind.
    @Test func weightsStayInsideTheirBounds() {
        var random = SeededRandom(seed: 31)
        var axes = [(1, 1), (1, 224), (32_768, 1), (32_768, 224), (42, 39), (2, 1 << 27), (32_768, 1 << 27)]
        for _ in 0..<300 {
            axes.append((Int.random(in: 1...3_000, using: &random), Int.random(in: 1...600, using: &random)))
        }
        for (n, m) in axes {
            for curve in Self.curves {
                let weights = PillowWeights(sourceCount: n, targetCount: m, curve: curve)
                for target in Set([0, 1, 2, m / 2, m / 3, m - 1]) where target < m {
                    let row = weights.target(target)
                    let sum = row.weights.reduce(0, +)
                    let size = row.weights.reduce(0) { $0 + abs($1) }
                    #expect(row.first >= 0 && row.first + row.weights.count <= n, "\(n) to \(m)")
                    #expect(abs(sum - 1 << 22) <= row.weights.count / 2 + 1, "\(n) to \(m), target \(target)")
                    #expect(size < 3 << 21, "\(n) to \(m), target \(target): \(size)")
                    #expect(row.weights.allSatisfy { abs($0) < 1 << 23 })
                    #expect(row.weights.first != 0 && row.weights.last != 0)
                }
            }
        }
    }

    /// The narrow arithmetic ends where it could overflow: on both sides of it the rule is the same.
    @Test func narrowAndWideArithmeticAgree() {
        for n in [4_094, 4_095, 4_096, 4_097] {
            let weights = PillowWeights(sourceCount: n, targetCount: 224, curve: .bicubic)
            for target in [0, 1, 100, 223] {
                let row = weights.target(target)
                let real = Self.bicubic(n: n, m: 224, target: target, row: row)
                for (weight, expected) in zip(row.weights, real) {
                    #expect(abs(Double(weight) - expected) <= 0.5 + 1e-6, "\(n), target \(target)")
                }
            }
        }
    }

    /// The weights in doubles, from the textbook form of the kernel.
    private static func bicubic(n: Int, m: Int, target: Int, row: PillowWeights.Row) -> [Double] {
        let scale = max(1, Double(n) / Double(m))
        let centre = (Double(target) + 0.5) * Double(n) / Double(m)
        func height(_ source: Int) -> Double {
            let x = abs((Double(source) + 0.5 - centre) / scale)
            if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
            return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0
        }
        let sum = (0..<n).map(height).reduce(0, +)
        return row.weights.indices.map { height(row.first + $0) / sum * 4_194_304 }
    }

    @Test func anAxisThatKeepsItsLengthChangesNothing() {
        for curve in Self.curves {
            let weights = PillowWeights(sourceCount: 37, targetCount: 37, curve: curve)
            for target in 0..<37 {
                let row = weights.target(target)
                #expect(row.first == target && row.weights == [1 << 22])
            }
        }
    }

    /// Pillow 13's order, with its borders.
    @Test func theOrderOfPassesIsPillows() {
        func isVerticalFirst(_ from: (Int, Int), _ to: (Int, Int)) -> Bool {
            ResizeKernel.pillow13Bicubic.isVerticalFirst(
                from: PixelSize(width: from.0, height: from.1), to: PixelSize(width: to.0, height: to.1))
        }
        #expect(!isVerticalFirst((100, 100), (50, 50)) && !isVerticalFirst((100, 120), (90, 100)))
        #expect(isVerticalFirst((100, 121), (90, 100)) && isVerticalFirst((20, 40), (32, 32)))
        #expect(!isVerticalFirst((20, 32), (32, 32)))
        #expect(
            !ResizeKernel.pillowBicubic.isVerticalFirst(
                from: PixelSize(width: 10, height: 9_000), to: PixelSize(width: 5, height: 5)))
    }
}
