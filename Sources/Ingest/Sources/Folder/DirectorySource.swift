private import Glibc

/// JPEG and PNG files of a folder, by name; optionally for as long as new ones arrive.
///
/// Ids are paths relative to the folder, with `/`. Order is byte order within each folder, folders in
/// their place among the files. Hidden names, other extensions and links to folders are passed over.
public struct DirectorySource: ImageSource {
    /// How a folder is read.
    public struct Options: Sendable, Hashable {
        /// Whether folders inside are visited too.
        public var recursive: Bool
        /// Where labels come from.
        public var labels: FolderLabels
        /// Whether to go on with files that arrive later, until a stop is asked for.
        ///
        /// Then a file is read once its length and time of change were the same in two looks, and its time
        /// of change is reported as `capturedAtMs`. A name is read once; memory holds the names present,
        /// at most one million, so move what is processed away.
        public var follow: Bool
        /// The time between two looks.
        public var pollInterval: Duration
        /// The most bytes of one file; a larger one is reported as unreadable.
        public var fileBytesMax: Int

        /// Reads the folder itself once, without labels, unless told otherwise.
        public init(
            recursive: Bool = false,
            labels: FolderLabels = .none,
            follow: Bool = false,
            pollInterval: Duration = .milliseconds(500),
            fileBytesMax: Int = 64 << 20
        ) {
            precondition(fileBytesMax > 0, "a file may have at least one byte")
            self.recursive = recursive
            self.labels = labels
            self.follow = follow
            self.pollInterval = pollInterval
            self.fileBytesMax = fileBytesMax
        }
    }

    /// The folder, and how it is read.
    public let summary: String
    /// The sorted folder names with ``FolderLabels/folders``, else `nil`.
    public let classNames: [String]?

    private let root: String
    private let options: Options
    private let labels: LabelLookup
    private let isStopped: StopCheck
    private let recursive: Bool
    private var walk: FolderWalk?
    private var watch = FolderWatch()
    private var ready: ArraySlice<String> = []
    private var ended = false

    /// Opens a folder.
    ///
    /// - Throws: ``SourceError`` when the folder or the labels file cannot be read, or, unless it follows,
    ///   when the folder holds no image.
    public init(
        path: String,
        options: Options = Options(),
        isStopped: @escaping StopCheck = { false }
    ) throws(SourceError) {
        root = path
        self.options = options
        self.isStopped = isStopped
        recursive = options.recursive || options.labels == .folders
        let walk = try FolderWalk(root: path, recursive: recursive)
        var preview = walk
        if !options.follow && preview.next() == nil {
            let advice = recursive ? "" : ", or look into its folders too (recursive)"
            throw .notAnImageSource(
                path: path,
                reason: "it holds no .jpg, .jpeg or .png file; name another folder\(advice)"
            )
        }
        switch options.labels {
        case .none:
            labels = .none
            classNames = nil
        case .folders:
            let names = Self.folderNames(walk)
            labels = .folders(
                indices: Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
            )
            classNames = names
        case .file(let labelsPath):
            labels = .names(try readLabels(path: labelsPath))
            classNames = nil
        }
        self.walk = options.follow ? nil : walk
        summary =
            "folder \(path)" + (recursive ? ", with its folders" : "")
            + (options.follow ? ", followed" : "")
            + (classNames.map { ", \($0.count) classes by folder" } ?? "")
    }

    /// The next file, or the reason why it could not be read.
    ///
    /// - Throws: ``SourceError/unreadable(path:reason:)`` when a followed folder vanishes or holds more
    ///   files than can be remembered.
    public mutating func next() throws(SourceError) -> SourceOutcome? {
        if ended || isStopped() { return nil }
        guard !options.follow else { return try nextFollowed() }
        switch walk?.next() {
        case .image(let path): return read(path)
        case .unreadable(let path, let reason):
            return .unreadable(
                id: SourceImage.printableID(path),
                reason: "the folder cannot be listed: \(reason)"
            )
        case nil:
            ended = true
            return nil
        }
    }

    private mutating func nextFollowed() throws(SourceError) -> SourceOutcome? {
        while true {
            if let path = ready.popFirst() { return read(path) }
            let seen: Look
            do throws(SourceError) {
                seen = try look()
            } catch {
                ended = true
                throw error
            }
            guard let found = watch.look(seen.files, unseen: seen.unseen) else {
                ended = true
                throw .unreadable(
                    path: root,
                    reason: "more than \(watch.filesMax) files to follow; move processed ones away"
                )
            }
            ready = found[...]
            if ready.isEmpty && !waitForNextLook() { return nil }
        }
    }

    /// What one look at a followed folder saw, relative to it.
    private struct Look {
        var files: [(path: String, stamp: FileStamp)] = []
        /// Files and folders of which it is not known what is there.
        var unseen: Set<String> = []
    }

    private func look() throws(SourceError) -> Look {
        var seen = Look()
        var walk = try FolderWalk(root: root, recursive: recursive)
        while let step = walk.next(), seen.files.count + seen.unseen.count <= watch.filesMax {
            switch step {
            case .image(let path):
                do throws(FileContent.Problem) {
                    if let stamp = try FileStamp(path: root + "/" + path) { seen.files.append((path, stamp)) }
                } catch {
                    seen.unseen.insert(path)
                }
            case .unreadable(let path, _): seen.unseen.insert(path)
            }
        }
        return seen
    }

    /// Waits one interval in short steps; false when a stop was asked for.
    private func waitForNextLook() -> Bool {
        var left = options.pollInterval
        while true {
            if isStopped() { return false }
            if left <= .zero { return true }
            let step = min(left, .milliseconds(50))
            left -= step
            usleep(UInt32(step.components.attoseconds / 1_000_000_000_000))
        }
    }

    private func read(_ path: String) -> SourceOutcome {
        do throws(FileContent.Problem) {
            let file = try FileContent(path: root + "/" + path, bytesMax: options.fileBytesMax)
            return SourceImage.outcome(
                name: path,
                bytes: file.bytes,
                label: labels.label(of: path),
                capturedAtMs: options.follow ? file.modifiedAtMs : nil
            )
        } catch {
            return .unreadable(id: SourceImage.printableID(path), reason: error.reason)
        }
    }

    private static func folderNames(_ walk: FolderWalk) -> [String] {
        var walk = walk
        var names: Set<String> = []
        while let step = walk.next() {
            if case .image(let path) = step, let name = folderName(of: path) { names.insert(name) }
        }
        return names.sorted(by: precedes)
    }
}
