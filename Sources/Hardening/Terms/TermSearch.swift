public import ClassifierHead
public import FloatNetwork
public import HardenedBackbone

/// Finds the cheapest set of layers whose weights are sums of two powers of two.
///
/// Layers are ranked once, by the noise that a second term takes away for each full adder that it costs. Then
/// sets of the best layers are hardened and compared on the held-out images, halving the range of adders between
/// a set that is good enough and one that is not: single powers everywhere, sums everywhere, and about five more.
public enum TermSearch {
    /// One set of layers, hardened.
    public struct Point: Sendable {
        /// Which layers have sums.
        public let layers: Set<Int>
        /// Full adders of the whole network.
        public let fullAdders: Int
        /// The result.
        public let network: HardenedNetwork

        /// On how many held-out images the class is the float network's.
        public var agreement: Accuracy {
            network.report.heldOut?.agreement ?? Accuracy(correct: 0, total: 0)
        }
    }

    /// What was tried, from the cheapest on, and which of them is the cheapest that is good enough.
    public struct Result: Sendable {
        /// From the fewest full adders to the most.
        public let points: [Point]
        /// Index of the chosen one.
        public let chosen: Int
    }

    /// Ends where two neighbouring sets are closer than this share of what all second terms cost.
    private static let resolution = 0.03

    /// Searches.
    ///
    /// - Parameters:
    ///   - drop: how many of 100 held-out images may lose the float network's class, beside sums everywhere.
    ///   - fullAdders: counts them in every layer of an artefact.
    ///   - progress: called before each hardening with the set's layers, and by the hardening.
    /// - Throws: ``HardeningError``; a network without a classifier, or without held-out images, can not be searched.
    public static func search(
        _ network: FloatNetwork, calibration: [[UInt8]], heldOut: [[UInt8]], options: HardeningOptions,
        drop: Double, crew: WorkCrew = .serial, fullAdders: (BackboneArtifact) -> [Int],
        attempt: (Set<Int>) -> Void = { _ in }, progress: (HardeningProgress) -> Void = { _ in }
    ) throws(HardeningError) -> Result {
        guard network.classifier != nil, !heldOut.isEmpty else {
            throw .badOption(
                name: "drop", found: "\(drop)", expected: "a network with a classifier, and held-out images")
        }
        func point(_ layers: Set<Int>) throws(HardeningError) -> (point: Point, adders: [Int]) {
            attempt(layers)
            var options = options
            options.terms = layers.isEmpty ? .single : .layers(layers)
            let hardened = try Hardener.harden(
                network, calibration: calibration, heldOut: heldOut, options: options, crew: crew,
                progress: progress)
            let adders = fullAdders(hardened.artifact)
            let point = Point(layers: layers, fullAdders: adders.reduce(0, +), network: hardened)
            return (point, adders)
        }
        let all = Set(network.network.layers.indices)
        let double = try point(all)
        let single: (point: Point, adders: [Int])
        do {
            single = try point([])
        } catch {
            // Worthless without any second term: the search begins above it.
            guard case .constantAnswer = error else { throw error }
            return Result(points: [double.point], chosen: 0)
        }
        let least = double.point.agreement.fraction - drop / 100 - 1e-9
        func isGood(_ point: Point) -> Bool { point.agreement.fraction >= least }
        var points = [single.point, double.point]
        let order = ranking(single, double)
        // Full adders of the best 0, 1, ... layers, as the two ends have them.
        let costs = order.reduce(into: [0]) { costs, layer in
            costs.append(costs[costs.count - 1] + max(0, double.adders[layer] - single.adders[layer]))
        }
        var (low, high) = (0, order.count)
        if isGood(single.point) { high = 0 }
        while high - low > 1, Double(costs[high] - costs[low]) > resolution * Double(costs[order.count]) {
            let half = (costs[low] + costs[high]) / 2
            let nearest = (low + 1..<high).min { abs(costs[$0] - half) < abs(costs[$1] - half) }
            guard let middle = nearest else { break }
            let tried = try point(Set(order.prefix(middle)))
            points.append(tried.point)
            if isGood(tried.point) { high = middle } else { low = middle }
        }
        points.sort { $0.fullAdders < $1.fullAdders }
        let chosen = points.firstIndex(where: isGood) ?? points.count - 1
        return Result(points: points, chosen: chosen)
    }

    /// Layers by noise power that a second term takes away for each full adder, the best first.
    private static func ranking(
        _ single: (point: Point, adders: [Int]), _ double: (point: Point, adders: [Int])
    ) -> [Int] {
        func noise(_ point: Point, _ layer: Int) -> Double {
            let decibels = point.network.report.layers[layer].roundingSqnrDb ?? Decibels.most
            return Decibels.noise(decibels)
        }
        let gains = single.adders.indices.map { layer in
            (noise(single.point, layer) - noise(double.point, layer))
                / Double(max(1, double.adders[layer] - single.adders[layer]))
        }
        return gains.indices.sorted { (gains[$1], $0) < (gains[$0], $1) }
    }
}
