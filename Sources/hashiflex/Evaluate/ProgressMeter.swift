import Synchronization
import Threads

/// Counts images on any thread, and says on standard error how far things are.
///
/// A terminal sees a line that is redrawn; a log file sees a line every twenty seconds.
final class ProgressMeter: Sendable {
    private let images = Atomic<Int>(0)
    private let shownMs = Atomic<Int64>(0)
    private let startMs = Clock.steadyMs
    private let what: String

    /// Starts the clock.
    init(_ what: String) { self.what = what }

    /// Adds images that are done.
    func add(_ count: Int) { images.wrappingAdd(count, ordering: .relaxed) }

    /// Shows the state if it is time; `detail` says what else is known. Call it from one thread.
    func show(_ detail: String = "") {
        let now = Clock.steadyMs
        let interval: Int64 = Terminal.isInteractive ? 200 : 20_000
        let last = shownMs.load(ordering: .relaxed)
        guard now - max(last, startMs) >= interval else { return }
        shownMs.store(now, ordering: .relaxed)
        let line = text(now, detail)
        if Terminal.isInteractive { Terminal.draw([line]) } else { Terminal.note(line) }
    }

    /// Says what it came to.
    func finish() { Terminal.note(text(Clock.steadyMs, "")) }

    private func text(_ now: Int64, _ detail: String) -> String {
        let count = images.load(ordering: .relaxed)
        let rate = Double(count) * 1_000 / Double(max(1, now - startMs))
        return "\(what): \(Format.count(count)) images, \(Format.rate(rate)) images/s"
            + (detail.isEmpty ? "" : ", \(detail)")
    }
}
