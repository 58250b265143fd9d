import ChipRTL
import ChipTools

/// A part's netlist against the outputs that the numeric specification gives.
struct NetlistComparison {
    let layer: RTLManifest.Layer
    let vectors: VectorFile

    /// Register stages in front of the part, such as those of a neuron that is timed.
    var inputStages = 0

    /// Clocks from a part's inputs to its outputs: the cuts and the output register.
    private var clocks: Int { 2 + (layer.earlyCutRows == nil ? 0 : 1) + inputStages }

    /// Compares all vectors, 64 at a time.
    ///
    /// - Returns: bytes compared.
    /// - Throws: ``SynthesisError/wrongBytes(module:wrong:of:first:)``.
    func compare(_ netlist: MappedNetlist, _ part: RTLManifest.Part) throws(SynthesisError) -> Int {
        var simulator = NetlistSimulator(netlist)
        let isPairs = part.module == layer.pairs?.module
        var wrong = 0
        var compared = 0
        var first = ""
        for start in stride(from: 0, to: vectors.windows.count, by: 64) {
            let lanes = min(64, vectors.windows.count - start)
            let mask = lanes == 64 ? UInt64.max : (1 << UInt64(lanes)) - 1
            for bit in 0..<layer.windowBytes * 8 {
                simulator.set("x", bit: bit, to: VectorFile.word(vectors.windows, bit: bit, from: start))
            }
            let sums = pairSums(from: start)
            if isPairs {
                simulator.settle()
            } else {
                if layer.hasResidual {
                    for bit in 0..<part.count * 8 {
                        let word = VectorFile.word(
                            vectors.residuals, bit: part.firstChannel * 8 + bit, from: start)
                        simulator.set("r", bit: bit, to: word)
                    }
                }
                for (bit, word) in sums.joined().enumerated() { simulator.set("p", bit: bit, to: word) }
                for _ in 0..<clocks { simulator.clock() }
            }
            let expected: [[UInt64]] =
                isPairs
                ? zip(sums, layer.pairLayout).map { Array($0.0.dropFirst($0.1[1])) }
                : (0..<part.count).map { channel in
                    (0..<8).map {
                        VectorFile.word(
                            vectors.outputs, bit: (part.firstChannel + channel) * 8 + $0, from: start)
                    }
                }
            let port = isPairs ? "s" : "y"
            var bit = 0
            for (index, bits) in expected.enumerated() {
                var difference: UInt64 = 0
                for word in bits {
                    difference |= ((simulator.value(port, bit: bit) ?? ~word) ^ word) & mask
                    bit += 1
                }
                compared += lanes
                wrong += difference.nonzeroBitCount
                if difference != 0, first.isEmpty {
                    first =
                        "\(isPairs ? "pair" : "channel") \(part.firstChannel + index), vector "
                        + "\(start + difference.trailingZeroBitCount)"
                }
            }
        }
        guard wrong == 0 else {
            throw .wrongBytes(module: part.module, wrong: wrong, of: compared, first: first)
        }
        return compared
    }

    /// Sums of the shared pairs for the 64 vectors from `start`, `9 + distance` bits each.
    ///
    /// Computed from the layout alone: byte `low` plus byte `high`, shifted.
    private func pairSums(from start: Int) -> [[UInt64]] {
        layer.pairLayout.map { pair in
            let lanes = min(64, vectors.windows.count - start)
            var words = [UInt64](repeating: 0, count: 9 + pair[1])
            for lane in 0..<lanes {
                let window = vectors.windows[start + lane]
                let low = UInt32(window[pair[0]] ^ UInt8(pair[2]))
                let high = UInt32(window[pair[3]] ^ UInt8(pair[4]))
                let sum = low + high << UInt32(pair[1])
                for bit in words.indices { words[bit] |= UInt64(sum >> UInt32(bit) & 1) << UInt64(lane) }
            }
            return words
        }
    }
}
