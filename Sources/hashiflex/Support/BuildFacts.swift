/// What this build is.
enum BuildFacts {
    /// The version, as in the changelog.
    static let version = "0.1.0"
}
