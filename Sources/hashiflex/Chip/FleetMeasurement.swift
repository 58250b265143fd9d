import ArgumentParser
import Artifacts
import PipelineMessages

/// What a live fleet does now with one artefact, by its workers' heartbeats: measured.
struct FleetMeasurement {
    /// Images/s that workers with that artefact scored since their last heartbeats.
    let imagesPerSecond: Double
    /// Workers that run it.
    let workers: Int
    /// Images that the coordinator has in its ledger; `nil` without one.
    let imagesCommitted: Int64?
    /// Live workers that run another artefact, which are left out.
    let strangers: [(worker: String, backbone: ContentDigest)]

    /// Adds up the workers of `snapshot` that run the artefact `digest`.
    init(_ snapshot: FleetSnapshot, of digest: ContentDigest) {
        let live = snapshot.liveWorkers
        let own = live.filter { $0.backbone == digest }
        imagesPerSecond = own.reduce(0) { $0 + $1.imagesPerSecond }
        workers = own.count
        imagesCommitted = snapshot.coordinator?.imagesCommitted
        strangers = live.filter { $0.backbone != digest }.map { ($0.worker, $0.backbone) }
    }

    /// Refuses a fleet that runs other artefacts only, and one of which nothing was heard.
    func check(model: String, digest: ContentDigest) throws {
        guard workers == 0 else { return }
        if let stranger = strangers.first {
            throw CommandError(
                Exit.refused,
                "the fleet runs backbone \(stranger.backbone.short) (\(stranger.worker)), \(model) is "
                    + "\(digest.short): name the fleet's model")
        }
        throw CommandError(
            Exit.unavailable,
            "no worker has a recent heartbeat: start a fleet, or give its rate with --measured")
    }
}
