import PipelineMessages

/// Predictions that were read and not judged yet: they wait for the cut-overs that they may carry. Pure.
package struct PendingPredictions {
    /// Most that wait.
    package static let countMax = 10_000
    /// Most bytes of their records, but for the last one: anyone may write large ones.
    package static let bytesMax = 16 << 20

    /// Each with its record's bytes, in the order of reading.
    package private(set) var records: [(Prediction, [UInt8])] = []
    private var bytes = 0

    /// None wait.
    package init() {}

    /// Whether they have to be judged before more are read.
    package var isFull: Bool { records.count >= Self.countMax || bytes >= Self.bytesMax }

    /// One more waits.
    package mutating func add(_ prediction: Prediction, _ record: [UInt8]) {
        records.append((prediction, record))
        bytes += record.count
    }
}
