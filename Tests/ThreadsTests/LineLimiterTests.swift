import Synchronization
import Testing
import Threads

@Suite struct LineLimiterTests {
    /// A clock to set, and what was written.
    private final class Desk: Sendable {
        let nowMs = Atomic<Int64>(0)
        let written = Mutex<[String]>([])

        func limiter(_ linesPerPeriod: Int = 1) -> LineLimiter {
            LineLimiter(linesPerPeriod: linesPerPeriod, now: { self.nowMs.load(ordering: .relaxed) }) {
                line in
                self.written.withLock { $0.append(line) }
            }
        }

        var lines: [String] { written.withLock { $0 } }
        func pass(_ milliseconds: Int64) { nowMs.add(milliseconds, ordering: .relaxed) }
    }

    @Test func aFloodIsOneLineAndItsNumber() {
        let desk = Desk()
        let limiter = desk.limiter()
        for number in 0..<100_000 { limiter.say("ledger: record \(number) is bad") }
        #expect(desk.lines == ["ledger: record 0 is bad"])
        desk.pass(LineLimiter.periodMs)
        limiter.say("ledger: record 100000 is bad")
        #expect(
            desk.lines.dropFirst() == [
                "ledger: 99999 more lines like it were left out", "ledger: record 100000 is bad",
            ])
    }

    @Test func oneKindDoesNotHideAnother() {
        let desk = Desk()
        let limiter = desk.limiter(2)
        for number in 0..<5 { limiter.say("a: \(number)") }
        limiter.say("b: 0")
        #expect(desk.lines == ["a: 0", "a: 1", "b: 0"])
    }

    @Test func whatWasLeftOutIsToldWithoutAnotherLine() {
        let desk = Desk()
        let limiter = desk.limiter()
        for _ in 0..<3 { limiter.say("a: x") }
        limiter.tellOverdue()
        #expect(desk.lines == ["a: x"])
        desk.pass(LineLimiter.periodMs)
        limiter.tellOverdue()
        limiter.tellOverdue()
        #expect(desk.lines == ["a: x", "a: 2 more lines like it were left out"])
        limiter.say("a: y")
        limiter.say("a: z")
        limiter.settle()
        #expect(desk.lines.suffix(2) == ["a: y", "a: 1 more lines like it were left out"])
    }

    @Test func kindsWithNamesFromOutsideAreBounded() {
        let desk = Desk()
        let limiter = desk.limiter()
        for number in 0..<10_000 { limiter.say("key \(number): bad") }
        #expect(desk.lines.count <= 65)
        limiter.settle()
        #expect(desk.lines.last == "other lines: 9935 more lines like it were left out")
    }
}
