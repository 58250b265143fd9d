private import FoundationEssentials

/// The one way in which small records become bytes: UTF-8 JSON, snake_case, sorted keys.
///
/// Sorted keys make equal values equal bytes, which redelivered records rely on.
public enum JSONRecord {
    /// Largest JSON record that is parsed, bytes; a longer one is refused before parsing.
    public static let bytesMax = 1 << 20

    /// The bytes of `value`.
    public static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = value is any WireKeyed ? .useDefaultKeys : .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value))
        } catch {
            preconditionFailure("records hold only finite numbers and strings: \(error)")
        }
    }

    /// The text of `value`, for terminals.
    public static func text(_ value: some Encodable) -> String {
        String(decoding: encode(value), as: UTF8.self)
    }

    /// Parses a record.
    ///
    /// - Throws: ``RecordError`` naming the record type and the first field that does not fit.
    public static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: some Collection<UInt8>
    ) throws(RecordError) -> Value {
        try unchecked(type, from: bytes)
    }

    private static func unchecked<Value: Decodable>(
        _ type: Value.Type, from bytes: some Collection<UInt8>
    ) throws(RecordError) -> Value {
        guard bytes.count <= bytesMax else {
            throw RecordError(record: "\(type)", problem: "\(bytes.count) bytes, more than \(bytesMax)")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = type is any WireKeyed.Type ? .useDefaultKeys : .convertFromSnakeCase
        do {
            return try decoder.decode(type, from: Data(bytes))
        } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
            let fault = JSONNumberFault.find(in: Array(bytes)) {
                _ = try decoder.decode(type, from: Data($0))
            }
            throw RecordError(
                record: "\(type)",
                problem: fault.map { "\($0.path): \($0.reason)" } ?? context.debugDescription)
        } catch let error as DecodingError {
            throw RecordError(record: "\(type)", problem: Self.describe(error))
        } catch {
            throw RecordError(record: "\(type)", problem: "\(error)")
        }
    }

    /// Parses a record of a topic, and checks that its fields are within ``RecordBounds``.
    ///
    /// - Throws: ``RecordError`` naming the record type and the first field that does not fit.
    public static func decode<Value: BoundedRecord>(
        _ type: Value.Type, from bytes: some Collection<UInt8>
    ) throws(RecordError) -> Value {
        let value = try unchecked(type, from: bytes)
        var bounds = BoundsCheck()
        value.check(&bounds)
        if let problem = bounds.problem { throw RecordError(record: "\(type)", problem: problem) }
        return value
    }

    private static func describe(_ error: DecodingError) -> String {
        func path(_ context: DecodingError.Context) -> String {
            let text = JSONPath.text(context.codingPath)
            return text.isEmpty ? "" : " at \(text)"
        }
        switch error {
        case .keyNotFound(let key, let context):
            return "field \(JSONPath.name(key.stringValue)) is missing\(path(context))"
        case .typeMismatch(let type, let context): return "not a \(type)\(path(context))"
        case .valueNotFound(_, let context): return "null\(path(context))"
        case .dataCorrupted(let context): return "\(context.debugDescription)\(path(context))"
        @unknown default: return "unreadable"
        }
    }
}

/// A record whose coding keys are the names on the wire, those of everything inside it included.
///
/// Converting the case of every key of every record costs more than parsing it; records of which there is one for
/// each shard declare their keys.
public protocol WireKeyed {}

/// A JSON record that could not be parsed.
public struct RecordError: Error, Equatable, CustomStringConvertible {
    /// Which kind of record was expected.
    public let record: String
    /// What is wrong with the bytes.
    public let problem: String

    /// Names the record and the problem.
    public init(record: String, problem: String) {
        self.record = record
        self.problem = problem
    }

    /// One line for logs and dead letters.
    public var description: String { "not a \(record) record: \(problem)" }
}
