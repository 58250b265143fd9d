internal import HardenedBackbone
internal import QuantizedTensors

/// Hardens one layer, given what its hardened inputs look like and what it shall give.
struct LayerHardener {
    let layer: NetworkLayer
    let options: HardeningOptions
    let crew: WorkCrew
    /// The most powers of two in a weight.
    let terms: Int
    let problems: [ChannelProblem]

    /// Numbers of the layer, and the error of every stage against the float network.
    struct Result {
        let parameters: LayerParameters
        let stages: [HardeningReport.Stage]
        let weightSqnrDb: Double
        let roundingSqnrDb: Double
    }

    /// Poses the problem of every output channel.
    ///
    /// - Parameters:
    ///   - code: real numbers of the layer, in units of scale exponent 0.
    ///   - scale: output codes for each input code, of a weight of 1: `2^(a_y - a_x)`.
    ///   - biasScale: `2^a_y`.
    init(
        _ layer: NetworkLayer, _ code: CodeNetwork.Layer, kept: [Bool], scale: Double, biasScale: Double,
        samples: InputSamples, targets: LayerTargets, terms: Int, options: HardeningOptions, crew: WorkCrew
    ) {
        self.layer = layer
        self.terms = terms
        self.options = options
        self.crew = crew
        let count = layer.weightsPerChannel
        let centred = options.steps.contains(.bias)
        func elements(_ channel: Int) -> [Int] {
            (0..<count).map { InputSamples.element($0, of: channel, in: layer) }
        }
        var shared: (moments: InputMoments, metric: ErrorMetric)?
        if layer.kind != .depthwise {
            let moments = InputMoments(samples, elements: elements(0), crew: crew)
            shared = (moments, ErrorMetric(moments, centred: centred))
        }
        let common = shared
        problems = crew.map(layer.output.channels) { channel in
            let elements = (0..<count).map { InputSamples.element($0, of: channel, in: layer) }
            let moments = common?.moments ?? InputMoments(samples, elements: elements, crew: .serial)
            let range = (channel * count)..<((channel + 1) * count)
            return ChannelProblem(
                weights: code.weights[range].map { $0 * scale }, bias: code.bias[channel] * biasScale,
                kept: kept.isEmpty ? [] : Array(kept[range]), moments: moments,
                metric: common?.metric ?? ErrorMetric(moments, centred: centred),
                target: TargetMoments(
                    samples, elements: elements, sampleMeans: moments.sampleMeans,
                    targets: targets.columns[channel], mean: targets.means[channel]),
                levels: Po2Levels(exponents: options.exponents, terms: terms), steps: options.steps,
                samples: samples.count)
        }
    }

    /// Rounds by each step in turn and keeps the last.
    func harden() -> Result {
        let signal = problems.reduce(0.0) { $0 + $1.target.variance }
        var used: Set<HardeningStep> = []
        var weights = problems.map(\.weights)
        var solutions = solve(weights, using: used)
        var stages = [stage("nearest", solutions, signal)]
        for step in HardeningStep.allCases where options.steps.contains(step) && step != .equalise {
            used.insert(step)
            if step == .upstream { weights = crew.map(problems.count) { problems[$0].aimed } }
            solutions = solve(weights, using: used)
            stages.append(stage(step.rawValue, solutions, signal))
        }
        return Result(
            parameters: LayerParameters(
                weights: solutions.flatMap { $0.codes.map { Int8($0) } },
                bias: solutions.map { Int32($0.bias) }, shift: solutions.map { UInt8($0.shift) }),
            stages: stages, weightSqnrDb: weightSqnr(solutions),
            roundingSqnrDb: Decibels.ratio(signal, solutions.reduce(0.0) { $0 + $1.objective }))
    }

    private func stage(
        _ name: String, _ solutions: [ChannelProblem.Solution], _ signal: Double
    ) -> HardeningReport.Stage {
        let errors = crew.map(problems.count) { problems[$0].error(of: solutions[$0]) }
        return HardeningReport.Stage(
            name: name, outputSqnrDb: Decibels.ratio(signal, errors.reduce(0, +)))
    }

    /// Solves all channels, each with its own shift or all with the best common one.
    private func solve(
        _ weights: [[Double]], using used: Set<HardeningStep>
    ) -> [ChannelProblem.Solution] {
        let largest = problems.indices.map { channel in
            weights[channel].enumerated().reduce(0.0) { largest, weight in
                let isKept = problems[channel].kept.isEmpty || problems[channel].kept[weight.offset]
                return isKept ? max(largest, weight.element.magnitude) : largest
            }
        }
        guard options.perTensorExponents else {
            return crew.map(problems.count) { channel in
                problems[channel].solve(
                    weights[channel], using: used,
                    shifts: ChannelProblem.shiftCandidates(
                        largest: largest[channel], most: problems[channel].mostShift))
            }
        }
        let most = problems.reduce(Int(Requantization.shiftMax)) { min($0, $1.mostShift) }
        var best: (solutions: [ChannelProblem.Solution], objective: Double)?
        for shift in ChannelProblem.shiftCandidates(largest: largest.reduce(0, max), most: most) {
            let solutions = crew.map(problems.count) { channel in
                problems[channel].solve(weights[channel], using: used, shifts: [shift])
            }
            let objective = solutions.reduce(0.0) { $0 + $1.objective }
            if let former = best, former.objective <= objective { continue }
            best = (solutions, objective)
        }
        guard let best else { preconditionFailure("there is a shift to try") }
        return best.solutions
    }

    /// Power of the float weights over that of their errors.
    private func weightSqnr(_ solutions: [ChannelProblem.Solution]) -> Double {
        var signal = 0.0
        var noise = 0.0
        for (problem, solution) in zip(problems, solutions) {
            let scale = Double(1 << solution.shift)
            for (weight, code) in zip(problem.weights, solution.codes) {
                signal += weight * weight
                noise += (weight - code / scale) * (weight - code / scale)
            }
        }
        return Decibels.ratio(signal, noise)
    }
}
