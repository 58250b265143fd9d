import ImageDecoding

/// The resize of `hsf-resize-1` pixel by pixel from its definition: no tables, no passes, every source
/// sample visited for every target sample. Slow, and meant to be read beside the specification.
func referenceResize(_ image: RGBImage, width: Int, height: Int) -> [UInt8] {
    var result: [UInt8] = []
    for y in 0..<height {
        for x in 0..<width {
            for channel in 0..<3 {
                var sum = 0
                for sourceY in 0..<image.height {
                    let weightY = referenceWeight(n: image.height, m: height, target: y, source: sourceY)
                    if weightY == 0 { continue }
                    for sourceX in 0..<image.width {
                        let weightX = referenceWeight(n: image.width, m: width, target: x, source: sourceX)
                        let sample = Int(image.bytes[(sourceY * image.width + sourceX) * 3 + channel])
                        sum += weightY * weightX * sample
                    }
                }
                result.append(UInt8((sum + (1 << 23)) >> 24))
            }
        }
    }
    return result
}

/// The weight, in 1/4096, of one source sample in one target sample.
func referenceWeight(n: Int, m: Int, target: Int, source: Int) -> Int {
    if m < n {
        // Share of the target's interval that lies left of a position, in 1/4096, half up.
        func shareUpTo(_ position: Int) -> Int {
            let covered = min(max(position - target * n, 0), n)
            return (2 * covered * 4096 + n) / (2 * n)
        }
        return shareUpTo((source + 1) * m) - shareUpTo(source * m)
    }
    let position = (2 * target + 1) * n - m
    let low = position >= 0 ? position / (2 * m) : -1
    let high = ((position - low * 2 * m) * 4096 + m) / (2 * m)
    var weight = 0
    if min(max(low, 0), n - 1) == source { weight += 4096 - high }
    if min(max(low + 1, 0), n - 1) == source { weight += high }
    return weight
}
