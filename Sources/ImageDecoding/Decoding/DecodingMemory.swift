/// The memory that one picture takes, as its header says, before anything of that size is allocated.
public struct DecodingMemory: Sendable, Hashable {
    /// Bytes of the decoded picture.
    public let picture: Int
    /// Bytes beside it while it is decoded, roughly: a progressive JPEG's coefficients, the alpha of an interlaced PNG,
    /// else a few rows.
    public let working: Int

    /// The most that is held at once: a picture that is turned afterwards is there twice.
    public func peak(isTurned: Bool) -> Int { picture + max(working, isTurned ? picture : 0) }
}
