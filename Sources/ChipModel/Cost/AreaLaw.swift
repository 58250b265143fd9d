/// Cells of a layer's neurons by their non-zero weights: adder trees, carry-propagate adders, shift, saturation.
///
/// `weights * (1.635 + 0.37 / sqrt(weights a neuron)) + 1.4 * neurons`, in um2, at most 1.87 a weight. Narrow neurons
/// pay more for a weight, since their half adders and last columns are shared by fewer.
/// - Range: 5 to 960 non-zero weights a neuron. Within 3 % of a network, 7 % of a layer.
/// - Source: seven layers of a prototype on ASAP7 (predictive, `seven-nm.md` 2.1); the most a weight from `chip synth`.
public enum AreaLaw {
    /// How far a whole network may be from the law.
    public static let networkTolerance = 0.03
    /// How far a single layer may be from it.
    public static let layerTolerance = 0.07

    /// The most that a weight takes, um2: depthwise neurons of nine weights.
    static let weightAreaMax = 1.87

    /// Area in um2 of `weights` non-zero weights in `neurons` neurons.
    public static func area(weights: Int, neurons: Int) -> Double {
        guard weights > 0, neurons > 0 else { return 1.4 * Double(max(0, neurons)) }
        let fanIn = Double(weights) / Double(neurons)
        let law = Double(weights) * weightArea(fanIn: fanIn) + 1.4 * Double(neurons)
        return min(law, Double(weights) * weightAreaMax)
    }

    /// Area in um2 of one weight of a neuron of `fanIn` non-zero weights.
    public static func weightArea(fanIn: Double) -> Double { 1.635 + 0.37 / max(1, fanIn).squareRoot() }

    /// Area of one lane, um2: the law, or counted cells where pairs are shared, which the law was not fitted on.
    public static func area(of census: LayerCensus) -> Double {
        guard census.pairs > 0 else {
            return area(weights: census.nonZeroWeights, neurons: census.neurons)
        }
        let cells = [
            (census.fullAdders, CellConstants.fullAdder), (census.halfAdders, CellConstants.halfAdder),
            (census.majorities, CellConstants.majority), (census.nands, CellConstants.nand),
            (census.inverters, CellConstants.inverter), (census.accumulatorBits, CellConstants.saturation),
        ]
        return cells.reduce(0) { $0 + Double($1.0) * $1.1.estimate.value }
    }
}
