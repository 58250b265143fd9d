internal import Kafka
internal import Synchronization

/// This worker's membership of its group, as it was when each generation of lanes began.
final class Memberships: Sendable {
    private struct State {
        var latest: ConsumerGroupMetadata?
        var byGeneration: [Int: ConsumerGroupMetadata] = [:]
        var generation = 0
    }

    private let state = Mutex(State())

    /// The group has just given partitions to this member.
    func take(_ metadata: ConsumerGroupMetadata) { state.withLock { $0.latest = metadata } }

    /// Lanes of `generation` begin; earlier ones commit nothing any more.
    func begin(_ generation: Int) {
        state.withLock {
            $0.byGeneration = [generation: $0.latest].compactMapValues { $0 }
            $0.generation = generation
        }
    }

    /// The generation of lanes that is read for.
    var generation: Int { state.withLock { $0.generation } }

    /// The membership in whose name lanes of `generation` commit.
    func membership(_ generation: Int) -> ConsumerGroupMetadata? {
        state.withLock { $0.byGeneration[generation] }
    }
}
