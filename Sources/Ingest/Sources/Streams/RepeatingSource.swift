/// A finite source read again and again, for demonstrations and load.
///
/// From the second pass on, ids end in `~` and the number of the pass, so they stay unique.
public struct RepeatingSource: ImageSource {
    /// Opens the source of one pass.
    public typealias Opener = @Sendable () throws(SourceError) -> any ImageSource

    /// What is repeated, and how often.
    public let summary: String
    /// Those of the first pass.
    public let classNames: [String]?

    private let passesMax: Int?
    private let opener: Opener
    private let isStopped: StopCheck
    private var source: any ImageSource
    private var pass = 1
    private var outcomesInPass = 0
    private var ended = false

    /// Opens the first pass; `passes` is how many there are in all, `nil` for no end.
    ///
    /// - Throws: what `opener` throws.
    public init(
        passes: Int?,
        isStopped: @escaping StopCheck = { false },
        opener: @escaping Opener
    ) throws(SourceError) {
        precondition(passes.map { $0 > 0 } ?? true, "a source is read at least once")
        passesMax = passes
        self.opener = opener
        self.isStopped = isStopped
        source = try opener()
        classNames = source.classNames
        summary = source.summary + (passes.map { ", \($0) times" } ?? ", repeated until stopped")
    }

    /// The next outcome of this pass, or the first of the next; ends after a pass that gave nothing.
    ///
    /// - Throws: what the source or `opener` throws; that ends the repetition.
    public mutating func next() throws(SourceError) -> SourceOutcome? {
        do throws(SourceError) {
            while !ended && !isStopped() {
                if let outcome = try source.next() {
                    outcomesInPass += 1
                    return pass == 1 ? outcome : renamed(outcome)
                }
                // A pass cut off by a stop also ends here, and the loop sees the stop.
                ended = outcomesInPass == 0 || pass == passesMax
                if ended || isStopped() { break }
                pass += 1
                outcomesInPass = 0
                source = try opener()
            }
        } catch {
            ended = true
            throw error
        }
        return nil
    }

    private func renamed(_ outcome: SourceOutcome) -> SourceOutcome {
        switch outcome {
        case .image(let image):
            let id = "\(image.id)~\(pass)"
            if let problem = SourceImage.idProblem(id) {
                return .unreadable(id: SourceImage.printableID(id), reason: problem)
            }
            return .image(
                SourceImage(
                    id: id,
                    content: image.content,
                    label: image.label,
                    capturedAtMs: image.capturedAtMs
                )
            )
        case .unreadable(let id, let reason):
            return .unreadable(id: SourceImage.printableID("\(id)~\(pass)"), reason: reason)
        }
    }
}
