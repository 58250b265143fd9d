import ClassifierHead
import Evaluation
import Figures
import Foundation
import HardenedBackbone
import Sensitivity
import Testing
import TestSupport

@Suite struct ReportTests {
    /// Points are measured in the order of the plan, or the other way round.
    private static func make(reversed: Bool) throws -> SensitivityReport {
        let artifact = try SmallBackbone.make()
        let images = SmallBackbone.images(18, network: artifact.network)
        let calibration = (0..<2).map { images.image($0) }
        let study = try SensitivityStudy(
            artifact: artifact, head: try SmallBackbone.head(artifact, images), test: images,
            calibration: calibration, refit: nil, layerStride: 6)
        let points = StudyPlan.points(network: artifact.network, refit: false)
        let order = reversed ? Array(points.indices.reversed()) : Array(points.indices)
        var found: [Int: Outcome] = [:]
        for index in order { found[index] = try study.outcome(of: points[index]) }
        return SensitivityReport(
            artifact: artifact, head: study.head, test: .init(images, foreign: 2),
            calibration: .init(calibration), refit: nil,
            outcomes: try points.indices.map { (points[$0], try #require(found[$0])) },
            compared: [(name: "a <pruned> one", outcome: try #require(found[5]))])
    }

    /// Made once for all tests that only read it.
    private static let shared = Result { try make(reversed: false) }

    @Test func theSameStudyGivesTheSameBytesInAnyOrder() throws {
        let (first, second) = (try Self.shared.get(), try Self.make(reversed: true))
        #expect(first.html == second.html)
        #expect(first.csv == second.csv)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(try encoder.encode(first) == encoder.encode(second))
    }

    @Test func thePageNeedsNothingElse() throws {
        let html = try Self.shared.get().html
        for forbidden in ["<script", "http:", "https:", "@import", "url(//", "src="] {
            #expect(!html.contains(forbidden), "\(forbidden)")
        }
        #expect(html.contains("prefers-color-scheme: dark"))
        // Names from outside are text, not markup.
        #expect(html.contains("a &lt;pruned&gt; one") && !html.contains("<pruned>"))
    }

    @Test func thePreprocessingIsToldBesideEveryFigure() throws {
        let report = try Self.shared.get()
        let text = try SmallBackbone.make().preprocessing
        #expect(!text.isEmpty && report.subject.preprocessing == text)
        #expect(report.html.contains("preprocessing"))
        let json = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
        #expect(json.contains(#""preprocessing":"\#(text)""#), "\(json.prefix(400))")
    }

    @Test func everyDrawingHasATitleADescriptionAndItsOwnNames() throws {
        let html = try Self.shared.get().html
        let drawings = html.components(separatedBy: "<svg").dropFirst()
        #expect(drawings.count == 7)
        for drawing in drawings {
            #expect(drawing.contains("<title id=") && drawing.contains("<desc id="))
            #expect(!drawing.contains("nan") && !drawing.contains("inf"))
        }
        let ids = html.components(separatedBy: " id=\"").dropFirst().map { $0.prefix { $0 != "\"" } }
        #expect(Set(ids).count == ids.count)
    }

    /// Every opened element is closed, in order, so that the page is well formed.
    @Test func everyElementIsClosed() throws {
        let html = try Self.shared.get().html
        let empty: Set<Substring> = ["meta", "!doctype"]
        var open: [Substring] = []
        for tag in html.split(separator: "<", omittingEmptySubsequences: false).dropFirst() {
            let inside = tag.prefix { $0 != ">" }
            let name = inside.prefix { !$0.isWhitespace && $0 != "/" }
            if inside.hasPrefix("/") {
                #expect(open.popLast() == inside.dropFirst())
            } else if !inside.hasSuffix("/"), !empty.contains(name) {
                open.append(name)
            }
        }
        #expect(open.isEmpty)
    }

    @Test func tablesHaveARowForEveryPoint() throws {
        let report = try Self.shared.get()
        let lines = report.csv.split(separator: "\n")
        #expect(lines.count == 1 + 1 + 40 + 208 + 1)
        #expect(lines.allSatisfy { $0.count { $0 == "," } == 17 })
        #expect(lines[1].hasPrefix("baseline,,as_is,18,"))
        #expect(report.rows.map(\.images).max() == 18 && report.rows.map(\.images).min() == 3)
        #expect(report.findings.count == 5)
    }

    @Test(arguments: [
        (0.0, 1, "0.0"), (-0.04, 1, "0.0"), (0.05, 1, "0.1"), (-1.25, 1, "-1.3"), (12.0, 0, "12"),
        (99.995, 2, "100.00"), (3.014, 2, "3.01"),
    ])
    func numbersAreWrittenTheSameEverywhere(value: Double, places: Int, text: String) {
        #expect(Number.text(value, places: places) == text)
    }

    @Test func changesHaveTheirSign() {
        #expect(Number.points(0.0123) == "+1.2" && Number.points(-0.0123) == "\u{2212}1.2")
        #expect(Number.points(0.0001) == "0.0" && Number.points(-0.0001) == "0.0")
    }
}
