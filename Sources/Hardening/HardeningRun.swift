internal import ClassifierHead
internal import FloatNetwork
internal import HardenedBackbone
internal import QuantizedTensors

/// One hardening under way: layers are done in execution order, on what the hardened layers before give.
struct HardeningRun {
    private let network: NetworkDescription
    private let options: HardeningOptions
    private let crew: WorkCrew
    private let code: CodeNetwork
    private let masks: [[Bool]]
    /// Scale exponent of every layer's output.
    private let exponents: [Int]
    private var record: FloatRecord

    private var activations: ActivationStore
    private var parameters: [LayerParameters] = []
    private var layers: [HardeningReport.Layer] = []

    init(
        _ float: FloatNetwork, _ calibration: [[UInt8]], options: HardeningOptions, crew: WorkCrew,
        progress: (HardeningProgress) -> Void
    ) {
        network = float.network
        self.options = options
        self.crew = crew
        activations = ActivationStore(calibration, bytesMax: options.activationBytesMax)
        var record = FloatRecord.make(float, calibration, crew: crew, progress: progress)
        var code = CodeNetwork(float)
        if options.steps.contains(.equalise) { Equalisation.apply(float.network, &code, &record) }
        exponents =
            options.activationExponents ?? ActivationScales.choose(float.network, record, crew: crew)
        masks = Pruning.masks(float.network, code, options: options)
        self.code = code
        self.record = record
    }

    /// Hardens layer `index` and carries the images on.
    mutating func hardenLayer(_ index: Int) -> HardeningReport.Layer {
        let layer = network.layers[index]
        let result = solve(index)
        parameters.append(result.parameters)
        let comparison = OutputComparison(network, index, record, exponent: exponents[index])
        let parts = activations.advance(
            through: ByteLayer(layer, result.parameters, padding: code.inputMean), index, of: network,
            crew: crew, look: comparison.part)
        let quality = comparison.quality(parts)
        for image in record.images.indices { record.images[image].samples[index] = [] }
        let facts = LayerFacts(layer, result.parameters)
        let report = HardeningReport.Layer(
            name: layer.name, kind: layer.kind.rawValue, weightCount: layer.weightCount,
            weightSqnrDb: result.weightSqnrDb, roundingSqnrDb: result.roundingSqnrDb, stages: result.stages,
            outputSqnrDb: quality.sqnrDb, zeroShare: facts.zeroShare, terms: facts.terms,
            exponentCounts: facts.exponentCounts,
            saturatedShare: quality.saturatedShare, activationExponent: exponents[index],
            shifts: facts.shifts, accumulatorBits: facts.accumulatorBits)
        layers.append(report)
        return report
    }

    private func solve(_ index: Int) -> LayerHardener.Result {
        let layer = network.layers[index]
        // Raw bytes count as codes of scale exponent 0.
        let inputExponent = index == 0 ? 0 : exponents[index - 1]
        return LayerHardener(
            layer, code.layers[index], kept: masks[index],
            scale: Double(sign: .plus, exponent: exponents[index] - inputExponent, significand: 1),
            biasScale: Double(sign: .plus, exponent: exponents[index], significand: 1),
            samples: InputSamples.gather(
                layer, index: index, activations, inputMean: code.inputMean, crew: crew),
            targets: LayerTargets(
                network, index, record, exponent: exponents[index],
                residuals: layer.residualSource == nil ? nil : activations.residuals, crew: crew),
            terms: options.terms.count(index), options: options, crew: crew
        ).harden()
    }

    /// Seals the backbone, makes the head and sums up.
    func finish(_ float: FloatNetwork) throws(HardeningError) -> HardenedNetwork {
        let outputs = (0..<activations.count).map(activations.input)
        let poolShift = PoolCalibration.shift(network, outputs: outputs)
        let summary = options.summary(images: activations.count)
        let artifact: BackboneArtifact
        do {
            artifact = try BackboneArtifact(
                network: network, inputMean: code.inputMean, poolShift: poolShift, layers: parameters,
                activationExponents: exponents.map { Int8($0) }, preprocessing: options.preprocessing,
                description: summary)
        } catch {
            throw .illegalArtifact(error)
        }
        let features = outputs.map {
            ReferenceBackbone.pool($0, shape: network.pooledShape, shift: poolShift)
        }
        let unit = HeadHardener.featureUnit(of: artifact)
        var head: ClassifierHead?
        if let classifier = float.classifier {
            head = try HeadHardener.head(
                classifier, of: artifact, unit: unit, options: options, features: features,
                logits: record.images.map(\.logits), summary: "rounded from a float classifier; " + summary)
        }
        let report = HardeningReport(
            digest: artifact.digest, imageCount: activations.count, summary: summary,
            poolShift: Int(poolShift), layers: layers, featureSqnrDb: featureSqnr(features, unit: unit),
            agreement: head.map { agreement($0, features) })
        return HardenedNetwork(artifact: artifact, head: head, report: report)
    }

    private func featureSqnr(_ features: [[UInt8]], unit: Double) -> Double {
        var (signal, noise) = (0.0, 0.0)
        for (image, bytes) in zip(record.images, features) {
            for (real, byte) in zip(image.features, bytes) {
                let difference = Double(real) - Double(byte) * unit
                signal += Double(real) * Double(real)
                noise += difference * difference
            }
        }
        return Decibels.ratio(signal, noise)
    }

    private func agreement(_ head: ClassifierHead, _ features: [[UInt8]]) -> Double {
        var agreed = 0
        for (image, bytes) in zip(record.images, features) {
            let logits = HeadReference.logits(head, features: bytes)
            if Self.first(logits) == Self.first(image.logits) { agreed += 1 }
        }
        return Double(agreed) / Double(features.count)
    }

    /// The largest value's index, the lowest of equals.
    private static func first<Value: Comparable>(_ values: [Value]) -> Int {
        values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
    }
}
