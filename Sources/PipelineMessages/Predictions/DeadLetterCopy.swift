/// What a dead letter repeats of the record that it is about: all of it, or what is short, or nothing.
///
/// A letter that is too large for its topic could never be written, and its record would stand before every worker in turn.
public struct DeadLetterCopy: Sendable {
    /// The record's key; empty where it had one that is left out.
    public let key: [UInt8]?
    /// The record's value; empty where it is left out.
    public let value: [UInt8]?
    /// Those of its headers that are kept.
    let headers: [(name: String, value: [UInt8])]
    /// How many it had.
    let headerCount: Int
    /// Bytes of the record's value and key.
    let recordBytes: Int
    /// Whether key and value are there as they came.
    public let isWhole: Bool

    /// Takes of a record what fits into `bytesMax` bytes: key, value and short headers; else no value and no long key; else nothing.
    public init(
        key: [UInt8]?, value: [UInt8]?, headers: [(name: String, value: [UInt8])], bytesMax: Int
    ) {
        let short = DeadLetter.short(headers)
        let besides = Self.bytes(short)
        recordBytes = (key?.count ?? 0) + (value?.count ?? 0)
        headerCount = headers.count
        isWhole = recordBytes + besides <= bytesMax
        guard !isWhole else {
            (self.key, self.value, self.headers) = (key, value, short)
            return
        }
        let shortKey = key.map { $0.count <= DeadLetter.keyBytesMax ? $0 : [] }
        let fits = (shortKey?.count ?? 0) + besides <= bytesMax
        self.key = fits ? shortKey : key.map { _ in [] }
        self.value = []
        self.headers = fits ? short : []
    }

    /// Bytes that are repeated.
    public var bytes: Int { (key?.count ?? 0) + (value?.count ?? 0) + Self.bytes(headers) }

    /// The headers of the letter: itself, which says so where the record is not whole, then what is kept of the record's own.
    public func headers(
        topic: String, partition: Int32, offset: Int64, code: String, reason: String
    ) -> [(String, [UInt8])] {
        let remark = isWhole ? "" : " (\(recordBytes) bytes, not copied)"
        let most = RecordBounds.reasonBytesMax - remark.utf8.count
        let letter = DeadLetter(
            topic: topic, partition: partition, offset: offset, code: code,
            reason: RecordBounds.cut(reason, bytes: most) + remark)
        return letter.headers(headers, of: headerCount)
    }

    private static func bytes(_ headers: [(name: String, value: [UInt8])]) -> Int {
        headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.count }
    }
}
