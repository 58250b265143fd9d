import Artifacts
import ClassifierHead
import Testing

@Suite struct ClassifierHeadTests {
    @Test(arguments: ["", "a b", "a/b", "ü", "a@b", "a\n", String(repeating: "a", count: 65)])
    func illegalNamesAndVersionsAreRefused(label: String) {
        #expect(headError { () throws(HeadError) in _ = try head(name: label) } == .badName(label))
        #expect(headError { () throws(HeadError) in _ = try head(version: label) } == .badVersion(label))
    }

    @Test func legalNamesAndVersionsAreKept() throws {
        let longest = String(repeating: "Zz9._-ab", count: 8)
        let head = try head(name: longest, version: nil)
        #expect(head.name == longest)
        #expect(head.version == nil)
    }

    @Test func classCountsOutsideTheRangeAreRefused() {
        let one = headError { () throws(HeadError) in
            _ = try makeHead(featureCount: 1, weights: [1], bias: [0])
        }
        #expect(one == .badClassCount(1))
        let many = headError { () throws(HeadError) in
            _ = try makeHead(
                featureCount: 1,
                weights: [Int8](repeating: 1, count: 65_537),
                bias: [Int32](repeating: 0, count: 65_537)
            )
        }
        #expect(many == .badClassCount(65_537))
    }

    @Test func theMostClassesAreAccepted() throws {
        let head = try makeHead(
            featureCount: 1,
            weights: [Int8](repeating: 1, count: 65_536),
            bias: [Int32](repeating: 0, count: 65_536)
        )
        #expect(try ClassifierHead(decoding: head.encoded()) == head)
    }

    @Test(arguments: [0, -1, 4_097])
    func featureCountsOutsideTheRangeAreRefused(featureCount: Int) {
        let error = headError { () throws(HeadError) in
            _ = try makeHead(
                featureCount: featureCount,
                weights: [Int8](repeating: 0, count: max(0, 2 * featureCount)),
                bias: [0, 0]
            )
        }
        #expect(error == .badFeatureCount(featureCount))
    }

    @Test func numbersThatDoNotFitTheShapeAreRefused() {
        let weights = headError { () throws(HeadError) in
            _ = try makeHead(featureCount: 3, weights: [1, 2, 3, 4, 5], bias: [0, 0])
        }
        #expect(weights == .badShape(tensor: "weights", expected: [6], actual: [5]))
        let bias = headError { () throws(HeadError) in
            _ = try makeHead(classNames: ["a", "b"], featureCount: 1, weights: [1, 2], bias: [0, 0, 0])
        }
        #expect(bias == .badShape(tensor: "bias", expected: [2], actual: [3]))
    }

    @Test(arguments: [Int32.min, -16_777_217, 16_777_217, Int32.max])
    func biasesOutsideTheRangeAreRefused(bias: Int32) {
        let error = headError { () throws(HeadError) in
            _ = try makeHead(featureCount: 1, weights: [0, 0], bias: [0, bias])
        }
        #expect(error == .badBias(classIndex: 1, value: Int(bias)))
    }

    @Test(arguments: [0.0, -1.0, Double.nan, Double.infinity])
    func scalesThatAreNotPositiveAndFiniteAreRefused(scale: Double) {
        let error = headError { () throws(HeadError) in
            _ = try makeHead(featureCount: 1, weights: [0, 0], bias: [0, 0], scale: scale)
        }
        guard case .badScale = error else {
            Issue.record("scale \(scale) was accepted")
            return
        }
    }

    @Test(arguments: ["", "a\nb", "a\u{7F}", "a\u{85}b", "\r\n", String(repeating: "x", count: 129)])
    func illegalClassNamesAreRefused(name: String) {
        let error = headError { () throws(HeadError) in
            _ = try makeHead(classNames: ["fine", name], featureCount: 1, weights: [0, 0], bias: [0, 0])
        }
        #expect(error == .badClassName(classIndex: 1))
    }

    @Test func aLongSummaryIsRefused() {
        let error = headError { () throws(HeadError) in
            _ = try makeHead(
                featureCount: 1,
                weights: [0, 0],
                bias: [0, 0],
                summary: String(repeating: "x", count: 4_097)
            )
        }
        #expect(error == .badSummary(byteCount: 4_097))
    }

