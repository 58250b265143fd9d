import Synchronization

/// One value that one thread leaves and another finds.
final class Mailbox<Value: Sendable>: Sendable {
    private let contents = Mutex<Value?>(nil)

    /// What was left last.
    var value: Value? {
        get { contents.withLock { $0 } }
        set { contents.withLock { $0 = newValue } }
    }
}
