package import HardenedBackbone
internal import QuantizedTensors

/// An activation that patches are read from.
package protocol PatchElement: Sendable {
    /// What a gathered element is.
    associatedtype Gathered: Numeric & Sendable
    /// What adds up many elements without loss.
    associatedtype Sum: Numeric & Sendable
    /// The element as gathered.
    var gathered: Gathered { get }
    /// The element as a summand.
    var summand: Sum { get }
}

extension UInt8: PatchElement {
    package var gathered: Int16 { Int16(self) }
    package var summand: Int32 { Int32(self) }
}
extension Int8: PatchElement {
    package var gathered: Int16 { Int16(self) }
    package var summand: Int32 { Int32(self) }
}
extension Float: PatchElement {
    package var gathered: Float { self }
    package var summand: Double { Double(self) }
}

/// Reads what an output pixel of a layer sees.
///
/// - Shape: a patch is `[inputs]` for 1x1 layers, `[3 colours, 9 taps]` for the stem and `[9 taps, channels]`
///   for depthwise layers.
package struct PatchReader<Element: PatchElement>: Sendable {
    let layer: NetworkLayer
    /// What lies outside the image: one value for each colour of the stem, zero elsewhere.
    let padding: [Element.Gathered]

    /// A reader of one layer's inputs.
    package init(_ layer: NetworkLayer, padding: [Element.Gathered] = [0, 0, 0]) {
        self.layer = layer
        self.padding = padding
    }

    /// Elements of a patch.
    package var count: Int {
        switch layer.kind {
        case .stem: 27
        case .depthwise: 9 * layer.input.channels
        case .expand, .project, .last: layer.input.channels
        }
    }

    /// Writes the patch of one output pixel.
    package func read(
        _ pixel: Int, from input: UnsafePointer<Element>, into patch: UnsafeMutablePointer<Element.Gathered>
    ) {
        let channels = layer.input.channels
        guard layer.kernelSize == 3 else {
            for channel in 0..<channels { patch[channel] = input[pixel &* channels &+ channel].gathered }
            return
        }
        for tap in 0..<9 {
            let source = offset(of: tap, at: pixel)
            for channel in 0..<channels {
                let target = layer.kind == .stem ? channel &* 9 &+ tap : tap &* channels &+ channel
                if let source {
                    patch[target] = input[source &+ channel].gathered
                } else {
                    patch[target] = layer.kind == .stem ? padding[channel] : 0
                }
            }
        }
    }

    /// The sums of all patches of an image.
    package func sums(of input: [Element], padding outside: [Element.Sum] = [0, 0, 0]) -> [Element.Sum] {
        let channels = layer.input.channels
        var sums = [Element.Sum](repeating: 0, count: count)
        sums.withUnsafeMutableBufferPointer { sums in
            input.withUnsafeBufferPointer { input in
                for tap in 0..<layer.kernelSize * layer.kernelSize {
                    for pixel in 0..<layer.output.pixelCount {
                        let source = layer.kernelSize == 3 ? offset(of: tap, at: pixel) : pixel &* channels
                        if layer.kind == .stem {
                            for colour in 0..<3 {
                                sums[colour &* 9 &+ tap] +=
                                    source.map { input[$0 &+ colour].summand } ?? outside[colour]
                            }
                        } else if let source {
                            for channel in 0..<channels {
                                sums[tap &* channels &+ channel] += input[source &+ channel].summand
                            }
                        }
                    }
                }
            }
        }
        return sums
    }

    /// Where a tap's pixel begins in the input; `nil` outside the image.
    @inline(__always)
    private func offset(of tap: Int, at pixel: Int) -> Int? {
        let y = pixel / layer.output.width &* layer.stride &+ tap / 3 &- 1
        let x = pixel % layer.output.width &* layer.stride &+ tap % 3 &- 1
        guard y >= 0, y < layer.input.height, x >= 0, x < layer.input.width else { return nil }
        return (y &* layer.input.width &+ x) &* layer.input.channels
    }
}
