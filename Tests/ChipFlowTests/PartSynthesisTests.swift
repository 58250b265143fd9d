import ChipFlow
import ChipRTL
import ChipTools
import Testing
import Foundation
import TestSupport

/// Parts of a real artefact through Yosys, netlists compared to the byte.
@Suite(.serialized) struct PartSynthesisTests {
    private func synthesise(
        _ name: String,
        liberty: String,
        sharesPairs: Bool,
        spoil: (inout [UInt8]) -> Void = { _ in }
    ) throws -> LayerResult {
        let bench = try SynthesisBench(
            try SmallBackbone.make(seed: 11), layer: name, liberty: liberty, sharesPairs: sharesPairs)
        return try bench.layer(spoil: spoil)
    }

    @Test(
        "Every kind of layer keeps its bytes through an invented library",
        .enabled(if: SynthesisBench.yosys != nil, "Yosys is not installed"),
        arguments: ["stem", "b00.depthwise", "b01.expand", "b02.project"])
    func bytes(_ layer: String) throws {
        let result = try synthesise(layer, liberty: SynthesisBench.tiny, sharesPairs: false)
        #expect(result.comparedBytes == 64 * result.channels)
        #expect(result.fullAdders > 0 && result.flipFlops > 0 && result.combinationalArea > 0)
    }

    @Test(
        "Shared pairs keep the bytes and take less area",
        .enabled(if: SynthesisBench.hasASAP7, SynthesisBench.needsASAP7))
    func sharing() throws {
        let plain = try synthesise("b16.project", liberty: SynthesisBench.asap7, sharesPairs: false)
        let shared = try synthesise("b16.project", liberty: SynthesisBench.asap7, sharesPairs: true)
        #expect(shared.pairs > 0 && shared.comparedBytes > plain.comparedBytes)
        #expect(shared.combinationalArea < 0.85 * plain.combinationalArea)
        // ASAP7 (predictive): `seven-nm.md`, 2.1 has 1.69 um2 a weight at fan-in 96.
        #expect(plain.fanIn == 96)
        #expect(plain.combinationalArea / Double(plain.nonZeroWeights) < 1.70)
    }

    @Test(
        "Whole neurons take no more room than the golden ones",
        .enabled(if: SynthesisBench.hasASAP7, SynthesisBench.needsASAP7),
        arguments: [
            ("b00.project", 32, 1.76, 4), ("b07.project", 384, 1.66, 2), ("b14.project", 960, 1.66, 1),
        ])
    func goldenArea(_ layer: String, _ fanIn: Int, _ most: Double, _ channels: Int) throws {
        // `seven-nm.md`, 2.1, um2 a weight that is not zero: tree, adder, shift, saturation.
        let bench = try SynthesisBench(
            try SynthesisBench.wide.get(), layer: layer, liberty: SynthesisBench.asap7)
        #expect(bench.files.entry.fanIn == fanIn)
        let (part, file) = bench.files.part(channels: 0..<channels)
        try bench.write(file.bytes, to: file.name)
        let result = try bench.result(part)
        #expect(result.combinationalArea / Double(result.nonZeroWeights) <= most)
        #expect(result.combinationalArea / Double(result.nonZeroWeights) > 1.5)
    }

    @Test(
        "A swapped polarity in the text is found in the netlist",
        .enabled(if: SynthesisBench.yosys != nil, "Yosys is not installed"))
    func plantedFault() throws {
        #expect {
            _ = try synthesise("b02.project", liberty: SynthesisBench.tiny, sharesPairs: false) { bytes in
                // The first adder becomes one that takes its first input twice.
                var text = String(decoding: bytes, as: UTF8.self)
                if let cell = text.range(of: "hs_fa f0(") ?? text.range(of: "hs_ha f0(") {
                    let end = text[cell.upperBound...].firstIndex(of: ",") ?? cell.upperBound
                    let input = String(text[cell.upperBound..<end])
                    let after = text[end...].dropFirst(2)
                    let second = after.firstIndex(of: ",") ?? after.startIndex
                    text.replaceSubrange(after.startIndex..<second, with: input)
                }
                bytes = Array(text.utf8)
            }
        } throws: { error in
            guard case SynthesisError.wrongBytes(_, let wrong, _, _)? = error as? SynthesisError else {
                return false
            }
            return wrong > 0
        }
    }
}
