/// What an ingest is told at its start.
package struct IngestSettings: Sendable {
    /// Most bytes of a partition that the workers have not committed; `nil` for no bound.
    package var backlogBytesMax: Int?
    /// Largest record that the deployment allows, bytes.
    package var recordBytesMax: Int
    /// Time between questions about the workers' progress, milliseconds.
    package var askMs: Int64
    /// Nobody waits for room when the broker has answered nothing for so long, milliseconds.
    package var silenceMs: Int64 = 60_000
    /// After a stop or a failure, longest time between confirmations; after a failure also for the streams to end once
    /// nothing is on its way, milliseconds.
    package var stopMs: Int64 = 5_000
    /// Longest time from a stop to the end, milliseconds: what a supervisor grants is ten seconds.
    package var endMs: Int64 = 8_000
    /// A shard that waits longer to be confirmed is spoken of, milliseconds.
    package var quietMs: Int64 = 5_000
    /// Time between counts of the shard topic's partitions, milliseconds; as a coordinator counts.
    package var partitionsMs: Int64 = 10_000
    /// A partition that was added is used so long after it was found though nobody has written to it, milliseconds.
    package var additionMs: Int64 = 30_000

    /// Settings with their defaults.
    package init(backlogBytesMax: Int?, recordBytesMax: Int) {
        self.backlogBytesMax = backlogBytesMax
        self.recordBytesMax = recordBytesMax
        // Without a bound nobody waits for the answer.
        askMs = backlogBytesMax == nil ? 500 : 50
    }
}
