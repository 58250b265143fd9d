/// Which node is asked next where a topic ends. Pure.
///
/// A node that is cut off from its peers tells the end that it knows, to whoever asks it again and again; the others tell more. So all
/// are asked, one after the other.
package struct EndRound: Sendable {
    /// When each node was asked last, counted in questions.
    private var askedAt: [Int32: Int] = [:]
    private var questions = 0

    /// Nobody was asked yet.
    package init() {}

    /// Who is asked now: the one of `nodes` that was not asked for longest; `nil` where there is nothing to compare.
    package mutating func next(among nodes: [Int32]) -> Int32? {
        askedAt = askedAt.filter { nodes.contains($0.key) }
        guard Set(nodes).count > 1,
            let node = nodes.min(by: { (askedAt[$0] ?? 0, $0) < (askedAt[$1] ?? 0, $1) })
        else { return nil }
        questions += 1
        askedAt[node] = questions
        return node
    }
}
