import Artifacts
import PipelineMessages
import Testing

func digest(_ name: String) -> ContentDigest { ContentDigest(of: Array(name.utf8)) }

func label(_ text: String) throws -> HeadLabel { try #require(HeadLabel(text)) }

/// A head that took effect at some marker.
func headInForce(_ slot: HeadSlot, number: Int64 = 41, marker: Int64 = 1_000) throws -> HeadInForce {
    HeadInForce(
        slot: slot,
        head: digest("head \(number)"),
        label: try label("defects@v\(number)"),
        number: number,
        marker: marker
    )
}

/// What a record must do: come back equal, and give the same bytes again.
func roundTrip<Record: Codable & Equatable>(
    _ record: Record,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let bytes = JSONRecord.encode(record)
    let back = try JSONRecord.decode(Record.self, from: bytes)
    #expect(back == record, sourceLocation: sourceLocation)
    #expect(JSONRecord.encode(back) == bytes, sourceLocation: sourceLocation)
}

/// The names of the fields of a record as they travel.
func text(_ record: some Encodable) -> String { JSONRecord.text(record) }

/// Two grey images of 2 x 2 pixels.
let smallShard = ImageShard(
    stream: "cam",
    sequence: 7,
    createdAtMs: 1_700_000_000_000,
    images: [ShardImage(id: "a", capturedAtMs: 5, label: 3), ShardImage(id: "b")],
    content: .tensors(height: 2, width: 2, channels: 1, bytes: [0, 1, 2, 3, 252, 253, 254, 255]),
    preprocessing: "p"
)

/// Two files.
let fileShard = ImageShard(
    stream: "cam",
    sequence: 8,
    createdAtMs: 2,
    images: [ShardImage(id: "x.jpg"), ShardImage(id: "y.png")],
    content: .files([[0xFF, 0xD8, 0xFF], []]),
    preprocessing: ""
)

/// A shard that LZ4 makes smaller: one grey image of 16 x 16 equal pixels.
let flatShard = ImageShard(
    stream: "cam",
    sequence: 0,
    createdAtMs: 0,
    images: [ShardImage(id: "flat")],
    content: .tensors(height: 16, width: 16, channels: 1, bytes: [UInt8](repeating: 9, count: 256)),
    preprocessing: "p"
)
