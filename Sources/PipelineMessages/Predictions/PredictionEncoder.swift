public import Artifacts

/// What the prediction records of one shard have in common.
public struct PredictionContext: Equatable, Sendable {
    /// As in ``Prediction``.
    public var topic: String
    /// As in ``Prediction``.
    public var partition: Int32
    /// As in ``Prediction``.
    public var offset: Int64
    /// As in ``Prediction``.
    public var stream: String
    /// As in ``Prediction``.
    public var sequence: Int64
    /// As in ``Prediction``.
    public var backbone: ContentDigest
    /// As in ``Prediction``.
    public var head: ContentDigest?
    /// As in ``Prediction``.
    public var headName: HeadLabel?
    /// As in ``Prediction``.
    public var cutover: Int64?
    /// As in ``Prediction``.
    public var logitsDigest: ContentDigest?
    var schema = Prediction.currentSchema

    /// What images of a shard share that were scored with `head`, or could not be read for `nil`.
    public init(
        topic: String, partition: Int32, offset: Int64, stream: String, sequence: Int64,
        backbone: ContentDigest, head: HeadStamp?, logitsDigest: ContentDigest?
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.stream = stream
        self.sequence = sequence
        self.backbone = backbone
        self.head = head?.head
        headName = head?.label
        cutover = head?.cutover
        self.logitsDigest = logitsDigest
    }

    init(_ prediction: Prediction) {
        topic = prediction.topic
        partition = prediction.partition
        offset = prediction.offset
        stream = prediction.stream
        sequence = prediction.sequence
        backbone = prediction.backbone
        head = prediction.head
        headName = prediction.headName
        cutover = prediction.cutover
        logitsDigest = prediction.logitsDigest
        schema = prediction.schema
    }
}

/// Writes prediction records: what ``JSONRecord/encode(_:)`` gives for a ``Prediction``, two orders of magnitude
/// faster, because there is one of these for every image.
///
/// What the images of a shard have in common is rendered once, by ``begin(_:)``. Belongs to one thread.
public final class PredictionEncoder {
    private var context: PredictionContext?
    private var keyPrefix: [UInt8] = []
    private var beginning: [UInt8] = []
    private var afterCapture: [UInt8] = []
    private var afterError: [UInt8] = []
    private var afterLabel: [UInt8] = []
    private var ending: [UInt8] = []

    /// An encoder; ``begin(_:)`` comes first.
    public init() {}

    /// Sets what the records that follow have in common.
    public func begin(_ context: PredictionContext) {
        guard context != self.context else { return }
        self.context = context
        render(context)
    }

    /// Appends a record's key, which is the text of its ``ImageAddress``.
    public func appendKey(index: Int, to buffer: inout [UInt8]) {
        buffer.append(contentsOf: keyPrefix)
        var writer = JSONWriter(taking: &buffer)
        writer.integer(Int64(index))
        writer.give(back: &buffer)
    }

    /// Begins a record's value, one JSON object with its fields in alphabetical order.
    ///
    /// The best classes follow, best first, by ``appendClass(_:logit:name:to:)``, then ``closeValue(_:)``.
    public func openValue(
        index: Int, id: String, capturedAtMs: Int64?, label: Int?, error: String?, to buffer: inout [UInt8]
    ) {
        precondition(context != nil, "begin comes first")
        var writer = JSONWriter(taking: &buffer)
        writer.bytes.append(contentsOf: beginning)
        if let capturedAtMs {
            writer.raw(",\"captured_at_ms\":")
            writer.integer(capturedAtMs)
        }
        writer.bytes.append(contentsOf: afterCapture)
        if let error {
            writer.raw(",\"error\":")
            writer.string(error)
        }
        writer.bytes.append(contentsOf: afterError)
        writer.string(id)
        writer.raw(",\"index\":")
        writer.integer(Int64(index))
        if let label {
            writer.raw(",\"label\":")
            writer.integer(Int64(label))
        }
        writer.bytes.append(contentsOf: afterLabel)
        writer.give(back: &buffer)
    }

    /// Appends the next best class of the record that is open.
    public func appendClass(_ index: Int, logit: Int32, name: String, to buffer: inout [UInt8]) {
        var writer = JSONWriter(taking: &buffer)
        if writer.bytes.last != UInt8(ascii: "[") { writer.raw(",") }
        writer.raw("{\"index\":")
        writer.integer(Int64(index))
        writer.raw(",\"logit\":")
        writer.integer(Int64(logit))
        writer.raw(",\"name\":")
        writer.string(name)
        writer.raw("}")
        writer.give(back: &buffer)
    }

    /// Ends the record that is open.
    public func closeValue(_ buffer: inout [UInt8]) { buffer.append(contentsOf: ending) }

    private func render(_ prediction: PredictionContext) {
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

    private func renderEnd(_ prediction: PredictionContext) {
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
        let encoder = PredictionEncoder()
        var bytes: [UInt8] = []
        encoder.begin(PredictionContext(self))
        encoder.append(self, to: &bytes)
        return bytes
    }

    /// Parses a record.
    public init(json bytes: [UInt8]) throws(RecordError) {
        self = try JSONRecord.decode(Prediction.self, from: bytes)
    }
}

extension PredictionEncoder {
    /// Appends the value of a prediction of the context that was begun.
    package func append(_ prediction: Prediction, to buffer: inout [UInt8]) {
        openValue(
            index: prediction.index, id: prediction.id, capturedAtMs: prediction.capturedAtMs,
            label: prediction.label, error: prediction.error, to: &buffer)
        for entry in prediction.top {
            appendClass(entry.index, logit: entry.logit, name: entry.name, to: &buffer)
        }
        closeValue(&buffer)
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
