package import PipelineMessages

/// What a worker is told at its start.
package struct WorkerSettings: Sendable {
    /// The group whose offsets say where partitions go on, for people.
    package var group = "of the workers"
    /// Whether records and offsets become visible together.
    package var isExactlyOnce = false
    /// Least time between commits, milliseconds.
    package var commitIntervalMs: Int64 = 100
    /// Most shards between being taken and being scored.
    package var unscoredMax = 8
    /// Most records between being handed on and being committed.
    package var heldMax = 256
    /// Most records that wait in partitions that rest; they take no room from the others.
    package var waitingMax = 1_024
    /// The head that scores everything, where the backbone holds one.
    package var frozenHead: HeadStamp?
    /// Why no other head is taken, where the backbone holds one.
    package var frozenRefusal: String?
    /// How long finished work may take to leave when the group wants partitions back, milliseconds.
    package var flushMs: Int64 = 1_000
    /// How long taken work may take to finish in a drain, milliseconds.
    package var drainMs: Int64 = 30_000
    /// How long the last answers may take beyond that, milliseconds.
    package var leaveMs: Int64 = 10_000
    /// Most bytes of loaded heads.
    package var headBytesMax = 512 << 20
    /// Most loaded heads.
    package var headsMax = 256
    /// Time between looks at a topic for answers that has too few partitions, milliseconds.
    package var countMs: Int64 = 10_000
    /// Time until a call that failed is made again, milliseconds.
    package var retryMs: Int64 = 500
    /// The group takes a member that is silent for so long for gone, milliseconds; 0 where no leader is asked.
    package var sessionMs: Int64 = 0
    /// A leader that acknowledges nothing for so long, and answers no question, does not take what is written here, milliseconds: a
    /// cluster replaces a node that it does not hear of sooner.
    package var answerMs: Int64 = 12_000
    /// A reader of the control topic that stands still for so long although there is more is stuck, milliseconds.
    package var stuckMs: Int64 = 5_000
    /// A process that hears nothing for so long, not even the time, was frozen, milliseconds.
    package var frozenMs: Int64 = 3_000
    /// A worker without room for so long rests its partitions and serves the group, milliseconds.
    package var holdAfterMs: Int64 = 2_000

    /// Settings with their defaults.
    package init() {}
}
