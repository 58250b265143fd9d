public import PipelineMessages

/// What a person may mean by a name.
extension ActivationLog {
    /// The cut-overs that somebody who wants to give one up may mean; more than one is a question back.
    ///
    /// - Parameter name: a request's name, or a head's label `name@version`; `nil` for whatever is open.
    /// - Returns: The request of that name. Else, of the label or of all, those that nobody decided; else the last of the
    ///   label, or those that are committing. Lowest number first.
    public func requests(named name: String?) -> [CutoverRecord] {
        guard let name else {
            let undecided = open.filter { $0.state == .requested }
            return undecided.isEmpty ? open : undecided
        }
        if let record = cutovers[name] { return [record] }
        let labelled = cutovers.values.filter { $0.label.description == name }
            .sorted { ($0.number ?? 0) < ($1.number ?? 0) }
        let undecided = labelled.filter { $0.state == .requested }
        return undecided.isEmpty ? labelled.suffix(1) : undecided
    }
}
