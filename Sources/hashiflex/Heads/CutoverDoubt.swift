/// What is said when a cut-over was asked for and it can not be known what became of it: what failed, which request, and how to
/// see and to give it up. Pure.
package struct CutoverDoubt {
    private let request: String

    /// About the request of this name.
    package init(request: String) { self.request = request }

    private var advice: String { "see head status, and `hashiflex head abandon \(request)`" }

    /// The request may be in the log or not.
    package func unwritten(_ error: some Error) -> String {
        "\(error); it is not known whether cut-over \(request) was requested: \(advice)"
    }

    /// The request is in the log, and the log can not be read any more.
    package func unread(_ error: some Error) -> String {
        "\(error); cut-over \(request) was requested and may stand, and what became of it can not be read: \(advice)"
    }

    /// A node answers nothing, and `reason` ends the wait.
    package func unanswered(_ reason: String) -> String {
        "\(reason), and a node does not answer: cut-over \(request) may stand; \(advice)"
    }
}
