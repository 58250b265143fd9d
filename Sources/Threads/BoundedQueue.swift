/// A first-in first-out queue between threads that never holds more than `capacity` elements, nor more bytes than it may.
public final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
    // Safety: `elements`, `first`, `bytes` and `isClosed` are only touched with `condition` locked.
    private let condition = SteadyCondition()
    private var elements: [Element?] = []
    /// Where the oldest element is; what lies before was taken.
    private var first = 0
    private var isClosed = false
    /// Of the elements inside, together.
    private var bytes = 0
    private let capacity: Int
    private let bytesMax: Int
    private let weigh: @Sendable (Element) -> Int

    /// An empty queue.
    ///
    /// - Parameters:
    ///   - capacity: Most elements.
    ///   - bytesMax: Most bytes of all elements together; one that is larger has the queue to itself.
    ///   - weigh: Bytes of an element, always the same for one, at least 0.
    public init(
        capacity: Int, bytesMax: Int = .max, weigh: @escaping @Sendable (Element) -> Int = { _ in 0 }
    ) {
        precondition(capacity > 0, "a queue holds at least one element")
        precondition(bytesMax > 0, "a queue holds at least one byte")
        self.capacity = capacity
        self.bytesMax = bytesMax
        self.weigh = weigh
    }

    private var size: Int { elements.count - first }

    /// With the lock held: whether an element of `weight` bytes may come in.
    private func hasRoom(_ weight: Int) -> Bool {
        size < capacity && (size == 0 || weight <= bytesMax - bytes)
    }

    /// With the lock held.
    private func append(_ element: Element, _ weight: Int) {
        elements.append(element)
        bytes += weight
        condition.broadcast()
    }

    /// Waits for room, then appends; returns `false` if the queue was closed instead.
    @discardableResult
    public func push(_ element: Element) -> Bool {
        let weight = weigh(element)
        return condition.withLock {
            condition.wait(milliseconds: nil) { !hasRoom(weight) && !isClosed }
            guard !isClosed else { return false }
            append(element, weight)
            return true
        }
    }

    /// Appends if there is room at once; returns whether it did.
    @discardableResult
    public func offer(_ element: Element) -> Bool {
        let weight = weigh(element)
        return condition.withLock {
            guard hasRoom(weight), !isClosed else { return false }
            append(element, weight)
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
        bytes -= taken.reduce(0) { $0 + weigh($1) }
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
