import Testing
import Threads

@Suite struct MemoryPolicyTests {
    /// Blocks below the allocator's threshold for pages of their own, the last of which stays: nothing is given back by itself.
    @Test func freedMemoryGoesBackToTheSystemWhenAskedFor() {
        let (blocks, bytes) = (1_024, 64 << 10)
        var held: [UnsafeMutableRawPointer] = []
        for _ in 0..<blocks {
            let block = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16)
            block.initializeMemory(as: UInt8.self, repeating: 7, count: bytes)
            held.append(block)
        }
        let last = held.removeLast()
        for block in held { block.deallocate() }
        let before = ProcessFacts.residentBytes
        MemoryPolicy.returnFreedPages()
        let after = ProcessFacts.residentBytes
        last.deallocate()
        #if os(Linux)
        #expect(before - after > Int64(blocks * bytes / 2), "\(before) bytes, then \(after)")
        #endif
    }
}
