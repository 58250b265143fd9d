public import Kafka

/// Why a worker stops, or what it wants said while it goes on.
public enum WorkerFailure: Error, Sendable, CustomStringConvertible {
    /// Worth a line in the log; the worker goes on.
    case note(String)
    /// The broker refused something that can not be repeated.
    case broker(KafkaError)
    /// Records that should have been read are gone: retention was shorter than the backlog.
    case dataLost(String)
    /// What was read from the group's offsets makes no sense.
    case progress(String)

    /// What, where and what to do.
    public var description: String {
        switch self {
        case .note(let text): text
        case .broker(let error): "broker: \(error)"
        case .dataLost(let what):
            "\(what); shards were deleted before they were read: raise the topic's retention, or pace "
                + "ingest with --backlog-max"
        case .progress(let what): "committed progress is unreadable: \(what)"
        }
    }

    /// Whether the worker must stop.
    var isTerminal: Bool {
        if case .note = self { return false }
        return true
    }
}
