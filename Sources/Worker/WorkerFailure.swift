public import Kafka

/// Why a worker stops.
public enum WorkerFailure: Error, Sendable, CustomStringConvertible {
    /// The broker refused something at the start, or a setting.
    case broker(KafkaError)
    /// It could not go on; what was not committed is taken over by others.
    case stopped(String)

    /// What, where and what to do.
    public var description: String {
        switch self {
        case .broker(let error): "broker: \(error)"
        case .stopped(let what): what
        }
    }
}
