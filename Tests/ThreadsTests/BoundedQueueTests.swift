import Testing
import Threads

/// What a queue between threads holds at most.
@Suite struct BoundedQueueTests {
    private func queue(capacity: Int = 100) -> BoundedQueue<[UInt8]> {
        BoundedQueue(capacity: capacity, bytesMax: 10) { $0.count }
    }

    private func element(_ bytes: Int) -> [UInt8] { [UInt8](repeating: 0, count: bytes) }

    @Test func bytesBoundItAsWellAsElements() {
        let queue = queue(capacity: 3)
        let taken = [4, 6, 1].map { queue.offer(element($0)) }
        #expect(taken == [true, true, false])
        let first = queue.pop()
        #expect(first?.count == 4)
        let again = [3, 1, 1].map { queue.offer(element($0)) }
        #expect(again == [true, true, false], "10 of 10 bytes, and three elements")
        let rest = queue.drain(milliseconds: 0)
        #expect(rest.map(\.count) == [6, 3, 1])
        let whole = queue.offer(element(10))
        #expect(whole, "nothing is left behind in the count")
    }

    @Test func oneThatIsLargerThanAllHasTheQueueToItself() {
        let queue = queue()
        let alone = queue.offer(element(50))
        let beside = queue.offer(element(0))
        #expect(alone && !beside)
        _ = queue.pop()
        let small = queue.offer(element(1))
        let large = queue.offer(element(50))
        #expect(small && !large)
    }

    @Test(.timeLimit(.minutes(1))) func whoWaitsForBytesGoesOnWhenTheyAreTakenOrAtTheEnd() {
        let queue = queue()
        _ = queue.offer(element(9))
        let waiting = PlatformThread("push") { [self] in
            let isIn = queue.push(element(8))
            #expect(isIn)
            let isLate = queue.push(element(8))
            #expect(!isLate, "closed meanwhile")
        }
        let first = queue.pop()
        #expect(first?.count == 9)
        while queue.count == 0 { _ = waiting.join(milliseconds: 1) }
        queue.close()
        waiting.join()
        let rest = queue.drain(milliseconds: 0)
        #expect(rest.map(\.count) == [8] && queue.isFinished)
    }
}
