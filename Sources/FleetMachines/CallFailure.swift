/// What became of a call that failed, as far as a machine has to know.
package struct CallFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// What helps.
    package enum Kind: Sendable, Hashable {
        /// The same call again, a little later.
        case retriable
        /// Nothing: the group has moved on, the partitions are somebody else's.
        case stale
        /// Aborting the transaction, then starting again from the committed offsets.
        case abortable
        /// Nothing in this process.
        case fatal
    }

    /// What helps.
    package let kind: Kind
    /// What happened, where and what to do, for people.
    package let text: String

    /// A failure.
    package init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }

    /// What happened, for people.
    package var description: String { text }
}

/// One moment by both clocks. Machines have no clock: every event brings its moment.
package struct Moment: Sendable, Hashable {
    /// Milliseconds that never go back; intervals and deadlines are measured with them.
    package let steadyMs: Int64
    /// Milliseconds since 1970, for stamps that people and other machines read; may jump.
    package let wallMs: Int64

    /// Joins what both clocks say.
    package init(steadyMs: Int64, wallMs: Int64) {
        self.steadyMs = steadyMs
        self.wallMs = wallMs
    }
}
