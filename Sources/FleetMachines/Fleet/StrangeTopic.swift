/// A shard topic that is not the one that the control topic speaks of.
enum StrangeTopic {
    /// What it means, and what helps.
    static let remedy =
        "the topic was created anew without the control topic, or has lost records; nothing more of it is read. Topics "
        + "belong together: stop the fleet, hashiflex topics delete, hashiflex topics create, and push the head again"
}
