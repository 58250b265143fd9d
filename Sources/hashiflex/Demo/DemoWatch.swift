import Foundation
import PipelineMessages
import Synchronization
import Threads

/// Reads the demo's predictions as an independent reader would.
final class DemoWatch: Sendable {
    private struct State {
        var seen: Set<ImageAddress> = []
        var records: [(prediction: Prediction, bytes: [UInt8])] = []
        var unreadable = 0
        var firstAtMs: Int64 = 0
        var lastAtMs: Int64 = 0
        var lastHead: String?
        var rateFrom: (ms: Int64, count: Int) = (0, 0)
        var rate = 0.0
        var lineAtMs: Int64 = 0
    }

    private let state = Mutex(State())
    private let end = Signal()
    private let target: Int

    init(target: Int) { self.target = target }

    func run(_ link: Connection) throws -> PlatformThread {
        // Made here so that its errors are the caller's.
        let reader = ReaderBox(try PredictionReader(link))
        return PlatformThread("predictions") { [self] in
            while !end.isSet {
                do {
                    switch try reader.value.next(timeoutMs: 100) {
                    case .record(let prediction, let bytes): take(prediction, bytes)
                    case .unreadable: state.withLock { $0.unreadable += 1 }
                    case .idle: break
                    }
                } catch {
                    Terminal.complain("\(error)")
                    return
                }
            }
        }
    }

    func stop() { end.set() }

    private func take(_ prediction: Prediction, _ bytes: [UInt8]) {
        state.withLock { state in
            let now = Clock.steadyMs
            if state.records.isEmpty { state.firstAtMs = now }
            state.lastAtMs = now
            state.records.append((prediction, bytes))
            state.seen.insert(prediction.address)
            if let head = prediction.headName { state.lastHead = head.description }
        }
    }

    /// Distinct images with a record.
    var distinct: Int { state.withLock { $0.seen.count } }
    /// Every record, repetitions too.
    var records: [(prediction: Prediction, bytes: [UInt8])] { state.withLock { $0.records } }
    /// Records that are no predictions.
    var unreadable: Int { state.withLock { $0.unreadable } }
    /// When the first record came.
    var firstAtMs: Int64 { state.withLock { $0.firstAtMs } }
    /// When the last record came.
    var lastAtMs: Int64 { state.withLock { $0.lastAtMs } }
    /// The head of the last record.
    var lastHead: String? { state.withLock { $0.lastHead } }

    /// Images a second over the last second or so.
    var recentRate: Double {
        state.withLock { state in
            let now = Clock.steadyMs
            if now - state.rateFrom.ms >= 1_000 {
                let elapsed = Double(now - state.rateFrom.ms) / 1_000
                if state.rateFrom.ms > 0 {
                    state.rate = Double(state.seen.count - state.rateFrom.count) / elapsed
                }
                state.rateFrom = (now, state.seen.count)
            }
            return state.rate
        }
    }

    /// True once every two seconds.
    var isTimeForALine: Bool {
        state.withLock { state in
            guard Clock.steadyMs - state.lineAtMs >= 2_000 else { return false }
            state.lineAtMs = Clock.steadyMs
            return true
        }
    }
}

// Safety: the reader is only used by the thread that DemoWatch starts.
private final class ReaderBox: @unchecked Sendable {
    let value: PredictionReader
    init(_ value: PredictionReader) { self.value = value }
}
