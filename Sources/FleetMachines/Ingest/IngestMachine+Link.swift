/// When something was said of the link to the broker, and when to speak again.
struct LinkWatch: Sendable {
    /// Shortest time between two lines of a kind, milliseconds.
    static let pauseMsMin: Int64 = 30_000
    /// Longest time between two lines about one silence, milliseconds.
    static let pauseMsMax: Int64 = 300_000
    /// Time between two looks, milliseconds: a look counts every shard on its way.
    static let lookMs: Int64 = 250

    var lookAtMs: Int64 = .min
    /// Since when there is silence, while it was spoken of.
    var silentSinceMs: Int64?
    /// When silence may be spoken of.
    var silenceAtMs: Int64 = .min
    /// When silence was spoken of last.
    var silenceSaidMs: Int64 = .min
    var pauseMs = LinkWatch.pauseMsMin
    /// When slowness may be spoken of.
    var slowAtMs: Int64 = .min
}

/// Saying that the broker confirms nothing, or slowly, and that it does again.
extension IngestMachine {
    /// What was handed over and is not confirmed.
    private struct Waiting {
        var images = 0
        var bytes = 0
        /// Since when the oldest waits.
        var sinceMs: Int64?

        var text: String {
            let tenths = (bytes + 50_000) / 100_000
            return "\(images) images (\(tenths / 10).\(tenths % 10) MB)"
        }
    }

    private var waitingForLink: Waiting {
        flights.values.reduce(into: Waiting()) { sum, flight in
            guard let sentMs = flight.sentMs else { return }
            sum.images += flight.images
            sum.bytes += flight.bytes
            sum.sinceMs = min(sum.sinceMs ?? sentMs, sentMs)
        }
    }

    /// Speaks of what waits too long. Not once all is to end: then the account does.
    mutating func lookAtLink(_ now: Moment) {
        guard endingSinceMs == nil, now.steadyMs >= link.lookAtMs else { return }
        link.lookAtMs = now.steadyMs + LinkWatch.lookMs
        let waiting = waitingForLink
        guard let sinceMs = waiting.sinceMs, now.steadyMs - sinceMs >= settings.quietMs else { return }
        let quietSinceMs = max(sinceMs, confirmedAtMs)
        let quietMs = now.steadyMs - quietSinceMs
        if quietMs >= settings.quietMs {
            guard now.steadyMs >= link.silenceAtMs else { return }
            link.silentSinceMs = quietSinceMs
            link.silenceSaidMs = now.steadyMs
            link.silenceAtMs = now.steadyMs + link.pauseMs
            link.pauseMs = min(2 * link.pauseMs, LinkWatch.pauseMsMax)
            link.slowAtMs = now.steadyMs + LinkWatch.pauseMsMin
            actions.append(
                .say(
                    "no acknowledgement from the broker for \(quietMs / 1_000) s: \(waiting.text) wait for the link"
                ))
        } else if now.steadyMs >= link.slowAtMs {
            link.slowAtMs = now.steadyMs + LinkWatch.pauseMsMin
            actions.append(
                .say(
                    "the link is slow: \(waiting.text) wait for the link, the oldest for "
                        + "\((now.steadyMs - sinceMs) / 1_000) s"))
        }
    }

    /// There is a confirmation: says so, if the silence before it was spoken of.
    mutating func confirmedAgain(_ now: Moment) {
        guard let sinceMs = link.silentSinceMs else { return }
        link.silentSinceMs = nil
        link.pauseMs = LinkWatch.pauseMsMin
        link.silenceAtMs = link.silenceSaidMs + LinkWatch.pauseMsMin
        let waiting = waitingForLink
        actions.append(
            .say(
                "acknowledged again after \((now.steadyMs - sinceMs) / 1_000) s; "
                    + (waiting.sinceMs == nil
                        ? "nothing waits for the link" : "\(waiting.text) still wait for the link")))
    }
}
