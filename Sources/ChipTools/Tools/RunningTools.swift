internal import Glibc
import Synchronization

/// The process groups of all programs that run for us, so that none outlives us when we are stopped.
public final class RunningTools: Sendable {
    /// Those of this process.
    public static let shared = RunningTools()

    /// A machine has few cores: more programs at a time than this is a mistake.
    static let most = 64

    /// One process group a slot, 0 when free.
    private let slots: Slots
    private let stopped = Atomic<Bool>(false)

    /// None runs.
    public init() { slots = Slots() }

    /// True once ``killAll()`` ran: nothing is started any more.
    public var isStopped: Bool { stopped.load(ordering: .acquiring) }

    /// Kills every program that runs, with its children, and lets none start from now on.
    ///
    /// Only atomic loads and `kill`: a handler of SIGINT or SIGTERM may call it on ``shared``, when that was
    /// touched once before the handler was set.
    public func killAll() {
        stopped.store(true, ordering: .releasing)
        for index in 0..<Self.most {
            let group = slots.pointer[index].load(ordering: .acquiring)
            if group > 0 { kill(-group, SIGKILL) }
        }
    }

    /// Lets programs start again, for a session that goes on after an interrupt.
    public func resume() { stopped.store(false, ordering: .releasing) }

    /// Notes a process group; nil when all slots are taken.
    func register(_ group: Int32) -> Int? {
        (0..<Self.most).first { index in
            slots.pointer[index].compareExchange(expected: 0, desired: group, ordering: .acquiringAndReleasing)
                .exchanged
        }
    }

    /// Forgets a process group, before its leader is reaped: afterwards the number may belong to others.
    func unregister(_ slot: Int) { slots.pointer[slot].store(0, ordering: .releasing) }

    /// Memory of the slots; freed with the last program, as runs hold their registry.
    private final class Slots: @unchecked Sendable {
        let pointer: UnsafeMutablePointer<Atomic<Int32>>

        init() {
            pointer = .allocate(capacity: RunningTools.most)
            for index in 0..<RunningTools.most { (pointer + index).initialize(to: Atomic(0)) }
        }

        deinit {
            pointer.deinitialize(count: RunningTools.most)
            pointer.deallocate()
        }
    }
}
