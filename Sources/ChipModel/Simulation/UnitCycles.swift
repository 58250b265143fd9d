/// What one datapath's entry did in every cycle; the parts add up to all cycles.
public struct DatapathCycles: Hashable, Sendable {
    /// Cycles in which an image entered: `T` for each.
    public var working = 0
    /// Cycles in which no image waited in front of the chip.
    public var waitingForInput = 0
    /// Cycles in which an image waited for the input's bandwidth.
    public var waitingForLink = 0
    /// Cycles in which an image waited for a credit while all credits were in the backbone or being served.
    public var waitingForCredit = 0
    /// Cycles in which an image waited for a credit while features of this datapath waited for an NPU.
    public var waitingForNPU = 0

    /// Nothing yet.
    public init() {}

    /// All cycles.
    public var total: Int {
        working + waitingForInput + waitingForLink + waitingForCredit + waitingForNPU
    }
}

/// What one NPU did in every cycle; the parts add up to all cycles.
public struct NPUCycles: Hashable, Sendable {
    /// Cycles of service.
    public var working = 0
    /// Cycles without features while an image was in a backbone.
    public var waitingForFeatures = 0
    /// Cycles in which no image was in a backbone either.
    public var waitingForInput = 0

    /// Nothing yet.
    public init() {}

    /// All cycles.
    public var total: Int { working + waitingForFeatures + waitingForInput }
}
