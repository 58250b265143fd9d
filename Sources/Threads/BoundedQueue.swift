private import Foundation

/// A first-in first-out queue between threads that never holds more than `capacity` elements.
public final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
    // Safety: `elements`, `head` and `isClosed` are only touched with `condition` locked.
    private let condition = NSCondition()
    private var elements: [Element] = []
    private var isClosed = false
    private let capacity: Int

    /// An empty queue.
    public init(capacity: Int) {
        precondition(capacity > 0, "a queue holds at least one element")
        self.capacity = capacity
    }

    /// Waits for room, then appends; returns `false` if the queue was closed instead.
    @discardableResult
    public func push(_ element: Element) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while elements.count >= capacity, !isClosed { condition.wait() }
        guard !isClosed else { return false }
        elements.append(element)
        condition.broadcast()
        return true
    }

    /// Appends if there is room at once; returns whether it did.
    @discardableResult
    public func offer(_ element: Element) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard elements.count < capacity, !isClosed else { return false }
        elements.append(element)
        condition.broadcast()
        return true
    }

    /// Waits for an element; `nil` once the queue is closed and empty.
    public func pop() -> Element? {
        condition.lock()
        defer { condition.unlock() }
        while elements.isEmpty, !isClosed { condition.wait() }
        guard !elements.isEmpty else { return nil }
        condition.broadcast()
        return elements.removeFirst()
    }

    /// Takes what is there, at most `max`; waits up to `milliseconds` for a first element.
    public func drain(max: Int = .max, milliseconds: Int64) -> [Element] {
        condition.lock()
        defer { condition.unlock() }
        if elements.isEmpty, !isClosed, milliseconds > 0 {
            let deadline = Date(timeIntervalSinceNow: Double(milliseconds) / 1_000)
            while elements.isEmpty, !isClosed, condition.wait(until: deadline) {}
        }
        let count = Swift.min(max, elements.count)
        guard count > 0 else { return [] }
        let taken = Array(elements[..<count])
        elements.removeFirst(count)
        condition.broadcast()
        return taken
    }

    /// Waits up to `milliseconds` for room; returns whether there is some.
    public func waitForRoom(milliseconds: Int64) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        let deadline = Date(timeIntervalSinceNow: Double(milliseconds) / 1_000)
        while elements.count >= capacity, !isClosed {
            if !condition.wait(until: deadline) { break }
        }
        return elements.count < capacity
    }

    /// Lets no more in; what is inside can still be taken.
    public func close() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        condition.unlock()
    }

    /// Whether the queue is closed and empty.
    public var isFinished: Bool {
        condition.lock()
        defer { condition.unlock() }
        return isClosed && elements.isEmpty
    }

    /// Elements inside now.
    public var count: Int {
        condition.lock()
        defer { condition.unlock() }
        return elements.count
    }
}
