import Artifacts
import ClassifierHead
import Foundation

/// The sample in the repository.
enum SampleTar {
    static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Sources/CEmbeddedModel/data/fashion-sample.tar").path
}

/// A well-formed head that was fitted on another backbone.
enum ForeignHead {
    static func write(to path: String, features: Int = 1_280) throws {
        let head = try ClassifierHead(
            name: "foreign", version: "v1", classNames: ["a", "b"], featureCount: features,
            weights: [Int8](repeating: 1, count: 2 * features), bias: [0, 0], scale: 1,
            backboneDigest: ContentDigest(of: Array("another backbone".utf8)), summary: "for a test")
        try Data(head.encoded()).write(to: URL(fileURLWithPath: path))
    }
}
