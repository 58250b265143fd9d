internal import Artifacts
internal import Synchronization

/// The cut-overs that came although the head is frozen: each counted once, none followed.
final class IgnoredCutovers: Sendable {
    /// Most cut-overs that are counted, so that a flood of records takes a bounded memory.
    static let countMax = 65_536

    private let requests = Mutex<Set<ContentDigest>>([])

    /// Takes a cut-over by the name of its request; returns whether it is a new one.
    func take(_ request: String) -> Bool {
        let digest = ContentDigest(of: request.utf8)
        return requests.withLock { $0.count < Self.countMax && $0.insert(digest).inserted }
    }

    /// Cut-overs so far, at most ``countMax``.
    var count: Int { requests.withLock { $0.count } }
}
