private import CMalloc

/// What the allocator does with freed memory.
public enum MemoryPolicy {
    /// Keeps freed memory for the next shard instead of handing it back to the system between any two.
    ///
    /// Shards are buffers of about a megabyte, hundreds a second. By default the C library returns each to
    /// the kernel, which then clears every page again: 4 % of a loaded machine, measured with `perf`. Memory stays
    /// bounded by what is in use at the busiest moment. Call once, before threads start.
    ///
    /// - Note: does nothing where the C library is not glibc.
    public static func keepFreedPages() {
        #if os(Linux)
        _ = mallopt(M_MMAP_THRESHOLD, 32 << 20)
        _ = mallopt(M_TRIM_THRESHOLD, 256 << 20)
        // Otherwise every thread may keep such a reserve of its own.
        _ = mallopt(M_ARENA_MAX, 4)
        #endif
    }

    /// Hands freed memory back to the system once: for a process that is busy for a moment and then idle for long. Takes some
    /// milliseconds.
    ///
    /// - Note: does nothing where the C library is not glibc.
    public static func returnFreedPages() {
        #if os(Linux)
        _ = malloc_trim(0)
        #endif
    }
}
