internal import CRDKafka
import Synchronization

/// What the library's callbacks leave for the owner of a client.
///
/// Callbacks cannot throw, await or capture: they put what they were told here, and the next poll takes it.
final class ClientContext: Sendable {
    /// Errors beyond this many wait for nobody; group calls and deliveries are never dropped.
    private static let waitingErrors = 64

    private struct State {
        var events: [ConsumerEvent] = []
        var waitingErrors = 0
        var deliveries: [Delivery] = []
        var lastTrouble: String?
    }

    /// What a consumer's group has given it, where the group names changes only.
    let group = Mutex(GroupAssignment())

    private let state = Mutex(State())
    private let isClosing = Atomic(false)

    /// From now on nothing this client logs is worth telling: connections end because we end them.
    func beginClosing() { isClosing.store(true, ordering: .releasing) }

    /// Whether ``beginClosing()`` has been called.
    var closing: Bool { isClosing.load(ordering: .acquiring) }

    func park(_ event: ConsumerEvent) {
        state.withLock { state in
            if case .error = event {
                guard state.waitingErrors < Self.waitingErrors else { return }
                state.waitingErrors += 1
            }
            state.events.append(event)
        }
    }

    func takeEvent() -> ConsumerEvent? {
        state.withLock { state in
            guard !state.events.isEmpty else { return nil }
            let event = state.events.removeFirst()
            if case .error = event { state.waitingErrors -= 1 }
            return event
        }
    }

    func dropEvents() {
        let dropped = state.withLock { state in
            state.waitingErrors = 0
            defer { state.events = [] }
            return state.events
        }
        // Messages among them are freed here, outside the lock.
        _ = dropped
    }

    /// Keeps an outcome; one like the last but for its offset is counted there, for a shard's messages are many.
    func deliver(_ delivery: Delivery) {
        state.withLock { state in
            let last = state.deliveries.count - 1
            guard last >= 0, delivery.error == nil, state.deliveries[last].error == nil,
                state.deliveries[last].tag == delivery.tag,
                state.deliveries[last].partition == delivery.partition
            else { return state.deliveries.append(delivery) }
            state.deliveries[last].count += delivery.count
            state.deliveries[last].offset = delivery.offset
        }
    }

    func takeDeliveries() -> [Delivery] {
        state.withLock { state in
            defer { state.deliveries = [] }
            return state.deliveries
        }
    }

    /// The last thing the library said about its connections, such as "connection refused".
    var lastTrouble: String? {
        get { state.withLock { $0.lastTrouble } }
        set { state.withLock { $0.lastTrouble = newValue } }
    }

    /// The context behind the opaque pointer of a callback.
    static func from(_ opaque: UnsafeMutableRawPointer?) -> ClientContext? {
        opaque.map { Unmanaged<ClientContext>.fromOpaque($0).takeUnretainedValue() }
    }
}
