internal import Cutover
internal import PipelineMessages

/// One partition that a worker owns, as long as it owns it.
struct WorkerLane<Message: Sendable, Scores: Sendable>: Sendable {
    /// A record that waits for its head, or for the truth about a marker.
    struct Waiting: Sendable {
        let record: ShardTopicRecord
        let message: Message
        let offset: Int64
    }

    let id: LaneID
    var timeline: HeadTimeline
    var sequencer: LaneSequencer<ShardOutcome<Message, Scores>>
    /// The first record that waits, and what came after it before the partition rested.
    var waiting: [Waiting] = []
    /// Why it waits.
    var blocked: String?
    /// Why nothing more can be read of it, whatever becomes of the records that wait.
    var unreadable: String?
    /// The question about the control topic's end that decides a waiting marker, and the answer.
    var markerQuestion: Int?
    var markerDecidedBelow: Int64?
    var nextOrdinal = 0
    /// Next offset expected from the broker; what lies below was received already.
    var received: Int64
    /// Next offset to hand on.
    var position: Int64
    /// Images below what was committed last.
    var committedImages: Int64
    /// Records below what was committed last.
    var committedOrdinals = 0
    /// The heads that a rewind would begin with.
    var committedHeads: [HeadInForce]

    /// The offset that was committed last; `nil` if none ever was.
    var committedOffset: Int64?
    /// Whether it waits to be moved until cut-overs that were announced before are in force.
    var awaitsMove = false
    /// Whether it waits to be begun until what this worker missed is read.
    var awaitsMissed = false
    /// The offset of the control topic that it waits to be read.
    var awaitsNamed: Int64?
    /// Whether it waits for partitions of a topic for answers.
    var hasNoAnswers = false

    init(id: LaneID, timeline: HeadTimeline, offset: Int64, images: Int64, moved: Int64? = nil) {
        self.id = id
        self.timeline = timeline
        sequencer = LaneSequencer(images: images, moved: moved)
        received = offset
        position = offset
        committedImages = images
        committedHeads = timeline.heads
    }

    /// The marker that waited waits no more: an answer that is still on its way tells nothing of the next one, whose
    /// announcement may lie behind it.
    mutating func isDecided() {
        markerQuestion = nil
        markerDecidedBelow = nil
    }

    /// The place of the record at `offset`, which is handed on now.
    mutating func ticket(_ offset: Int64) -> Ticket {
        defer {
            nextOrdinal += 1
            position = offset + 1
        }
        return Ticket(lane: id, ordinal: nextOrdinal, offset: offset, headsAfter: timeline.heads)
    }
}
