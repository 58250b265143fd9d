private import Artifacts

/// Writes prediction records: what ``JSONRecord/encode(_:)`` gives, two orders of magnitude faster, because there
/// is one of these for every image.
///
/// What the images of a shard have in common is rendered once and kept until a prediction differs in it, so
/// predictions of one shard should come one after the other. The bytes do not depend on that.
public struct PredictionEncoder {
    /// What all images of a shard that could be read have in common.
    private struct Shared: Equatable {
        var topic = ""
        var partition: Int32 = -1
        var offset: Int64 = -1
        var stream = ""
        var sequence: Int64 = 0
        var schema = ""
        var backbone: ContentDigest?
        var head: ContentDigest?
        var headName: HeadLabel?
        var cutover: Int64?
        var logitsDigest: ContentDigest?
    }

    private var shared = Shared()
    private var keyPrefix: [UInt8] = []
    private var beginning: [UInt8] = []
    private var afterCapture: [UInt8] = []
    private var afterError: [UInt8] = []
    private var afterLabel: [UInt8] = []
    private var ending: [UInt8] = []

    /// An encoder that has rendered nothing yet.
    public init() {}

    /// Appends the record's key, which is the text of its ``ImageAddress``.
    public mutating func appendKey(of prediction: Prediction, to buffer: inout [UInt8]) {
        render(prediction)
        buffer.append(contentsOf: keyPrefix)
        var writer = JSONWriter(taking: &buffer)
        writer.integer(Int64(prediction.index))
        writer.give(back: &buffer)
    }

    /// Appends the record's value, one JSON object with its fields in alphabetical order.
    public mutating func appendValue(of prediction: Prediction, to buffer: inout [UInt8]) {
        render(prediction)
        var writer = JSONWriter(taking: &buffer)
        writer.bytes.append(contentsOf: beginning)
        if let captured = prediction.capturedAtMs {
            writer.raw(",\"captured_at_ms\":")
            writer.integer(captured)
        }
        writer.bytes.append(contentsOf: afterCapture)
        if let error = prediction.error {
            writer.raw(",\"error\":")
            writer.string(error)
        }
        writer.bytes.append(contentsOf: afterError)
        writer.string(prediction.id)
        writer.raw(",\"index\":")
        writer.integer(Int64(prediction.index))
        if let label = prediction.label {
            writer.raw(",\"label\":")
            writer.integer(Int64(label))
        }
        writer.bytes.append(contentsOf: afterLabel)
        for (place, candidate) in prediction.top.enumerated() {
            writer.raw(place == 0 ? "{\"index\":" : ",{\"index\":")
            writer.integer(Int64(candidate.index))
            writer.raw(",\"logit\":")
            writer.integer(Int64(candidate.logit))
            writer.raw(",\"name\":")
            writer.string(candidate.name)
            writer.raw("}")
        }
        writer.bytes.append(contentsOf: ending)
        writer.give(back: &buffer)
    }

    private mutating func render(_ prediction: Prediction) {
        let wanted = Shared(
            topic: prediction.topic, partition: prediction.partition, offset: prediction.offset,
            stream: prediction.stream, sequence: prediction.sequence, schema: prediction.schema,
            backbone: prediction.backbone, head: prediction.head, headName: prediction.headName,
            cutover: prediction.cutover, logitsDigest: prediction.logitsDigest)
        guard wanted != shared else { return }
        shared = wanted
        keyPrefix = Array("\(prediction.topic)/\(prediction.partition)@\(prediction.offset)#".utf8)
        beginning = Self.text { writer in
            writer.raw("{\"backbone\":")
            writer.hex(prediction.backbone)
        }
        afterCapture = Self.text { writer in
            guard let cutover = prediction.cutover else { return }
            writer.raw(",\"cutover\":")
            writer.integer(cutover)
        }
        afterError = Self.text { writer in
            if let head = prediction.head {
                writer.raw(",\"head\":")
                writer.hex(head)
            }
            if let name = prediction.headName {
                writer.raw(",\"head_name\":")
                writer.string(name.description)
            }
            writer.raw(",\"id\":")
        }
        renderEnd(prediction)
    }

    private mutating func renderEnd(_ prediction: Prediction) {
        afterLabel = Self.text { writer in
            if let digest = prediction.logitsDigest {
                writer.raw(",\"logits_digest\":")
                writer.hex(digest)
            }
            writer.raw(",\"offset\":")
            writer.integer(prediction.offset)
            writer.raw(",\"partition\":")
            writer.integer(Int64(prediction.partition))
            writer.raw(",\"schema\":")
            writer.string(prediction.schema)
            writer.raw(",\"sequence\":")
            writer.integer(prediction.sequence)
            writer.raw(",\"stream\":")
            writer.string(prediction.stream)
            writer.raw(",\"top\":[")
        }
        ending = Self.text { writer in
            writer.raw("],\"topic\":")
            writer.string(prediction.topic)
            writer.raw("}")
        }
    }

    private static func text(_ write: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter()
        write(&writer)
        return writer.bytes
    }
}

extension Prediction {
    /// The record's bytes, as ``PredictionEncoder`` writes them.
    public var json: [UInt8] {
        var encoder = PredictionEncoder()
        var bytes: [UInt8] = []
        encoder.appendValue(of: self, to: &bytes)
        return bytes
    }

    /// Parses a record.
    public init(json bytes: [UInt8]) throws(RecordError) {
        self = try JSONRecord.decode(Prediction.self, from: bytes)
    }
}

extension JSONWriter {
    /// Goes on where `buffer` ends, without a copy: the buffer is empty until ``give(back:)``.
    fileprivate init(taking buffer: inout [UInt8]) {
        bytes = []
        swap(&bytes, &buffer)
    }

    fileprivate mutating func give(back buffer: inout [UInt8]) { swap(&bytes, &buffer) }
}
