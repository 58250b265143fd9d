internal import Cutover
internal import PipelineMessages

/// What scores the next shard of a partition.
enum HeadChoice {
    /// This head.
    case head(HeadStamp, LoadedHead)
    /// Nothing yet, and why.
    case blocked(String)
}

extension HeadStore {
    /// The frozen head, else the one that the markers put in force; never another one in its place.
    func choice(_ timeline: HeadTimeline, stream: String) -> HeadChoice {
        if let frozen { return .head(frozen.stamp, frozen.loaded) }
        guard let inForce = timeline.head(stream: stream) else {
            return .blocked("no head is in force yet; push one with hashiflex head push")
        }
        guard let loaded = loaded(inForce.head) else {
            return .blocked("\(inForce.label): \(absence(inForce.head))")
        }
        return .head(HeadStamp(inForce), loaded)
    }
}
