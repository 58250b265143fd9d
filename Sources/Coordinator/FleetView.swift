import ControlPlane
import Cutover
import PipelineMessages
import Threads

/// What the coordinator knows of the fleet from heartbeats.
struct FleetView {
    var machine: RolloutStateMachine
    private(set) var lastCoordinator: CoordinatorStatus?
    private let livenessMs: Int64

    init(livenessMs: Int64) {
        machine = RolloutStateMachine(livenessMs: livenessMs)
        self.livenessMs = livenessMs
    }

    /// Reads what was there before; only recent heartbeats make a worker live.
    mutating func catchUp(_ status: StatusTail) {
        let deadline = Clock.steadyMs + 15_000
        while Clock.steadyMs < deadline {
            switch status.poll(timeoutMs: 100) {
            case .caughtUp: return
            case .worker(let worker): observe(worker)
            case .coordinator(let last): lastCoordinator = last
            case .fleet, .error, nil: break
            }
        }
    }

    /// Takes the heartbeats that are here now.
    mutating func take(_ status: StatusTail) {
        while let event = status.poll(timeoutMs: 0) {
            if case .worker(let worker) = event { observe(worker) }
        }
        machine.forgetSilent(nowMs: Clock.steadyMs)
    }

    private mutating func observe(_ worker: WorkerStatus) {
        // Its age by its own clock, never negative: a worker whose clock is ahead is simply fresh.
        let age = max(0, Clock.wallMs - worker.atMs)
        guard age <= 10 * livenessMs else { return }
        // While reading the past a heartbeat is as old as it says; read live, it is as fresh as it came.
        machine.observe(worker, nowMs: Clock.steadyMs - (age > livenessMs ? age : 0))
    }
}