    /// The largest network of the specification must fit; a wider one only with smaller weights.
    @Test func headsWhoseLogitsCouldLeaveTheRangeAreRefused() throws {
        func head(featureCount: Int, weight: Int8, bias: Int32) throws(HeadError) {
            _ = try makeHead(
                featureCount: featureCount,
                weights: [Int8](repeating: weight, count: 2 * featureCount),
                bias: [bias, bias]
            )
        }
        try head(featureCount: 1_280, weight: -128, bias: -(1 << 24))
        try head(featureCount: 1_280, weight: 127, bias: 1 << 24)
        try head(featureCount: 4_096, weight: 64, bias: 0)
        let high = headError { () throws(HeadError) in try head(featureCount: 4_096, weight: 65, bias: 0) }
        #expect(high == .logitsTooLarge(classIndex: 0, bound: 4_096 * 255 * 65))
        let low = headError { () throws(HeadError) in try head(featureCount: 4_096, weight: -65, bias: 0) }
        #expect(low == .logitsTooLarge(classIndex: 0, bound: -4_096 * 255 * 65))
    }

    @Test func relabellingKeepsTheIdentity() throws {
        let original = try head()
        let relabelled = try original.relabelled(name: "other", version: nil)
        #expect(relabelled.digest == original.digest)
        #expect(relabelled != original)
        #expect(relabelled.encoded() != original.encoded())
        #expect(try ClassifierHead(decoding: relabelled.encoded()) == relabelled)
        let error = headError { () throws(HeadError) in _ = try original.relabelled(name: "", version: nil) }
        #expect(error == .badName(""))
    }

    @Test func everythingElseChangesTheIdentity() throws {
        let variants = [
            try makeHead(featureCount: 2, weights: [1, 2, 3, 4], bias: [5, 6]),
            try makeHead(featureCount: 2, weights: [1, 2, 3, -4], bias: [5, 6]),
            try makeHead(featureCount: 2, weights: [1, 2, 3, 4], bias: [5, 7]),
            try makeHead(featureCount: 2, weights: [1, 2, 3, 4], bias: [5, 6], scale: 0.25),
            try makeHead(featureCount: 2, weights: [1, 2, 3, 4], bias: [5, 6], summary: "other"),
            try makeHead(classNames: ["a", "b"], featureCount: 2, weights: [1, 2, 3, 4], bias: [5, 6]),
            try makeHead(
                featureCount: 2,
                weights: [1, 2, 3, 4],
                bias: [5, 6],
                backboneDigest: ContentDigest(of: "other".utf8)
            ),
            try makeHead(featureCount: 1, weights: [1, 2, 3, 4], bias: [5, 6, 0, 0]),
            try makeHead(featureCount: 2, weights: [1, 2, 3, 4], bias: [5, 6], preprocessing: ""),
            try makeHead(featureCount: 2, weights: [1, 2, 3, 4], bias: [5, 6], preprocessing: "p"),
        ]
        #expect(Set(variants.map(\.digest)).count == variants.count)
    }

    @Test func aHeadFitsItsOwnBackboneOnly() throws {
        let head = try head()
        try head.verify(fits: testBackbone, featureCount: 2, preprocessing: "p")
        let other = ContentDigest(of: "other".utf8)
        let wrong = headError { () throws(HeadError) in
            try head.verify(fits: other, featureCount: 2, preprocessing: "p")
        }
        #expect(wrong == .otherBackbone(expected: other, actual: testBackbone))
        #expect(wrong?.description.contains(other.hex) == true)
        #expect(wrong?.description.contains(testBackbone.hex) == true)
        let wide = headError { () throws(HeadError) in
            try head.verify(fits: testBackbone, featureCount: 3, preprocessing: "p")
        }
        #expect(wide == .wrongWidth(expected: 3, actual: 2))
        #expect(wide?.description.contains("takes 2 features, but the backbone gives 3") == true)
    }

    private func head(name: String = "test", version: String? = "v1") throws(HeadError) -> ClassifierHead {
        try makeHead(name: name, version: version, featureCount: 2, weights: [1, 2, 3, 4], bias: [5, 6])
    }
}
