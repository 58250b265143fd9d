import ClassifierHead
import Testing
import TestSupport

@Suite struct LinearAlgebraTests {
    @Test(arguments: [1, 2, 7, 8, 9, 17, 64, 100])
    func theFactorSolvesItsEquations(size: Int) throws {
        let seed = UInt64(size)
        var generator = SeededRandom(seed: seed)
        let matrix = definiteMatrix(size: size, using: &generator)
        let solution = (0..<size).map { _ in generator.normal() }
        var right = (0..<size).map { row in
            (0..<size).reduce(0.0) { $0 + matrix[row * size + $1] * solution[$1] }
        }
        let factor = try #require(CholeskyFactor(lowerTriangle: matrix, size: size))
        right.withUnsafeMutableBufferPointer { factor.solve($0, count: 1) }
        for index in 0..<size {
            #expect(abs(right[index] - solution[index]) < 1e-9, "seed \(seed), element \(index)")
        }
    }

    /// More right sides than one pass takes.
    @Test func manyRightSidesAreSolvedAsOne() throws {
        var generator = SeededRandom(seed: 8)
        let matrix = definiteMatrix(size: 13, using: &generator)
        let factor = try #require(CholeskyFactor(lowerTriangle: matrix, size: 13))
        let rights = (0..<35).map { _ in (0..<13).map { _ in generator.normal() } }
        var together = rights.flatMap { $0 }
        together.withUnsafeMutableBufferPointer { factor.solve($0, count: 35) }
        for (index, right) in rights.enumerated() {
            var alone = right
            factor.solve(&alone)
            #expect(Array(together[(index * 13)..<((index + 1) * 13)]) == alone, "right side \(index)")
        }
    }

    @Test func theUpperTriangleIsNotRead() throws {
        var generator = SeededRandom(seed: 3)
        var matrix = definiteMatrix(size: 12, using: &generator)
        var expected = [Double](repeating: 1, count: 12)
        try #require(CholeskyFactor(lowerTriangle: matrix, size: 12)).solve(&expected)
        for row in 0..<12 { for column in (row + 1)..<max(row + 1, 12) { matrix[row * 12 + column] = .nan } }
        var actual = [Double](repeating: 1, count: 12)
        try #require(CholeskyFactor(lowerTriangle: matrix, size: 12)).solve(&actual)
        #expect(actual == expected)
    }

    @Test(arguments: [[0.0], [-1.0], [1, 2, 2, 1], [1, 1, 1, 1], [Double.nan]])
    func matricesThatAreNotPositiveDefiniteAreRefused(matrix: [Double]) {
        #expect(CholeskyFactor(lowerTriangle: matrix, size: matrix.count == 1 ? 1 : 2) == nil)
    }

    /// Sample counts around the block length of the accumulation, feature counts around its row blocks.
    @Test(arguments: [2, 511, 512, 513, 1_030], [1, 3, 4, 5, 8, 11])
    func sumsAreThoseOfANaiveLoop(sampleCount: Int, featureCount: Int) {
        var generator = SeededRandom(seed: UInt64(sampleCount * 100 + featureCount))
        var equations = NormalEquations(featureCount: featureCount, classCount: 2)
        var gram = [Int64](repeating: 0, count: featureCount * featureCount)
        var sums = [Int64](repeating: 0, count: featureCount)
        for index in 0..<sampleCount {
            // Mostly 255: the products reach the bound of the 32-bit partial sums.
            let sample = (0..<featureCount).map { _ in
                Bool.random(using: &generator) ? 255 : UInt8.random(in: 0...255, using: &generator)
            }
            sample.withUnsafeBufferPointer { equations.add($0, classIndex: index % 2) }
            for row in 0..<featureCount {
                sums[row] += Int64(sample[row])
                for column in 0..<featureCount {
                    gram[row * featureCount + column] += Int64(sample[row]) * Int64(sample[column])
                }
            }
        }
        equations.flush()
        #expect(equations.featureSums == sums)
        for row in 0..<featureCount {
            for column in 0...row {
                #expect(
                    equations.product(row, column) == gram[row * featureCount + column],
                    "product of features \(row) and \(column)"
                )
            }
        }
    }

    /// 40,000 products of 255 and 255 are above 2^31, so a block of them all would overflow.
    @Test func manySamplesOfTheLargestFeaturesDoNotOverflow() {
        var equations = NormalEquations(featureCount: 4, classCount: 2)
        let sample: [UInt8] = [255, 255, 255, 255]
        sample.withUnsafeBufferPointer { sample in
            for index in 0..<40_000 { equations.add(sample, classIndex: index % 2) }
        }
        equations.flush()
        #expect(equations.product(0, 0) == 40_000 * 65_025)
        #expect(equations.product(3, 1) == 40_000 * 65_025)
    }

    private func definiteMatrix(size: Int, using generator: inout SeededRandom) -> [Double] {
        let roots = (0..<(size * size)).map { _ in generator.normal() }
        var matrix = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for column in 0..<size {
                for inner in 0..<size {
                    matrix[row * size + column] += roots[row * size + inner] * roots[column * size + inner]
                }
            }
            matrix[row * size + row] += 1
        }
        return matrix
    }
}

extension CholeskyFactor {
    /// Solves for an array in place.
    fileprivate func solve(_ right: inout [Double]) {
        right.withUnsafeMutableBufferPointer { solve($0, count: 1) }
    }
}
