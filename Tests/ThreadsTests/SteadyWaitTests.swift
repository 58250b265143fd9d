import Foundation
import Testing
import Threads

/// Waits end by the steady clock, when what is waited for comes, and not before.
@Suite struct SteadyWaitTests {
    /// What this thread has computed, milliseconds.
    private static var computedMs: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// A deadline by one clock that the condition takes for one of another ends the wait at once, over and over.
    @Test func aWaitLastsItsTimeAndSleeps() {
        let (begin, computed) = (Clock.steadyNs, Self.computedMs)
        #expect(!Signal().wait(milliseconds: 400))
        let waitedMs = (Clock.steadyNs - begin) / 1_000_000
        #expect(waitedMs >= 400, "\(waitedMs) ms")
        #expect(Self.computedMs - computed < 100, "it turned round instead of sleeping")
        let queue = BoundedQueue<Int>(capacity: 1)
        let again = Clock.steadyNs
        #expect(queue.drain(milliseconds: 100).isEmpty)
        #expect(ActionQueue<Int>().take(milliseconds: 100).isEmpty)
        #expect((Clock.steadyNs - again) / 1_000_000 >= 200)
    }

    @Test func whatComesEndsAWaitOfAnyLength() {
        for milliseconds in [60_000, .max] as [Int64] {
            let (signal, queue, actions) = (Signal(), BoundedQueue<Int>(capacity: 1), ActionQueue<Int>())
            let begin = Clock.steadyMs
            let other = PlatformThread("other") {
                usleep(50_000)
                signal.set()
                queue.push(7)
                actions.append([8])
            }
            #expect(signal.wait(milliseconds: milliseconds))
            #expect(queue.drain(milliseconds: milliseconds) == [7])
            #expect(actions.take(milliseconds: milliseconds) == [8])
            #expect(other.join(milliseconds: milliseconds))
            #expect(Clock.steadyMs - begin < 30_000)
        }
    }

    @Test func noWaitIsNoWait() {
        for milliseconds in [0, -1, .min] as [Int64] {
            #expect(!Signal().wait(milliseconds: milliseconds))
            #expect(BoundedQueue<Int>(capacity: 1).drain(milliseconds: milliseconds).isEmpty)
            #expect(ActionQueue<Int>().take(milliseconds: milliseconds).isEmpty)
        }
    }

    @Test func aPokeEndsOneWait() {
        let actions = ActionQueue<Int>()
        actions.poke()
        let begin = Clock.steadyMs
        #expect(actions.take(milliseconds: 60_000).isEmpty && Clock.steadyMs - begin < 30_000)
        #expect(actions.take(milliseconds: 50).isEmpty && Clock.steadyMs - begin >= 50)
    }

    /// What waits by a date waits longer or shorter when somebody sets the clock. Dates are for people.
    @Test func noWaitOfTheSourcesEndsByTheWallClock() throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources")
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        let words = [
            "Date()", "timeIntervalSinceNow", "timeIntervalSince(", "NSCondition", "wait(until:",
            "wait(timeout:",
            "Thread.sleep", "DispatchWallTime", "wallDeadline",
        ]
        var count = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            count += 1
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            for line in lines where !line.drop(while: \.isWhitespace).hasPrefix("//") {
                for word in words where line.contains(word) {
                    Issue.record("\(file.lastPathComponent): \(line)")
                }
            }
        }
        #expect(count > 100)
    }
}
