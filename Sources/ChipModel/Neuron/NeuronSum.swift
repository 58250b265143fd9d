public import HardenedBackbone
public import QuantizedTensors

/// Bits of one operand in a neuron's bit heap.
public struct HeapTerm: Hashable, Sendable {
    /// Number of the operand's lowest bit among all bits that the neuron can read.
    public let firstBit: Int
    /// Bits of the operand, 8 for a byte.
    public let width: Int
    /// Bits that enter complemented.
    public let complement: UInt32
    /// Column of the lowest bit.
    public let shift: Int

    /// A term of the given parts.
    public init(firstBit: Int, width: Int, complement: UInt32, shift: Int) {
        self.firstBit = firstBit
        self.width = width
        self.complement = complement
        self.shift = shift
    }

    var mask: UInt32 { (1 << UInt32(width)) - 1 }
}

/// One output channel as hardware sees it: unsigned operands, some of their bits complemented, and a constant.
///
/// With `u` the byte of an operand (bit 7 flipped where it is signed), a weight `-2^s` is `~u << s` and a constant,
/// so neither signs nor subtractions are left. Everything is modulo `2^width`.
/// - Source: the folding rules of `hardware-and-po2.md`, 2.1.
public struct NeuronSum: Hashable, Sendable {
    /// The operands with their columns.
    public let terms: [HeapTerm]
    /// Bias, rounding constant and all corrections, modulo `2^width`.
    public let constant: UInt64
    /// Columns of the heap: bits of the accumulator, sign included.
    ///
    /// - Range: 1...31.
    public let width: Int
    /// Right shift before saturation.
    ///
    /// - Range: `0...20`.
    public let shift: Int
    /// What the result saturates to.
    public let output: ActivationType

    init(terms: [HeapTerm], constant: Int64, width: Int, shift: Int, output: ActivationType) {
        self.terms = terms
        self.constant = UInt64(bitPattern: constant) & ((1 << UInt64(width)) - 1)
        self.width = width
        self.shift = shift
        self.output = output
    }

    /// Channel `channel` of a layer.
    ///
    /// Bits are numbered through the window (see ``LayerWindow``), then the channel's own residual byte.
    public init(_ layer: NetworkLayer, _ parameters: LayerParameters, channel: Int) {
        self.init(
            layer, parameters, channel: channel, products: LayerWindow(layer).products(parameters, channel))
    }

    /// A channel whose weighted operands are given, single or already added in pairs.
    init(_ layer: NetworkLayer, _ parameters: LayerParameters, channel: Int, products: [FoldedProduct]) {
        let count = layer.weightsPerChannel
        let shift = parameters.shift[channel]
        let bound = AccumulatorBound(
            weights: parameters.weights[channel * count..<(channel + 1) * count], input: layer.inputType,
            bias: parameters.bias[channel], shift: shift,
            residualShift: layer.residualSource == nil ? nil : parameters.residualShift)
        var folded = products
        if layer.residualSource != nil {
            folded.append(
                FoldedProduct(
                    byteAt: LayerWindow(layer).bits, isSigned: true, isNegative: false,
                    shift: Int(shift) + Int(parameters.residualShift)))
        }
        let rounding: Int64 = shift == 0 ? 0 : 1 << (Int64(shift) - 1)
        self.init(
            terms: folded.map(\.term),
            constant: folded.reduce(Int64(parameters.bias[channel]) + rounding) { $0 + $1.correction },
            width: Self.width(lowest: bound.lowest, highest: bound.highest), shift: Int(shift),
            output: layer.outputType)
    }

    /// The same sum over operands whose bits have other numbers: `place` gives the new lowest bit of an operand.
    public func renumbered(_ place: (Int) -> Int) -> NeuronSum {
        NeuronSum(
            terms: terms.map {
                HeapTerm(
                    firstBit: place($0.firstBit), width: $0.width, complement: $0.complement, shift: $0.shift)
            },
            constant: Int64(bitPattern: constant), width: width, shift: shift, output: output)
    }

    /// Two's-complement bits that hold every sum of `lowest ... highest`.
    static func width(lowest: Int64, highest: Int64) -> Int {
        let magnitude = max(highest, ~lowest, 0)
        return 65 - magnitude.leadingZeroBitCount
    }

    /// The output byte for given operand bits: the definition that trees and emitted text are tested against.
    public func evaluate(bit: (Int) -> Bool) -> UInt8 {
        var sum = constant
        for term in terms {
            var value: UInt64 = 0
            for index in 0..<term.width where bit(term.firstBit + index) { value |= 1 << UInt64(index) }
            sum &+= (value ^ UInt64(term.complement)) << UInt64(term.shift)
        }
        let signed = Int64(bitPattern: sum << UInt64(64 - width)) >> Int64(64 - width)
        let shifted = signed >> Int64(shift)
        let range = output.range
        return UInt8(
            truncatingIfNeeded: min(max(shifted, Int64(range.lowerBound)), Int64(range.upperBound)))
    }
}

/// One weighted operand with its sign folded into complemented bits and a constant.
struct FoldedProduct {
    let term: HeapTerm
    let correction: Int64

    init(term: HeapTerm, correction: Int64) {
        self.term = term
        self.correction = correction
    }

    /// A byte times `±2^shift`.
    init(byteAt firstBit: Int, isSigned: Bool, isNegative: Bool, shift: Int) {
        // u = byte, bit 7 flipped where signed; x = u - offset; -x = ~u - 255 + offset.
        let offset: Int64 = isSigned ? 128 : 0
        let flip: UInt32 = isSigned ? 0x80 : 0
        term = HeapTerm(
            firstBit: firstBit, width: 8, complement: isNegative ? flip ^ 0xff : flip, shift: shift)
        correction = (isNegative ? offset - 255 : -offset) << Int64(shift)
    }
}
