import ClassifierHead
import HardenedBackbone
import HardenedModel
import TestSupport
import Testing
import hashiflex

/// A record names one backbone, and the log gives its offset the head of another.
@Suite struct UnfitHeadTests {
    private func head(features: Int, for backbone: BackboneArtifact) throws -> ClassifierHead {
        try ClassifierHead(
            name: "h", version: "v1", classNames: ["a", "b"], featureCount: features,
            weights: [Int8](repeating: 1, count: 2 * features), bias: [0, 0], scale: 0.5,
            backboneDigest: backbone.digest, summary: "made by a test")
    }

    @Test func aHeadOfAnotherWidthOrBackboneIsADifferenceAndNoFault() throws {
        let (mine, other) = (try SmallBackbone.make(), try SmallBackbone.make(seed: 2))
        let model = HardenedModel(mine)
        let width = mine.network.featureCount
        let fits = try head(features: width, for: mine)
        #expect(throws: Never.self) { try UnfitHead.refuse(fits, label: "h@v1", for: model) }
        // The reference would end the program by it.
        let wide = try head(features: width + 8, for: other)
        let error = #expect(throws: UnfitHead.self) {
            try UnfitHead.refuse(wide, label: "h@v1", for: model)
        }
        let text = error?.text ?? ""
        #expect(text.hasPrefix("head: the markers give h@v1, which does not fit the record's backbone: "))
        let foreign = try head(features: width, for: other)
        #expect(throws: UnfitHead.self) { try UnfitHead.refuse(foreign, label: "h@v1", for: model) }
    }
}
