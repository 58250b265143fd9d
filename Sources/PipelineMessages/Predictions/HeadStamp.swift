public import Artifacts

/// The head that scored an image, as a prediction and a receipt name it.
public struct HeadStamp: Hashable, Sendable {
    /// Digest of the head.
    public let head: ContentDigest
    /// Its human name.
    public let label: HeadLabel
    /// Rank of the cut-over that put it in force; `nil` where none did, because the head is frozen into the backbone.
    public let cutover: Int64?

    /// A head that a cut-over put in force.
    public init(_ inForce: HeadInForce) {
        head = inForce.head
        label = inForce.label
        cutover = inForce.number
    }

    /// A head that is frozen into the backbone: no cut-over put it there, and none can replace it.
    public init(frozen head: ContentDigest, label: HeadLabel) {
        self.head = head
        self.label = label
        cutover = nil
    }
}
