import Figures

extension ChipReport {
    /// What the figures come to, one sentence each, each of one kind.
    public var findings: [String] {
        var sentences: [String] = []
        func rate(_ value: Double, _ published: Double) -> String {
            "\(Number.count(Int(value.rounded()))) images/s (simulated), \(Number.text(value / published, places: 2)) "
                + "of the published \(Number.text(published / 1e6, places: 2)) M"
        }
        if !design.isHeadFrozen {
            sentences.append(
                "With the programmable head: "
                    + rate(simulated.imagesPerSecond, published.programmableImagesPerSecond) + ".")
        }
        sentences.append(
            "Fully hardened: " + rate(simulated.hardenedImagesPerSecond, published.hardenedImagesPerSecond)
                + ".")
        sentences.append("What limits the rate is \(bottleneckSentence).")
        sentences.append(
            "\(Number.count(counted.adders)) shifted additions a cycle (counted): "
                + "\(Number.count(counted.fullAdders)) full adders.")
        sentences.append(
            "Adders and flip-flops are \(Number.text(synthesisedLaw.adderMm2.value, places: 1)) and "
                + "\(Number.text(synthesisedLaw.flipFlopMm2.value, places: 1)) mm2 of cells (synthesised law)."
        )
        let (area, energy) = (modelled.placedMm2, modelled.microjoules)
        sentences.append(
            "Placed, the chip is \(Self.range(area)) mm2, and an image takes \(Self.range(energy)) uJ (modelled)."
        )
        sentences.append(
            "At that rate it draws \(Self.range(modelled.watts)) W, "
                + "\(Number.text(modelled.wattsPerMm2, places: 2)) W/mm2 (modelled)"
                + (modelled.isHot ? ", which is above 1 W/mm2: cooling decides." : "."))
        sentences.append(
            "\(synthesisedLaw.slowestLayer) closes the slowest clock, "
                + "\(Number.text(synthesisedLaw.slowestClockMhz, places: 0)) MHz with "
                + "\(design.wireMicrometres) um of wire a segment"
                + (synthesisedLaw.layersCutTwice == 0
                    ? "."
                    : "; \(synthesisedLaw.layersCutTwice) layers are cut twice."))
        return sentences
    }

    private static func range(_ estimate: Estimate) -> String {
        "\(Number.text(estimate.value, places: 1)) (\(Number.text(estimate.low, places: 1)) to "
            + "\(Number.text(estimate.high, places: 1)))"
    }
}
