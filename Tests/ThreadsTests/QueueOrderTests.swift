import Foundation
import Testing
import Threads

/// A queue between threads: in order, bounded, and closed once.
@Suite struct QueueOrderTests {
    @Test func whatGoesInComesOutInOrderAndNeverMoreThanFits() {
        let queue = BoundedQueue<Int>(capacity: 3)
        let writer = PlatformThread("writer") {
            for number in 0..<5_000 { queue.push(number) }
            queue.close()
        }
        var found: [Int] = []
        var most = 0
        while let number = queue.pop() {
            most = max(most, queue.count)
            found.append(number)
            // By turns one alone and what is there.
            if number % 3 == 0 { found += queue.drain(max: 2, milliseconds: 0) }
        }
        writer.join()
        #expect(found == Array(0..<5_000))
        #expect(most <= 3)
        #expect(queue.isFinished)
    }

    @Test func aFullQueueRefusesAnOfferAndLetsAPushWait() {
        let queue = BoundedQueue<Int>(capacity: 2)
        #expect(queue.offer(1) && queue.offer(2) && !queue.offer(3))
        let writer = PlatformThread("writer") { queue.push(3) }
        #expect(!writer.join(milliseconds: 100))
        #expect(queue.count == 2)
        #expect(queue.pop() == 1)
        writer.join()
        #expect(queue.drain(milliseconds: 0) == [2, 3])
    }

    @Test func aClosedQueueGivesWhatIsInsideAndTakesNothing() {
        let queue = BoundedQueue<Int>(capacity: 2)
        #expect(queue.push(1) && queue.push(2))
        let refused = BoundedQueue<Bool>(capacity: 1)
        let writer = PlatformThread("writer") { refused.push(!queue.push(3)) }
        #expect(!writer.join(milliseconds: 100))
        queue.close()
        writer.join()
        #expect(refused.pop() == true, "who waited for room is told")
        #expect(!queue.offer(4) && !queue.isFinished)
        #expect(queue.drain(max: 1, milliseconds: 60_000) == [1])
        #expect(queue.pop() == 2 && queue.pop() == nil && queue.isFinished)
        #expect(queue.drain(milliseconds: 60_000).isEmpty)
    }

    @Test func aCloseEndsAWait() {
        let queue = BoundedQueue<Int>(capacity: 1)
        let reader = PlatformThread("reader") { _ = queue.pop() }
        #expect(!reader.join(milliseconds: 50))
        queue.close()
        #expect(reader.join(milliseconds: 30_000))
    }
}
