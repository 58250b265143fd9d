internal import HardenedBackbone
internal import QuantizedTensors

/// Finds the width multiplier from channel counts.
enum WidthDeduction {
    /// The network of input size `inputSize` whose layers have `channels` output channels.
    ///
    /// Several percents can give the same network; the roundest one is taken (100 before 101).
    ///
    /// - Throws: `noLegalWidth` with the first layer that differs from the width that fits longest.
    static func network(channels: [Int], inputSize: Int) throws(NetworkImportError) -> NetworkDescription {
        var nearest: (matched: Int, network: NetworkDescription)?
        for percent in NetworkDescription.widthPercents.sorted(by: { roundness($0) < roundness($1) }) {
            guard let network = NetworkDescription(widthPercent: percent, inputSize: inputSize) else {
                throw .illegalInputSize(found: inputSize)
            }
            let matched = zip(channels, network.layers).prefix { $0 == $1.output.channels }.count
            if matched == network.layers.count, matched == channels.count { return network }
            if matched > nearest?.matched ?? -1 { nearest = (matched, network) }
        }
        guard let nearest, nearest.matched < min(channels.count, nearest.network.layers.count) else {
            throw .malformedModel(reason: "\(channels.count) convolutions where 52 are needed")
        }
        let layer = nearest.network.layers[nearest.matched]
        throw .noLegalWidth(
            layer: layer.name, found: channels[nearest.matched], expected: layer.output.channels,
            nearestWidthPercent: nearest.network.widthPercent)
    }

    /// Smaller is rounder; ties go to the smaller percent.
    private static func roundness(_ percent: Int) -> Int {
        let step = [100, 50, 25, 10, 5, 1].firstIndex { percent.isMultiple(of: $0) } ?? 5
        return step * 1000 + percent
    }
}
