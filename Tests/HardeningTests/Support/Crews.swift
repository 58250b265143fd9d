import Dispatch
import Hardening

/// Crews for tests.
enum Crews {
    /// Really concurrent threads.
    static func threads(_ count: Int) -> WorkCrew {
        WorkCrew(workerCount: count) { workerCount, body in
            let group = DispatchGroup()
            for worker in 0..<workerCount {
                DispatchQueue.global().async(group: group) { body(worker) }
            }
            group.wait()
        }
    }
}
