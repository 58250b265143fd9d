/// A worker's time outside of the group, for partitions whose leaders are silent here. Pure.
struct Absence: Sendable {
    /// Partitions that could not be read.
    let images: [Int32]
    /// Partitions whose answers could not be written, or whose leaders were silent while no transaction was answered.
    let answers: [Int32]
    /// For how long nobody may be seen to take the partitions further, milliseconds.
    let waitMs: Int64
    /// When it ends, whatever others do.
    let latestMs: Int64
    /// When it began, or when somebody was last seen to take a partition further.
    private var sinceMs: Int64
    /// Where the group stood, or may stand by what this worker had on its way.
    private var offsets: [Int32: Int64]
    /// Whether somebody else was seen to take a partition further: others do not have this worker's trouble.
    private(set) var isTaken = false
    private var heard: Set<LeaderRole> = []
    /// When the group is asked next where it stands.
    var askAtMs: Int64

    /// - Parameter offsets: By partition: what lies above was committed by others.
    init(
        images: [Int32], answers: [Int32], offsets: [Int32: Int64], waitMs: Int64, latestMs: Int64,
        nowMs: Int64
    ) {
        (self.images, self.answers, self.offsets) = (images, answers, offsets)
        (self.waitMs, self.latestMs) = (waitMs, latestMs)
        (sinceMs, askAtMs) = (nowMs, nowMs)
    }

    /// All partitions that the group was left for.
    var partitions: [Int32] { Set(images + answers).sorted() }

    /// The partitions that others are to take further.
    var watched: [Int32] { offsets.keys.sorted() }

    /// Partitions whose leader answered in this role.
    mutating func learn(_ role: LeaderRole, answered: [Int32]) {
        let needed = role == .images ? images : answers
        if needed.allSatisfy(answered.contains) { heard.insert(role) } else { heard.remove(role) }
    }

    /// Whether all leaders that were silent answer again.
    var isHeardAgain: Bool {
        (images.isEmpty || heard.contains(.images)) && (answers.isEmpty || heard.contains(.answers))
    }

    /// Takes what the group has committed now.
    mutating func stood(_ saved: [Int32: SavedPosition], nowMs: Int64) {
        for (partition, offset) in offsets {
            guard let now = saved[partition]?.offset, now > offset else { continue }
            offsets[partition] = now
            (isTaken, sinceMs) = (true, nowMs)
        }
    }

    /// Whether it is time to try again.
    func isOver(nowMs: Int64) -> Bool { nowMs - sinceMs >= waitMs || nowMs >= latestMs }
}
