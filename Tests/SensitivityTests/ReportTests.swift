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

    /// Eighteen images tell nothing apart: what costs at most a point is not said of any setting, but perhaps.
    @Test func noSettingIsCalledGoodByAWideInterval() throws {
        let findings = try Self.shared.get().findings
        let limits = findings.filter { $0.contains("cost at most one point") }
        #expect(limits.count == 3)
        let pattern = /([^ ;,:][^;,:]*) \((.*?), (.*?) to (.*?)\)/
        var perhaps = 0
        for limit in limits {
            for part in limit.split(separator: ": ")[1].split(separator: ";") {
                for (index, claim) in part.split(separator: "perhaps").enumerated() {
                    guard let match = claim.firstMatch(of: pattern) else { continue }
                    let low = try #require(Double(match.3.replacing("\u{2212}", with: "-")), "\(part)")
                    if index == 0, !part.hasPrefix("perhaps") { #expect(low >= -1, "\(part)") }
                    perhaps += index
                }
            }
        }
        #expect(perhaps > 0, "\(limits)")
    }

    @Test(arguments: [
        ("tf2-terms2.safetensors:head.safetensors", 80.0), ("a very long name with words", 60),
        ("one exponent\na layer", 200), ("abcdefghijklmnopqrstuvwxyz", 20), ("", 50),
    ]) func labelsKeepToTheirPlace(_ text: String, width: Double) {
        let lines = LabelWrap.lines(text, width: width)
        for line in lines.split(separator: "\n") {
            #expect(line.count <= max(3, Int(width / 7)), "\(lines)")
        }
        let shown = lines.filter { $0 != "\n" && $0 != " " }
        #expect(shown == text.filter { $0 != "\n" && $0 != " " }, "\(lines)")
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
