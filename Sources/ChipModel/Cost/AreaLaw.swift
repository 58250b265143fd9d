/// Cells of a layer's neurons by their non-zero weights: adder trees, carry-propagate adders, shift, saturation.
///
/// `weights * (1.635 + 0.37 / sqrt(weights a neuron)) + 1.4 * neurons`, in um2. Narrow neurons pay more for a
/// weight, since their half adders and last columns are shared by fewer.
/// - Range: fan-in 8 to 960; fitted on seven synthesised layers (fan-in 32 to 960) and on the width-10 network
///   (127,963 um2). Within 3 % of a network, 7 % of a layer.
/// - Source: synthesis on ASAP7 (predictive) with explicit full adders, `seven-nm.md` 2.1.
public enum AreaLaw {
    /// How far a whole network may be from the law.
    public static let networkTolerance = 0.03
    /// How far a single layer may be from it.
    public static let layerTolerance = 0.07

    /// Area in um2 of `weights` non-zero weights in `neurons` neurons.
    public static func area(weights: Int, neurons: Int) -> Double {
        guard weights > 0, neurons > 0 else { return 1.4 * Double(max(0, neurons)) }
        let fanIn = Double(weights) / Double(neurons)
        return Double(weights) * weightArea(fanIn: fanIn) + 1.4 * Double(neurons)
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
