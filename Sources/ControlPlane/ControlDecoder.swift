import Cutover
import PipelineMessages

/// What the bytes of each record of the control topic say. Pure: anyone may write them.
///
/// Remembers chunks of heads until their manifest has come, as far as ``/Cutover/HeadAssembler`` allows.
package struct ControlDecoder: Sendable {
    private var assembler = HeadAssembler()
    private let shards: String

    /// Has seen nothing.
    ///
    /// - Parameter shards: The deployment's shard topic; moves and checkpoints in others are not its own.
    package init(shards: String) { self.shards = shards }

    /// Takes the record at `offset`; a `value` of `nil` is a tombstone.
    package mutating func decode(key keyBytes: [UInt8], value: [UInt8]?, offset: Int64) -> [ControlTail.Event]
    {
        let keyText = RecordBounds.cut(String(decoding: keyBytes, as: UTF8.self))
        guard let key = ControlKey(keyBytes) else {
            return [.unreadable(key: keyText, problem: "unknown key; is a newer version running?")]
        }
        guard let value else { return [] }
        do throws(RecordError) {
            switch key {
            case .headChunk(let head, let index):
                guard let (manifest, file) = assembler.take(chunk: value, index: index, of: head) else {
                    return []
                }
                return [.head(manifest, .success(file))]
            case .headManifest(let head):
                let manifest = try JSONRecord.decode(HeadManifest.self, from: value)
                guard manifest.head == head else {
                    return [.unreadable(key: keyText, problem: "the manifest names another head")]
                }
                return [.head(manifest, assembler.take(manifest))]
            case .cutover(let request), .decision(let request, _):
                let record = try JSONRecord.decode(CutoverRecord.self, from: value)
                guard record.request == request else {
                    return [.unreadable(key: keyText, problem: "the record names another request")]
                }
                return [.cutover(record, offset: offset)]
            case .fleet, .worker:
                return [.command(key, try JSONRecord.decode(FleetCommand.self, from: value))]
            case .move(let partition, let name):
                let move = try JSONRecord.decode(PositionMove.self, from: value)
                guard move.partition == partition, move.topic == shards else {
                    return [.unreadable(key: keyText, problem: "the record names another partition")]
                }
                return [.move(move, name: name, offset: offset)]
            case .checkpoint(let partition):
                let checkpoint = try JSONRecord.decode(PositionCheckpoint.self, from: value)
                guard checkpoint.partition == partition, checkpoint.topic == shards else {
                    return [.unreadable(key: keyText, problem: "the record names another partition")]
                }
                return [.checkpoint(checkpoint, offset: offset)]
            case .ledgerReset:
                return [.ledgerReset(try JSONRecord.decode(LedgerReset.self, from: value), offset: offset)]
            }
        } catch {
            return [.unreadable(key: keyText, problem: "\(error)")]
        }
    }
}
