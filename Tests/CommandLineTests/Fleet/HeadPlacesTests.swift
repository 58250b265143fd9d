import Artifacts
import PipelineMessages
import Testing
import hashiflex

/// Which heads `head list` shows in force, and where.
@Suite struct HeadPlacesTests {
    private func head(_ name: String) throws -> HeadManifest {
        let digest = ContentDigest(of: Array(name.utf8))
        return HeadManifest(
            head: digest, label: try #require(HeadLabel(name: name, version: "1")), backbone: digest,
            file: digest,
            bytes: 1, chunks: 1, classes: 2, publishedAtMs: 0)
    }

    private func inForce(_ head: HeadManifest, _ slot: HeadSlot = .standard) -> HeadInForce {
        HeadInForce(slot: slot, head: head.head, label: head.label, number: 1, marker: 1)
    }

    @Test func aCanaryIsShownBesideTheHeadOfAllOthers() throws {
        let (old, new, none) = (try head("old"), try head("new"), try head("none"))
        let places = HeadPlaces([
            0: [inForce(new), inForce(old, .stream("cam"))], 1: [inForce(old), inForce(old, .stream("cam"))],
            2: [inForce(old)],
        ])
        #expect(places.slots(of: new) == ["default (p0)"])
        #expect(places.slots(of: old) == ["default (p1 p2)", "stream:cam"])
        #expect(places.slots(of: none).isEmpty)
    }

    @Test func manyPartitionsAreCounted() throws {
        let (old, new) = (try head("old"), try head("new"))
        var partitions: [Int32: [HeadInForce]] = [99: [inForce(new)]]
        for partition in 0..<Int32(20) { partitions[partition] = [inForce(old)] }
        #expect(
            HeadPlaces(partitions).slots(of: old) == ["default (p0 p1 p2 p3 p4 p5 p6 p7 and 12 more)"])
    }
}
