import Artifacts
import ChipModel
import Foundation
import HardenedModel
import PipelineMessages

/// A fleet beside its chip, as a table and as a record; measured and modelled never share a column or an object.
struct TwinView {
    /// The fleet's side.
    struct Measured: Encodable {
        /// Where the rate comes from: `heartbeats`, or `given` on the command line.
        let source: String
        let imagesPerSecond: Double
        let workers: Int?
        let imagesCommitted: Int64?
        /// Workers of other artefacts, left out.
        let otherWorkers: [String]

        init(_ fleet: FleetMeasurement) {
            source = "heartbeats"
            (imagesPerSecond, workers) = (fleet.imagesPerSecond, fleet.workers)
            imagesCommitted = fleet.imagesCommitted
            otherWorkers = fleet.strangers.map { "\($0.worker) (backbone \($0.backbone.short))" }
        }

        init(given rate: Double) {
            (source, imagesPerSecond, workers, imagesCommitted) = ("given", rate, nil, nil)
            otherWorkers = []
        }
    }

    /// The chip's side.
    struct Modelled: Encodable {
        let chip: ModelledChip
        let headFrozen: ModelledChip?
    }

    /// The design behind the modelled side.
    struct Design: Encodable {
        let clockMhz: Double
        let cyclesPerImage, datapaths, npus, npuMacs: Int
        let isHeadFrozen: Bool
        let head: String
        let classes: Int
    }

    /// One view.
    struct Record: Encodable {
        let backbone: String
        let design: Design
        let measured: Measured
        let modelled: Modelled
        /// Modelled chips that the measured fleet is worth.
        let chips: Double
    }

    private let digest: ContentDigest
    private let twin: ChipTwin
    private let design: Design

    init(_ chip: ModelledDesign, twin: ChipTwin) {
        digest = chip.model.digest
        self.twin = twin
        let chosen = chip.design
        design = Design(
            clockMhz: chosen.clock, cyclesPerImage: chosen.cyclesPerImage, datapaths: chosen.datapaths,
            npus: chosen.npus, npuMacs: chosen.npuMACs, isHeadFrozen: chosen.isHeadFrozen,
            head: chip.head.name, classes: chip.head.classes)
    }

    func record(_ measured: Measured) -> Record {
        Record(
            backbone: digest.hex, design: design, measured: measured,
            modelled: Modelled(chip: twin.chip, headFrozen: twin.frozen),
            chips: twin.worth(ofMeasured: measured.imagesPerSecond))
    }

    func lines(_ measured: Measured) -> [String] {
        let worth = twin.worth(ofMeasured: measured.imagesPerSecond)
        var lines = [
            "backbone \(digest.short); chip: \(String(format: "%g", design.clockMhz)) MHz, "
                + "\(design.cyclesPerImage) cycles an image, \(Format.count(design.classes)) classes, "
                + (design.isHeadFrozen
                    ? "head hardened" : "\(design.npus) x \(Format.count(design.npuMacs)) MACs for the head")
        ]
        lines += Format.table(rows(measured))
        lines.append("this fleet is worth \(Format.chips(worth))" + headSentence)
        lines.append("energy, area and power are the chip's, modelled; nothing measures the fleet's")
        if measured.workers == 0 { lines.append("no worker has a recent heartbeat") }
        for other in measured.otherWorkers { lines.append("left out, another artefact: \(other)") }
        return lines
    }

    /// What a hardened head would give.
    private var headSentence: String {
        guard let frozen = twin.frozen else { return "; its head is hardened already" }
        let rate = frozen.imagesPerSecond / twin.chip.imagesPerSecond
        let energy = frozen.microjoules.value - twin.chip.microjoules.value
        return String(
            format: "; freezing the head would give the chip %.2f times the rate, %+.2f uJ an image", rate,
            energy)
    }

    private func rows(_ measured: Measured) -> [[String]] {
        let chips = [twin.chip] + [twin.frozen].compactMap { $0 }
        func modelled(_ text: (ModelledChip) -> String) -> [String] { chips.map(text) }
        let titles =
            twin.frozen == nil
            ? ["modelled, one chip"] : ["modelled, one chip", "modelled, head frozen"]
        let source = measured.source == "given" ? "measured, given" : "measured, this fleet"
        return [
            ["", source] + titles,
            ["images/s", Format.rate(measured.imagesPerSecond)]
                + modelled { Format.count(Int($0.imagesPerSecond.rounded())) },
            ["limited by", "-"] + modelled { $0.bottleneck.phrase },
            ["uJ an image", "-"] + modelled { Self.range($0.microjoules) },
            ["mm2, placed", "-"] + modelled { Self.range($0.squareMillimetres) },
            ["W at that rate", "-"] + modelled { Self.range($0.watts) },
        ] + (measured.workers.map { [["workers", "\($0)"]] } ?? [])
            + (measured.imagesCommitted.map { [["images in the ledger", Format.count($0)]] } ?? [])
    }

    private static func range(_ estimate: Estimate) -> String {
        String(format: "%.2f (%.2f to %.2f)", estimate.value, estimate.low, estimate.high)
    }
}
