/// What records may hold, wherever they come from: anyone may write to a topic.
///
/// Integers up to 2^53 - 1 are exact in every reader of JSON, and differences of two fit 64 bits. The schemas state the
/// same bounds; `RecordBoundsTests` holds both together, field by field.
public enum RecordBounds {
    /// The largest integer.
    public static let integerMax: Int64 = (1 << 53) - 1
    /// Images, shards, bytes: a million a second for 35 years. The sum of one record's lists fits 64 bits.
    public static let count = 0...((Int64(1) << 50) - 1)
    /// Entries of a list that is added up, or that names workers or heads.
    public static let entries = 4_096
    /// Partitions of one worker: `topics create` makes 10,000 at most.
    public static let partitions = 1 << 14
    /// Entries of a list for people; what is written ends earlier, with how many more there are.
    public static let listed = 64
    /// Alarms of one heartbeat.
    public static let alarms = 32
    /// Kafka offsets.
    public static let offset = 0...integerMax
    /// Milliseconds since 1970, by any clock.
    public static let time = -integerMax...integerMax
    /// Partitions.
    public static let partition = 0...Int64(Int32.max)
    /// Anything a second.
    public static let rate = 0...1e12
    /// Workers, coordinators, fleets, hosts, requests, streams: UTF-8 bytes.
    public static let name = 1...ShardLimits.nameBytesMax
    /// Tokens of cut-overs: UTF-8 bytes.
    public static let token = 16...64
    /// Reasons and alarms: UTF-8 bytes.
    public static let text = 1...4_096
    /// How long a cut-over may wait for workers, milliseconds.
    public static let deadlineMs: ClosedRange<Int64> = 0...3_600_000
    /// Workers of one fleet.
    public static let fleetWorkers: ClosedRange<Int64> = 0...256
    /// What a reason is cut to where it is written, UTF-8 bytes; escaping and company leave room to ``text``.
    public static let reasonBytesMax = 1_000

    /// `text`, cut to ``reasonBytesMax`` bytes at the end of a character.
    public static func cut(_ text: String) -> String { cut(text, bytes: reasonBytesMax) }

    /// `text`, cut to `bytes` bytes, at least three, at the end of a character.
    public static func cut(_ text: String, bytes: Int) -> String {
        guard text.utf8.count > bytes else { return text }
        var kept = Substring(text.unicodeScalars.prefix(bytes))
        while kept.utf8.count > bytes - 3 { kept.unicodeScalars.removeLast() }
        return kept + "..."
    }
}

/// A record whose fields are checked when it is read.
public protocol BoundedRecord: Decodable {
    /// Checks every field of which a value could do harm.
    func check(_ bounds: inout BoundsCheck)
}

/// Finds the first field of a record that is out of bounds.
public struct BoundsCheck {
    /// The field and what it holds; `nil` while all is well.
    public private(set) var problem: String?
    private var path = ""

    /// Has found nothing.
    public init() {}

    /// The field's place in the record.
    private func place(_ field: String) -> String {
        let whole = path + field
        return whole.hasSuffix(".") ? String(whole.dropLast()) : whole
    }

    /// Checks an integer; `nil` is an absent field.
    public mutating func integer(
        _ value: (some BinaryInteger)?, _ field: String, in range: ClosedRange<Int64>
    ) {
        guard let value, problem == nil, !range.contains(Int64(clamping: value)) else { return }
        problem = "\(place(field)) is \(value), outside \(range.lowerBound)...\(range.upperBound)"
    }

    /// Checks a real number.
    public mutating func real(_ value: Double?, _ field: String, in range: ClosedRange<Double>) {
        guard let value, problem == nil, !range.contains(value) else { return }
        problem = "\(place(field)) is \(value), outside \(range.lowerBound)...\(range.upperBound)"
    }

    /// Checks how many bytes a text has.
    public mutating func text(_ value: String?, _ field: String, bytes range: ClosedRange<Int>) {
        guard let value, problem == nil, !range.contains(value.utf8.count) else { return }
        problem =
            "\(place(field)) has \(value.utf8.count) bytes, outside \(range.lowerBound)...\(range.upperBound)"
    }

    /// Checks how many elements a list has.
    public mutating func size(_ count: Int?, _ field: String, most: Int) {
        guard let count, problem == nil, count > most else { return }
        problem = "\(place(field)) has \(count) entries, more than \(most)"
    }

    /// Checks that no element stands twice.
    public mutating func unique(_ values: [some Hashable]?, _ field: String) {
        guard let values, problem == nil, Set(values).count != values.count else { return }
        problem = "\(place(field)) has an element twice"
    }

    /// Checks every element of a list.
    public mutating func each<Element>(
        _ values: [Element]?, _ field: String, _ body: (inout BoundsCheck, Element) -> Void
    ) {
        let outer = path
        for (index, value) in (values ?? []).enumerated() where problem == nil {
            path = "\(outer)\(field).\(index)."
            body(&self, value)
        }
        path = outer
    }

    /// Checks one part of a record.
    public mutating func part<Part>(
        _ value: Part?, _ field: String, _ body: (inout BoundsCheck, Part) -> Void
    ) {
        guard let value else { return }
        let outer = path
        path = "\(outer)\(field)."
        body(&self, value)
        path = outer
    }
}

extension Sequence where Element == Int64 {
    /// The sum, or the largest number if it is beyond: many writers may each state a lot.
    public var saturatingSum: Int64 {
        reduce(0) { sum, value in
            let (result, overflow) = sum.addingReportingOverflow(value)
            return overflow ? .max : result
        }
    }
}
