/// Ridge regression from the definition: standardised columns, Gaussian elimination with pivoting.
enum NaiveRidge {
    static func weights(
        _ samples: SyntheticSamples,
        of world: SyntheticSamples.World,
        ridge: Double
    ) -> [Double] {
        let (width, count) = (world.featureCount, Double(samples.count))
        var columns = (0..<width).map { feature in
            (0..<samples.count).map { Double(samples.features[$0 * width + feature]) }
        }
        var deviations: [Double] = []
        for feature in 0..<width {
            let mean = columns[feature].reduce(0, +) / count
            for row in columns[feature].indices { columns[feature][row] -= mean }
            deviations.append((columns[feature].reduce(0) { $0 + $1 * $1 } / count + 1).squareRoot())
            for row in columns[feature].indices { columns[feature][row] /= deviations[feature] }
        }
        var weights: [Double] = []
        for classIndex in 0..<world.classCount {
            let share = Double(samples.labels.count { $0 == classIndex }) / count
            let targets = samples.labels.map { ($0 == classIndex ? 1 : 0) - share }
            var system = (0..<width).map { row in
                (0..<width).map { column in
                    zip(columns[row], columns[column]).reduce(0) { $0 + $1.0 * $1.1 } / count
                        + (row == column ? ridge : 0)
                } + [zip(columns[row], targets).reduce(0) { $0 + $1.0 * $1.1 } / count]
            }
            weights += zip(eliminate(&system), deviations).map { $0 / $1 }
        }
        return weights
    }

    private static func eliminate(_ system: inout [[Double]]) -> [Double] {
        let size = system.count
        for column in 0..<size {
            let pivot = (column..<size).max { abs(system[$0][column]) < abs(system[$1][column]) } ?? column
            system.swapAt(column, pivot)
            for row in 0..<size where row != column {
                let factor = system[row][column] / system[column][column]
                for index in column...size { system[row][index] -= factor * system[column][index] }
            }
        }
        return (0..<size).map { system[$0][size] / system[$0][$0] }
    }
}
