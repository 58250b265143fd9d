import TestSupport

/// Samples as a frozen random layer gives them: clusters in a small space, seen through random
/// rectified features of very different gain, some of them dead or nearly so.
struct SyntheticSamples {
    var features: [UInt8] = []
    var labels: [Int] = []

    var count: Int { labels.count }

    /// A world of clusters and features, from which samples are drawn.
    struct World {
        let featureCount: Int
        let classCount: Int
        private let hiddenCount = 8
        private let centres: [Double]
        private let mixing: [Double]
        private let offsets: [Double]
        private let gains: [Double]

        init(featureCount: Int, classCount: Int, seed: UInt64) {
            var generator = SeededRandom(seed: seed)
            self.featureCount = featureCount
            self.classCount = classCount
            centres = (0..<(classCount * hiddenCount)).map { _ in 2 * generator.normal() }
            mixing = (0..<(featureCount * hiddenCount)).map { _ in generator.normal() }
            offsets = (0..<featureCount).map { _ in 4 * generator.normal() - 2 }
            gains = (0..<featureCount).map { _ in [0.5, 3, 10, 30].randomElement(using: &generator) ?? 1 }
        }

        /// SeededRandom samples whose clusters have the radius `noise`.
        func draw(_ count: Int, noise: Double, seed: UInt64) -> SyntheticSamples {
            var generator = SeededRandom(seed: seed)
            var samples = SyntheticSamples()
            for _ in 0..<count {
                let label = Int.random(in: 0..<classCount, using: &generator)
                let hidden = (0..<hiddenCount).map {
                    centres[label * hiddenCount + $0] + noise * generator.normal()
                }
                for feature in 0..<featureCount {
                    var value = offsets[feature]
                    for index in 0..<hiddenCount {
                        value += mixing[feature * hiddenCount + index] * hidden[index]
                    }
                    samples.features.append(UInt8(min(255, max(0, gains[feature] * value).rounded())))
                }
                samples.labels.append(label)
            }
            return samples
        }
    }
}
