/// What a shared pair costs and saves, in um2 of cells.
public struct PairCosts: Hashable, Sendable {
    /// A full adder, a half adder, a flip-flop.
    public var fullAdder, halfAdder, flipFlop: Double

    /// Areas of ASAP7 (predictive): FAx1, HAxp5, DFFHQNx1.
    public static let asap7 = PairCosts(fullAdder: 0.20412, halfAdder: 0.13122, flipFlop: 0.2916)

    /// Costs of the given cells.
    public init(fullAdder: Double, halfAdder: Double, flipFlop: Double) {
        (self.fullAdder, self.halfAdder, self.flipFlop) = (fullAdder, halfAdder, flipFlop)
    }

    /// Saved at each neuron: a sum of `9 + d` bits takes the place of 16, and each bit less is a full adder less.
    func saving(distance: Int) -> Double { Double(7 - distance) * fullAdder }

    /// The pair's adder and its registers.
    func cost(distance: Int) -> Double {
        Double(7 - distance) * fullAdder + Double(distance + 1) * halfAdder + 9 * flipFlop
    }

    /// What is won by a pair that `uses` neurons take.
    package func gain(uses: Int, distance: Int) -> Double {
        Double(uses) * saving(distance: distance) - cost(distance: distance)
    }
}
