import ChipModel
import ChipRTL
import HardenedBackbone
import Testing

/// What the emitted text looks like, without any tool.
@Suite struct NetworkTextTests {
    private func text(_ file: RTLFile) -> String { String(decoding: file.bytes, as: UTF8.self) }

    @Test("Equal artefacts and designs give equal bytes, and every file says whose numbers it holds")
    func deterministic() throws {
        let artifact = try ChipFixture.artifact()
        let files = try ChipFixture.network(artifact, cycles: 100).allFiles(style: .simulation)
        #expect(try ChipFixture.network(artifact, cycles: 100).allFiles(style: .simulation) == files)
        #expect(Set(files.map(\.name)).count == files.count)
        for file in files {
            let head = text(file).split(separator: "\n").prefix(12)
            #expect(head[0].hasSuffix("backbone \(artifact.digest)"), "\(file.name)")
            #expect(head.contains("// test 1"), "\(file.name)")
        }
        let part = try #require(files.first { $0.name == "cores/hs_core_last_p0.sv" })
        let index = artifact.network.layers.count - 1
        let weights = artifact.layers[index].weights.prefix(
            64 * artifact.network.layers[index].weightsPerChannel)
        #expect(
            text(part).contains(
                "// layer last, channels 0 to 63: \(weights.count) weights, \(weights.count { $0 != 0 }) not zero\n"
            ))
    }

    @Test("There is no multiplication outside of the NPU", arguments: CoreStyle.allCases)
    func noMultiplication(_ style: CoreStyle) throws {
        let files = try ChipFixture.network(try ChipFixture.artifact(), cycles: 100).allFiles(style: style)
        for file in files where file.name != "network/hs_npu.sv" {
            #expect(!file.bytes.contains(UInt8(ascii: "*")), "\(file.name)")
        }
        let npu = try #require(files.first { $0.name == "network/hs_npu.sv" })
        #expect(npu.bytes.contains(UInt8(ascii: "*")))
    }

    @Test("What can not be built is refused with the way out")
    func refusals() throws {
        let artifact = try ChipFixture.artifact()
        #expect(throws: NetworkRTLError.severalRowsPerCycle(cycles: 20, rows: 32)) {
            try ChipFixture.network(artifact, cycles: 20)
        }
        #expect(throws: NetworkRTLError.badDepth(layer: "stem", found: 2)) {
            try ChipFixture.network(artifact, cycles: 100, depth: .uniform(2, of: artifact.network))
        }
        let error = #expect(throws: NetworkRTLError.self) {
            try ChipFixture.block(artifact, cycles: 100, "b02.depthwise", "b02.project")
        }
        #expect(
            error?.description
                == "b02.project adds the input of its block; begin with b02.expand or with a later block")
        #expect(NPUShape(features: 1_280, classes: 10, macs: 1_279) == nil)
        #expect(NPUShape(features: 1_280, classes: 1, macs: 1_280) == nil)
        #expect(NPUShape.legalMACs(features: 40) == [8, 40])
    }
}
