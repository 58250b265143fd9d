internal import ClassifierHead
public import FloatNetwork
public import HardenedBackbone
internal import QuantizedTensors

/// Makes a hardened backbone, and a head, of a float network.
public enum Hardener {
    /// Hardens `network` on calibration images, without training.
    ///
    /// The same arguments give the same bytes on every machine and with any crew.
    ///
    /// - Parameters:
    ///   - calibration: typical images, each `[inputSize, inputSize, 3]` RGB bytes.
    ///   - heldOut: images of the same kind that are only looked at when everything is decided; see
    ///     ``HeldOutReport/split(_:share:)``.
    ///   - crew: threads to share the work.
    ///   - progress: called on the calling thread.
    /// - Throws: ``HardeningError``; nothing that did not pass verification is returned.
    /// - Cost: one float pass and one integer pass over the images, and work that grows with weights times
    ///   inputs; memory is bounded by ActivationStore; 512 images of 224x224 take about 1.5 GB.
    public static func harden(
        _ network: FloatNetwork, calibration: [[UInt8]], heldOut: [[UInt8]] = [],
        options: HardeningOptions = HardeningOptions(), crew: WorkCrew = .serial,
        progress: (HardeningProgress) -> Void = { _ in }
    ) throws(HardeningError) -> HardenedNetwork {
        try options.validate()
        guard HardeningOptions.imageRange.contains(calibration.count) else {
            throw .wrongImageCount(found: calibration.count)
        }
        let description = network.network
        for (index, image) in (calibration + heldOut).enumerated()
        where image.count != description.imageBytes {
            throw .wrongImageSize(index: index, found: image.count, expected: description.imageBytes)
        }
        if let classifier = network.classifier, let names = options.classNames,
            names.count != classifier.bias.count
        {
            throw .wrongClassCount(found: names.count, expected: classifier.bias.count)
        }
        var run = HardeningRun(network, calibration, options: options, crew: crew, progress: progress)
        for index in description.layers.indices {
            let layer = run.hardenLayer(index)
            progress(
                .hardened(
                    index: index, count: description.layers.count, layer: layer.name,
                    sqnrDb: layer.outputSqnrDb ?? 0))
        }
        var hardened = try run.finish(network)
        let images = try HardeningVerification.verify(hardened.artifact, images: calibration, crew: crew)
        progress(.verified(images: images))
        guard !heldOut.isEmpty else { return hardened }
        let comparison = try NetworkComparison(network, hardened.artifact, head: hardened.head)
        let outcomes = crew.map(heldOut.count, state: { comparison.worker() }) { worker, index in
            worker.outcome(heldOut[index])
        }
        var tally = NetworkComparison.Tally()
        outcomes.forEach { tally.add($0) }
        let report = NetworkComparison.report(
            tally, comparesLayers: !options.steps.contains(.equalise))
        if report.isConstant { throw .constantAnswer(images: heldOut.count) }
        hardened.report.heldOut = report
        return hardened
    }

    /// Seals integers that training found: verifies them, rounds the classifier and changes nothing else.
    ///
    /// - Parameters:
    ///   - artifact: the backbone, already checked by its initialiser.
    ///   - classifier: a final layer over the backbone's feature bytes.
    ///   - calibration: images to compare reference and executor on, and to round the head on; may be empty,
    ///     then a ramp and noise stand in for the comparison.
    /// - Throws: ``HardeningError``; nothing that did not pass verification is returned.
    public static func seal(
        _ artifact: BackboneArtifact, classifier: FloatNetwork.Classifier?, calibration: [[UInt8]] = [],
        options: HardeningOptions = HardeningOptions(), crew: WorkCrew = .serial,
        progress: (HardeningProgress) -> Void = { _ in }
    ) throws(HardeningError) -> HardenedNetwork {
        let network = artifact.network
        for (index, image) in calibration.enumerated() where image.count != network.imageBytes {
            throw .wrongImageSize(index: index, found: image.count, expected: network.imageBytes)
        }
        let compared = calibration.isEmpty ? TestPattern.images(network) : calibration
        let images = try HardeningVerification.verify(artifact, images: compared, crew: crew)
        progress(.verified(images: images))
        var head: ClassifierHead?
        if let classifier {
            let features: [[UInt8]]
            do {
                let plan = try BackbonePlan(artifact)
                features = crew.map(calibration.count, state: { BackboneReplica(plan) }) { replica, index in
                    replica.features(of: calibration[index])
                }
            } catch {
                throw .noExecutor(error)
            }
            head = try HeadHardener.head(
                classifier, of: artifact, unit: 1, options: options, features: features,
                summary: "rounded from a trained classifier; " + artifact.description)
        }
        let layers = network.layers.indices.map { index in
            let layer = network.layers[index]
            let facts = LayerFacts(layer, artifact.layers[index])
            return HardeningReport.Layer(
                name: layer.name, kind: layer.kind.rawValue, weightCount: layer.weightCount,
                weightSqnrDb: nil, roundingSqnrDb: nil, stages: [], outputSqnrDb: nil,
                zeroShare: facts.zeroShare, terms: facts.terms, exponentCounts: facts.exponentCounts,
                saturatedShare: nil,
                activationExponent: Int(artifact.activationExponents[index]), shifts: facts.shifts,
                accumulatorBits: facts.accumulatorBits)
        }
        let report = HardeningReport(
            digest: artifact.digest, imageCount: calibration.count, summary: artifact.description,
            poolShift: Int(artifact.poolShift), layers: layers, featureSqnrDb: nil, agreement: nil)
        return HardenedNetwork(artifact: artifact, head: head, report: report)
    }
}
