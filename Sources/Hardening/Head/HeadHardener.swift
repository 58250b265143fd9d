internal import Artifacts
public import ClassifierHead
public import FloatNetwork
public import HardenedBackbone
internal import QuantizedTensors

/// Turns a float classifier into the head of a hardened backbone.
public enum HeadHardener {
    /// The real mean activation that one feature code stands for: `6/255 * 2^-a * 2^p / pixels`.
    public static func featureUnit(of artifact: BackboneArtifact) -> Double {
        let exponent = Int(artifact.activationExponents[artifact.activationExponents.count - 1])
        let unit = CodeNetwork.unit * Double(sign: .plus, exponent: -exponent, significand: 1)
        return unit * Double(1 << Int(artifact.poolShift)) / Double(artifact.network.pooledShape.pixelCount)
    }

    /// The head of `artifact` that computes `classifier`, rounded to eight bits.
    ///
    /// - Parameters:
    ///   - unit: what one feature code is worth to the classifier: ``featureUnit(of:)`` where it reads real
    ///     means, 1 where it reads feature bytes.
    ///   - features: feature bytes of the calibration images; without them means are taken to agree.
    ///   - logits: the float network's logits for the same images, whose means the head shall have.
    /// - Throws: ``HardeningError`` for wrong class counts and numbers that do not fit a head.
    public static func head(
        _ classifier: FloatNetwork.Classifier, of artifact: BackboneArtifact, unit: Double,
        options: HardeningOptions, features: [[UInt8]] = [], logits: [[Float]] = [],
        summary: String
    ) throws(HardeningError) -> ClassifierHead {
        let classes = classifier.bias.count
        let featureCount = artifact.network.featureCount
        let names = options.classNames ?? (0..<classes).map { "class \($0)" }
        guard names.count == classes else {
            throw .wrongClassCount(found: names.count, expected: classes)
        }
        let weights = classifier.weights.map { Double($0) * unit }
        let means = mean(features, count: featureCount)
        let shares = logits.isEmpty ? expected(classifier, weights, means) : mean(logits, count: classes)
        let real = RealHead(
            weights: weights, bias: classifier.bias.map(Double.init), featureMeans: means,
            classShares: shares, metric: metric(features, means: means))
        let start = HeadQuantizer.estimatedClip(real)
        // Biases may be too large beside clipped weights: then the clip widens.
        let clips = HeadQuantizer.clipCandidates.filter { $0 >= start }.sorted()
        var quantized: HeadQuantizer.Quantized?
        for clip in clips where quantized == nil { quantized = HeadQuantizer.quantize(real, clip: clip) }
        guard let quantized else { throw .classifierOutOfRange }
        do {
            return try ClassifierHead(
                name: options.headName, version: options.headVersion, classNames: names,
                featureCount: featureCount, weights: quantized.weights, bias: quantized.bias,
                scale: quantized.scale, backboneDigest: artifact.digest,
                preprocessing: artifact.preprocessing, summary: summary)
        } catch {
            throw .illegalHead(error)
        }
    }

    /// The mean logits that the classifier itself gives on features of the given means.
    private static func expected(
        _ classifier: FloatNetwork.Classifier, _ weights: [Double], _ means: [Double]
    ) -> [Double] {
        classifier.bias.indices.map { row in
            means.indices.reduce(Double(classifier.bias[row])) {
                $0 + weights[row * means.count + $1] * means[$1]
            }
        }
    }

    private static func mean<Value>(_ rows: [[Value]], count: Int) -> [Double] where Value: RealConvertible {
        var sums = [Double](repeating: 0, count: count)
        for row in rows {
            for (index, value) in row.enumerated() { sums[index] += value.real }
        }
        return sums.map { rows.isEmpty ? 0 : $0 / Double(rows.count) }
    }

    /// Correlation of the features with as much again on its diagonal: there are fewer images than features.
    private static func metric(_ features: [[UInt8]], means: [Double]) -> RealHead.Metric {
        let size = means.count
        let count = Double(max(features.count, 1))
        var deviations = [Double](repeating: 1, count: size)
        var centred: [[Double]] = []
        for feature in 0..<size {
            let column = features.map { Double($0[feature]) - means[feature] }
            // One code of spread at least, as where heads are fitted.
            deviations[feature] = (column.reduce(0) { $0 + $1 * $1 } / count + 1).squareRoot()
            centred.append(column.map { $0 / deviations[feature] })
        }
        var matrix = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for column in 0...row {
                let product = centred[row].withUnsafeBufferPointer { left in
                    centred[column].withUnsafeBufferPointer { RowArithmetic.dot(left, $0, count: left.count) }
                }
                matrix[row * size + column] = product / count
            }
            matrix[row * size + row] += 1
        }
        guard let factor = CholeskyFactor(lowerTriangle: matrix, size: size) else {
            preconditionFailure("a correlation plus the identity is definite")
        }
        return RealHead.Metric(factor: factor, deviations: deviations)
    }
}

/// A number that means are taken of.
private protocol RealConvertible {
    var real: Double { get }
}

extension UInt8: RealConvertible {
    fileprivate var real: Double { Double(self) }
}

extension Float: RealConvertible {
    fileprivate var real: Double { Double(self) }
}
