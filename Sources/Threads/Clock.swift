private import Foundation

/// The two clocks of the I/O layer.
public enum Clock {
    /// Milliseconds since 1970, for stamps that people and other machines read.
    public static var wallMs: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000 + Int64(now.tv_nsec) / 1_000_000
    }

    /// Nanoseconds that never go back, for intervals.
    public static var steadyNs: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }

    /// Milliseconds that never go back, for intervals.
    public static var steadyMs: Int64 { steadyNs / 1_000_000 }
}
