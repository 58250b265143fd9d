/// The blocks of a network that may be deeper than a MobileNetV2 or otherwise put together.
struct BlockTable {
    /// Channels that each block gives, in order.
    private let blocks: [Int]

    /// What MobileNetV2 has at width 1.
    private static let own = [(16, 1), (24, 2), (32, 3), (64, 4), (96, 3), (160, 3), (320, 1)]

    /// Blocks with `channels` channels each.
    init(channels: [Int]) { blocks = channels }

    /// The blocks of a graph, if it is made of inverted residuals with clips and nothing else; else none.
    init(_ graph: ONNXGraph) {
        let types = Set(graph.nodes.map(\.operatorType))
        let others: Set<String> = [
            "HardSwish", "HardSigmoid", "Sigmoid", "PRelu", "LeakyRelu", "Relu", "Elu",
        ]
        var channels: [Int] = []
        var isDepthwise = false
        var count = 0
        for node in graph.nodes where node.operatorType == "Conv" {
            guard let shape = node.input(at: 1).flatMap({ graph.constant($0) }).flatMap({ try? $0.shape() }),
                shape.count == 4
            else { continue }
            count += 1
            if isDepthwise { channels.append(shape[0]) }
            isDepthwise =
                shape[1] == 1 && shape[0] > 1 && node.integer("group", default: 1) == Int64(shape[0])
        }
        // Stem, two in the first block, three in every other, the head, and perhaps a classifier.
        let isResidual = [0, 1].contains(count - 3 * channels.count - 1)
        blocks = isResidual && types.contains("Clip") && types.isDisjoint(with: others) ? channels : []
    }

    /// An error if these are more blocks than MobileNetV2's.
    var deeper: NetworkImportError? { blocks.count > 17 ? problem : nil }

    /// An error if these are blocks of another network; `nil` if they are MobileNetV2's, or too few to tell.
    var problem: NetworkImportError? {
        guard blocks.count >= 6, blocks.count != 17 else { return nil }
        var runs: [(Int, Int)] = []
        for channels in blocks {
            if let last = runs.last, last.0 == channels {
                runs[runs.count - 1].1 += 1
            } else {
                runs.append((channels, 1))
            }
        }
        return .otherBlockTable(
            found: "\(blocks.count) blocks (\(Self.text(runs)))",
            expected: "17 blocks (\(Self.text(Self.own)) at width 1)")
    }

    private static func text(_ runs: [(Int, Int)]) -> String {
        runs.prefix(16).map { "\($1) of \($0)" }.joined(separator: ", ") + (runs.count > 16 ? ", ..." : "")
    }
}
