internal import Synchronization

/// Threads that share independent pieces of work; which thread does which piece never shows in a result.
///
/// The target itself starts no threads: whoever calls it says how.
public struct WorkCrew: Sendable {
    /// Runs a body once for every worker, all at the same time, and returns when all have returned.
    public typealias Launch =
        @Sendable (_ workerCount: Int, _ body: @escaping @Sendable (_ worker: Int) -> Void) -> Void

    /// How many workers there are.
    public let workerCount: Int
    private let launch: Launch

    /// A crew of `workerCount` workers.
    ///
    /// - Range: `workerCount` is at least 1. `launch` must not return before every body has returned.
    public init(workerCount: Int, launch: @escaping Launch) {
        precondition(workerCount > 0, "a crew has a worker")
        self.workerCount = workerCount
        self.launch = launch
    }

    /// The calling thread alone.
    public static let serial = WorkCrew(workerCount: 1) { workerCount, body in
        for worker in 0..<workerCount { body(worker) }
    }

    /// The results of `count` pieces, in order.
    package func map<Result: Sendable>(_ count: Int, _ body: @Sendable (Int) -> Result) -> [Result] {
        map(count, state: {}, { _, index in body(index) })
    }

    /// The results of `count` pieces, in order; every worker has a `state` of its own, made on its thread.
    ///
    /// Which pieces share a state is left to chance, so the state is working memory and nothing else.
    package func map<State, Result: Sendable>(
        _ count: Int,
        state: @Sendable () -> State,
        _ body: @Sendable (State, Int) -> Result
    ) -> [Result] {
        let pieces = Pieces<Result>(count: count)
        withoutActuallyEscaping(state) { state in
            withoutActuallyEscaping(body) { body in
                launch(min(workerCount, max(count, 1))) { _ in
                    guard var index = pieces.take() else { return }
                    let memory = state()
                    while true {
                        pieces.put(body(memory, index), at: index)
                        guard let next = pieces.take() else { return }
                        index = next
                    }
                }
            }
        }
        return pieces.all()
    }
}

/// Which pieces are left, and what the others gave.
private final class Pieces<Result: Sendable>: Sendable {
    private let count: Int
    private let next = Atomic<Int>(0)
    private let results: Mutex<[Result?]>

    init(count: Int) {
        self.count = count
        results = Mutex([Result?](repeating: nil, count: count))
    }

    func take() -> Int? {
        let index = next.add(1, ordering: .relaxed).oldValue
        return index < count ? index : nil
    }

    func put(_ result: Result, at index: Int) { results.withLock { $0[index] = result } }

    func all() -> [Result] {
        let done = results.withLock { $0.compactMap(\.self) }
        precondition(done.count == count, "the crew returned before its work was done")
        return done
    }
}
