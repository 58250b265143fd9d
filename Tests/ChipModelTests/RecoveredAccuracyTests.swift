import Testing

import ChipModel

/// Results that may be compared, and the interval of their difference.
@Suite struct RecoveredAccuracyTests {
    static func result(
        _ correct: Int, of total: Int = 100, backbone: String = "ab", head: String = "1",
        data: String = "tar",
        classes: [String] = ["a", "b"]
    ) -> MeasuredAccuracy {
        MeasuredAccuracy(
            file: "\(head).json", backbone: backbone, head: "h\(head)", headDigest: head,
            data: .init(
                name: data, images: total, undecodable: 0, foreignImages: 0, classes: classes,
                imagesOfClass: [total / 2, total - total / 2]), correct: correct, total: total)
    }

    static func recovered(backbone: String, data: String) throws -> RecoveredAccuracy {
        try RecoveredAccuracy(
            frozen: result(60, backbone: backbone, head: "0", data: data),
            headOnly: result(80, backbone: backbone, head: "1", data: data),
            allLayers: result(90, backbone: "other", head: "2", data: data), backbone: backbone)
    }

    @Test("What the head gives back, and what only all layers do")
    func shares() throws {
        let recovered = try Self.recovered(backbone: "ab", data: "tar")
        #expect(abs((recovered.byHead?.value ?? 0) - 0.2) < 1e-12)
        #expect(abs(recovered.beyondHead.value - 0.1) < 1e-12)
        #expect(abs((recovered.shareByHead ?? 0) - 2.0 / 3) < 1e-12)
    }

    @Test("Nothing gained gives no share")
    func nothing() throws {
        let same = try RecoveredAccuracy(
            frozen: Self.result(60, head: "0"), headOnly: Self.result(50),
            allLayers: Self.result(60, backbone: "c"), backbone: "ab")
        #expect(same.shareByHead == nil)
        let bare = try RecoveredAccuracy(
            frozen: nil, headOnly: Self.result(50), allLayers: Self.result(60, backbone: "c"), backbone: "ab")
        #expect(bare.byHead == nil && bare.shareByHead == nil)
    }

    @Test("Newcombe's examples: 56 of 70 against 48 of 80, 9 of 10 against 3 of 10")
    func newcombe() {
        let first = RecoveredAccuracy.Change(
            from: Self.result(48, of: 80).accuracy, to: Self.result(56, of: 70).accuracy)
        #expect(abs(first.low - 0.0524) < 5e-5 && abs(first.high - 0.3339) < 5e-5)
        let second = RecoveredAccuracy.Change(
            from: Self.result(3, of: 10).accuracy, to: Self.result(9, of: 10).accuracy)
        #expect(abs(second.low - 0.1705) < 5e-5 && abs(second.high - 0.8090) < 5e-5)
    }

    @Test("Results of other models or images are refused, with the file and the reason")
    func refusals() {
        func why(_ frozen: MeasuredAccuracy?, _ headOnly: MeasuredAccuracy, _ all: MeasuredAccuracy) -> String
        {
            do throws(FlexibilityError) {
                _ = try RecoveredAccuracy(
                    frozen: frozen, headOnly: headOnly, allLayers: all, backbone: "ab")
                return "accepted"
            } catch { return "\(error)" }
        }
        let all = Self.result(90, backbone: "c", head: "2")
        #expect(why(nil, Self.result(80, backbone: "x"), all).contains("1.json is of backbone x"))
        #expect(
            why(nil, Self.result(80), Self.result(9, head: "2")).contains("2.json is of this very backbone"))
        #expect(why(Self.result(60), Self.result(80), all).contains("of the same head"))
        #expect(
            why(nil, Self.result(80), Self.result(90, backbone: "c", data: "idx")).contains("'tar' and 'idx'")
        )
        #expect(
            why(nil, Self.result(80), Self.result(90, of: 101, backbone: "c")).contains("100 and 101 images"))
        #expect(
            why(nil, Self.result(80), Self.result(90, backbone: "c", classes: ["a", "c"]))
                .contains("classes differ"))
        #expect(
            why(Self.result(60, of: 200, head: "0"), Self.result(80), all).contains("100 and 200 images"))
        #expect(why(nil, Self.result(80), all) == "accepted")
    }
}
