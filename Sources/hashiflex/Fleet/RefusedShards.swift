import PipelineMessages

/// Sees a fleet that refuses every shard: it is live, nothing waits, and no image is scored. Pure.
///
/// It rests on the workers' own counts, and on the ledger, in which a refused shard counts with no image.
package struct RefusedShards {
    /// What lies further back says nothing of now, milliseconds by the worker's clock.
    private static let windowMs: Int64 = 30_000
    /// Most heartbeats of a worker that are kept: one in half a second is more than the window.
    private static let pointsMax = 64

    private struct Point {
        let atMs: Int64
        let dead: Int64
        let images: Int64
    }

    private struct Life {
        let incarnation: String
        var points: [Point] = []
    }

    private var lives: [String: Life] = [:]

    /// Has heard nothing.
    package init() {}

    /// Takes one heartbeat.
    package mutating func take(_ status: WorkerStatus) {
        let point = Point(atMs: status.atMs, dead: status.deadLetters, images: Self.images(status))
        var life = lives[status.worker] ?? Life(incarnation: status.incarnation)
        if life.incarnation != status.incarnation { life = Life(incarnation: status.incarnation) }
        life.points.append(point)
        // A step of the clock leaves one point.
        life.points.removeAll { abs(point.atMs - $0.atMs) > Self.windowMs }
        if life.points.count > Self.pointsMax { life.points.removeFirst() }
        lives[status.worker] = life
    }

    /// Forgets a worker.
    package mutating func forget(_ worker: String) { lives[worker] = nil }

    /// What to say of the live workers; `nil` where an image was scored, or nothing was refused.
    package func alarm(_ live: [WorkerStatus], ledger: [LedgerEntry]) -> String? {
        let points = live.compactMap { lives[$0.worker]?.points }
        let dead = points.map { grown($0, \.dead) }.saturatingSum
        if dead > 0, points.allSatisfy({ grown($0, \.images) == 0 }) {
            return
                "every shard of the last \(Self.windowMs / 1_000) s was refused: \(Format.count(dead)) dead letters, no "
                + "image scored"
        }
        let refused = live.map(\.deadLetters).saturatingSum
        if refused > 0, live.allSatisfy({ Self.images($0) == 0 }) {
            return
                "every shard that the live workers took was refused: \(Format.count(refused)) dead letters, no image scored"
        }
        let shards = ledger.map(\.shards).saturatingSum
        guard shards > 0, ledger.allSatisfy({ $0.images == 0 }) else { return nil }
        return "every shard in the ledger was refused: \(Format.count(shards)) shards, no image"
    }

    /// Images of shards that were not refused; both counts are below 2^50.
    private static func images(_ status: WorkerStatus) -> Int64 { status.imagesScored &+ status.imageErrors }

    private func grown(_ points: [Point], _ field: KeyPath<Point, Int64>) -> Int64 {
        guard let first = points.first, let last = points.last else { return 0 }
        return max(0, last[keyPath: field] - first[keyPath: field])
    }
}
