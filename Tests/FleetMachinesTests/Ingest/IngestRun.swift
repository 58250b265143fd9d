import FleetMachines

/// A machine and its time.
struct IngestRun {
    private(set) var machine: IngestMachine
    private(set) var nowMs: Int64 = 1_000
    /// The lines so far; they are not among the actions that ``tell(_:after:)`` returns.
    private(set) var said: [String] = []

    /// - Parameter partitionsMs: Time between counts of the partitions; hardly ever, unless a test is about them.
    init(
        backlogBytesMax: Int?, partitions: Int, committed: Int64 = 0, end: Int64 = 0,
        partitionsMs: Int64 = 1 << 40
    ) {
        var settings = IngestSettings(backlogBytesMax: backlogBytesMax, recordBytesMax: 1_000)
        settings.partitionsMs = partitionsMs
        machine = IngestMachine(
            settings, partitions: Array(repeating: (committed, end), count: partitions),
            at: Moment(steadyMs: nowMs, wallMs: 0))
    }

    /// Tells the machine something, so many milliseconds later.
    mutating func tell(_ event: IngestEvent, after ms: Int64 = 0) -> [IngestAction] {
        nowMs += ms
        return machine.handle(event, at: Moment(steadyMs: nowMs, wallMs: 0)).filter { action in
            guard case .say(let line) = action else { return true }
            said.append(line)
            return false
        }
    }

    /// Lets time pass in ticks of 50 ms; returns the lines that were said, each with the milliseconds that had passed.
    mutating func wait(_ ms: Int64) -> [(ms: Int64, line: String)] {
        var lines: [(Int64, String)] = []
        for passed in stride(from: Int64(50), through: ms, by: 50) {
            let known = said.count
            _ = tell(.tick, after: 50)
            lines += said[known...].map { (passed, $0) }
        }
        return lines
    }

    /// Offers a shard of two images.
    mutating func offer(
        _ flight: UInt64, bytes: Int, first: Int = 0, stream: Int = 0
    ) -> [IngestAction] {
        tell(
            .offered(
                flight: flight, bytes: bytes, images: 2, first: first,
                from: IngestOrigin(stream: stream, name: "s\(stream)", image: "i\(flight)")))
    }
}
