/// Sees that a reader of one topic is silently stuck: no news, no error. Pure.
///
/// A node that is cut off from its peers goes on answering its clients, and a client goes on asking the node that it used last. What
/// gives it away: somebody else was told that the topic goes on, or a heartbeat that was acknowledged does not come back. A topic
/// that merely rests looks like neither.
struct ReaderWatch: Sendable {
    /// Everything below this offset has been read.
    private(set) var readBelow: Int64 = 0
    /// Where it was seen last; below that while a topic is read anew.
    private var position: Int64 = 0
    /// The highest end that another client was told of.
    private(set) var end: Int64 = 0
    /// Since when it has stood still although there is more.
    private var sinceMs: Int64?

    /// Everything below an offset has been read; returns whether that is news.
    mutating func read(below offset: Int64) -> Bool {
        if offset != position { sinceMs = nil }
        position = offset
        guard offset > readBelow else { return false }
        readBelow = offset
        return true
    }

    /// Another client was told where the topic ends.
    mutating func ends(at offset: Int64) { end = max(end, offset) }

    /// Whether it has stood still for so long although there is more; then it is waited as long again.
    mutating func isStuck(forMs: Int64, nowMs: Int64) -> Bool {
        guard readBelow < end else {
            sinceMs = nil
            return false
        }
        let since = sinceMs ?? nowMs
        sinceMs = since
        guard nowMs - since >= forMs else { return false }
        sinceMs = nowMs
        return true
    }
}

/// Sees that heartbeats do not come back: those that are read, beside our own that were acknowledged. Pure.
struct EchoWatch: Sendable {
    /// The first acknowledgement since a heartbeat was read, and the last one.
    private var acknowledgedMs: (first: Int64, last: Int64)?

    /// Somebody's heartbeat was read.
    mutating func heard() { acknowledgedMs = nil }

    /// One of our own is in the topic.
    mutating func acknowledged(nowMs: Int64) {
        acknowledgedMs = (acknowledgedMs?.first ?? nowMs, nowMs)
    }

    /// Whether none came for so long while our own were acknowledged.
    func isStuck(forMs: Int64, nowMs: Int64) -> Bool {
        guard let acknowledgedMs else { return false }
        return acknowledgedMs.last - acknowledgedMs.first >= forMs && nowMs - acknowledgedMs.first >= forMs
    }
}
