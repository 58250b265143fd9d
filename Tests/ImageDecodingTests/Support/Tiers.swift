import ImageDecoding
import Testing

/// An instruction set tier that this CPU has.
struct Tiers: Sendable {
    let name: String

    static let supported = ["scalar", "avx2", "avx512vnni", "neondot"]
        .filter { ResizeScratch(tierName: $0) != nil }.map { Tiers(name: $0) }

    /// The tensor that this tier computes, in a buffer that was not empty before.
    func tensor(_ image: RGBImage, _ preparation: TensorPreparation) throws -> [UInt8] {
        var scratch = try #require(ResizeScratch(tierName: name))
        var tensor = [UInt8](repeating: 0xA5, count: preparation.byteCount)
        tensor.withUnsafeMutableBufferPointer { preparation.prepare(image, into: $0, scratch: &scratch) }
        return tensor
    }
}
