/// The points that no other point beats.
package enum ParetoFront {
    /// For each point whether it is on the front of its group: of more images/s, less area, less energy.
    ///
    /// - Complexity: square in the points.
    static func marks(_ points: [SweepPoint]) -> [Bool] {
        points.map { point in
            guard let own = figures(point) else { return false }
            return !points.contains { other in
                guard other.weights == point.weights, let rival = figures(other) else { return false }
                return dominates(rival, own)
            }
        }
    }

    /// Whether `left` is nowhere worse, and somewhere better; all are costs.
    package static func dominates(_ left: [Double], _ right: [Double]) -> Bool {
        zip(left, right).allSatisfy { $0 <= $1 } && zip(left, right).contains { $0 < $1 }
    }

    private static func figures(_ point: SweepPoint) -> [Double]? {
        guard let rate = point.simulated?.imagesPerSecond, let model = point.modelled else { return nil }
        return [-rate, model.placedMm2.value, model.microjoules.value]
    }
}
