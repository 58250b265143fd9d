/// Why an output was not written; nothing of it is left.
public enum StagingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The destination is a file, or something else that is no folder.
    case notAFolder(String)
    /// The destination holds something already.
    case exists(String)
    /// The system refused.
    case io(String, String)

    /// What, where, and what to do.
    public var description: String {
        switch self {
        case .notAFolder(let path): "\(path.printable()) exists and is no folder: name another one"
        case .exists(let path): "\(path.printable()) holds files already: name another folder, or remove it"
        case .io(let path, let reason): "\(path.printable()) cannot be written: \(reason.printable())"
        }
    }
}
