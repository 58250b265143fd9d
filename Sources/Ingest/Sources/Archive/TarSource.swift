private import ImageDecoding

/// Images of a WebDataset tar archive, from a file or a pipe, plain or gzip.
///
/// Members that follow each other and share a key form one sample: an image (`.jpg`, `.jpeg`, `.png`) and
/// its label, from `.cls` (a whole number), else `.json` (`label` or `cls`), else `.txt` when it is a whole
/// number. The key is the path up to the first dot of its last component, and becomes the id. Names are
/// never used as paths. Archives set one after another read as one. A sample is complete when the next one
/// begins, so a pipe runs one sample behind; at a stop, what was read of it is given.
public struct TarSource: ImageSource {
    /// The archive's name.
    public let summary: String
    /// An archive defines no class names.
    public var classNames: [String]? { nil }

    /// The most bytes of a label.
    private static let labelBytesMax = 1 << 20

    private let memberBytesMax: Int
    private var reader: TarReader
    private var sample: ArchiveSample?
    /// A member whose content has not been read, since the sample before it had to go out first.
    private var waiting: TarReader.Member?
    private var ready: ArraySlice<SourceOutcome> = []
    private var failure: SourceError?
    private var ended = false
    private var anyLabel = false

    /// Opens an archive; a larger image than `memberBytesMax` is reported as unreadable and passed over.
    ///
    /// - Throws: ``SourceError/missing(path:)``, ``SourceError/unreadable(path:reason:)``.
    public init(
        path: String,
        memberBytesMax: Int = 64 << 20,
        isStopped: @escaping StopCheck = { false }
    ) throws(SourceError) {
        self.init(
            try ByteStream(path: path, isStopped: isStopped),
            memberBytesMax: memberBytesMax
        )
    }

    /// Reads an archive from an open descriptor, such as 0, and leaves it open.
    public init(
        fileDescriptor: Int32,
        name: String,
        memberBytesMax: Int = 64 << 20,
        isStopped: @escaping StopCheck = { false }
    ) {
        self.init(
            ByteStream(
                fileDescriptor: fileDescriptor,
                name: name,
                closesAtEnd: false,
                inflatesGzip: true,
                isStopped: isStopped
            ),
            memberBytesMax: memberBytesMax
        )
    }

    init(_ stream: ByteStream, memberBytesMax: Int) {
        summary = "tar archive \(stream.name)"
        self.memberBytesMax = memberBytesMax
        reader = TarReader(stream)
    }

    /// The next sample that holds an image.
    ///
    /// - Throws: ``SourceError/malformed(source:reason:)``, ``SourceError/truncated(source:reason:)``,
    ///   ``SourceError/unreadable(path:reason:)``, each after the last whole sample.
    public mutating func next() throws(SourceError) -> SourceOutcome? {
        while true {
            if let outcome = ready.popFirst() { return outcome }
            if let failure {
                self.failure = nil
                throw failure
            }
            if ended { return nil }
            do throws(SourceError) {
                try step()
            } catch {
                ended = true
                failure = error == .stopped ? nil : error
            }
        }
    }

    /// Takes one member into the present sample, or ends the sample.
    private mutating func step() throws(SourceError) {
        let found: TarReader.Member?
        do throws(SourceError) {
            found = if let waiting { waiting } else { try reader.next() }
            waiting = nil
        } catch {
            // A sample before the damage, or the stop, may miss the label that would have followed.
            if let sample, sample.label != nil || !anyLabel { flush() }
            throw error
        }
        guard let member = found else {
            flush()
            ended = true
            return
        }
        guard let (key, fieldName) = ArchiveSample.split(member.name) else { return }
        if sample?.key != key {
            flush()
            sample = ArchiveSample(key: key)
            // What is complete goes out before the next content is waited for.
            if !ready.isEmpty {
                waiting = member
                return
            }
        }
        let field = ArchiveSample.Field(extension: fieldName)
        guard field != .other else { return }
        if field == .image, let surplus = sample?.surplus(member.name) {
            ready.append(surplus)
            return
        }
        let bytesMax = field == .image ? memberBytesMax : min(Self.labelBytesMax, memberBytesMax)
        guard member.size <= bytesMax else {
            sample?.refuse("its .\(fieldName) file has \(member.size) bytes; the limit is \(bytesMax)")
            return
        }
        let content = try reader.content()
        sample?.add(field, content)
    }

    private mutating func flush() {
        guard let sample else { return }
        self.sample = nil
        anyLabel = anyLabel || sample.label != nil
        if let outcome = sample.outcome { ready.append(outcome) }
    }
}
