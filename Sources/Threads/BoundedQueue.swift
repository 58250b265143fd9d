/// A first-in first-out queue between threads that never holds more than `capacity` elements.
public final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
    // Safety: `elements`, `first` and `isClosed` are only touched with `condition` locked.
    private let condition = SteadyCondition()
    private var elements: [Element?] = []
    /// Where the oldest element is; what lies before was taken.
    private var first = 0
    private var isClosed = false
    private let capacity: Int

    /// An empty queue.
    public init(capacity: Int) {
        precondition(capacity > 0, "a queue holds at least one element")
        self.capacity = capacity
    }

    private var size: Int { elements.count - first }

    /// Waits for room, then appends; returns `false` if the queue was closed instead.
    @discardableResult
    public func push(_ element: Element) -> Bool {
        condition.withLock {
            condition.wait(milliseconds: nil) { size >= capacity && !isClosed }
            guard !isClosed else { return false }
            elements.append(element)
            condition.broadcast()
            return true
        }
    }

    /// Appends if there is room at once; returns whether it did.
    @discardableResult
    public func offer(_ element: Element) -> Bool {
        condition.withLock {
            guard size < capacity, !isClosed else { return false }
            elements.append(element)
            condition.broadcast()
            return true
        }
    }

    /// Waits for an element; `nil` once the queue is closed and empty.
    public func pop() -> Element? {
        condition.withLock {
            condition.wait(milliseconds: nil) { size == 0 && !isClosed }
            return take(1).first
        }
    }

    /// Takes what is there, at most `max`; waits up to `milliseconds` for a first element.
    public func drain(max: Int = .max, milliseconds: Int64) -> [Element] {
        condition.withLock {
            if milliseconds > 0 { condition.wait(milliseconds: milliseconds) { size == 0 && !isClosed } }
            return take(Swift.min(max, size))
        }
    }

    /// With the lock held: the oldest `count` elements, or none of an empty queue.
    private func take(_ count: Int) -> [Element] {
        guard count > 0, size > 0 else { return [] }
        let taken = elements[first..<(first + count)].compactMap { $0 }
        for place in first..<(first + count) { elements[place] = nil }
        first += count
        // Moving the rest now and then keeps every call short.
        if first == elements.count || first >= 64 {
            elements.removeFirst(first)
            first = 0
        }
        condition.broadcast()
        return taken
    }

    /// Lets no more in; what is inside can still be taken.
    public func close() {
        condition.withLock {
            isClosed = true
            condition.broadcast()
        }
    }

    /// Whether the queue is closed and empty.
    public var isFinished: Bool { condition.withLock { isClosed && size == 0 } }

    /// Elements inside now.
    public var count: Int { condition.withLock { size } }
}
