import Kafka
import PipelineMessages

/// What stands against switching heads in a fleet, as far as its heartbeats say.
enum FrozenFleet {
    /// Refuses to switch heads while a live worker's head is frozen, before anything is published.
    ///
    /// A worker that comes later refuses by itself, and the coordinator with it.
    ///
    /// - Parameter ignored: workers that do not count, by name.
    /// - Returns: All that live, for further comparisons; none where the status topic is hidden from this user.
    /// - Throws: `CommandError` with exit code 76 that names the workers.
    @discardableResult
    static func refuse(_ link: Connection, ignoring ignored: [String]) throws -> [WorkerStatus] {
        let live = try FleetSnapshot.readIfAllowed(link, listeningFor: [.worker]).liveWorkers
        let reasons = live.filter { !ignored.contains($0.worker) }.compactMap { worker in
            worker.frozenHeadRefusal.map { "\(worker.worker): \($0)" }
        }
        guard !reasons.isEmpty else { return live }
        throw CommandError(
            Exit.refused, "nothing was published: this fleet can not switch heads", details: reasons)
    }
}
