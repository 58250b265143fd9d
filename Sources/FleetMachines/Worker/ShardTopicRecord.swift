package import PipelineMessages

/// What a record of the shard topic says of itself before anybody opens its images.
package enum ShardTopicRecord: Sendable, Equatable {
    /// Images of one stream.
    case shard(stream: String)
    /// A cut-over marker.
    case marker(CutoverMarker)
    /// A marker that can not be read, and why.
    case badMarker(String)

    /// Reads key, kind and, of a marker, the value; `value` is not asked for otherwise.
    ///
    /// - Parameter kind: the header ``ShardTopicKind/header``; whatever is no marker is taken for a shard, which its
    ///   decoder then judges.
    package init(key: [UInt8], kind: [UInt8]?, value: () -> [UInt8]) {
        guard kind == Array(ShardTopicKind.marker.rawValue.utf8) else {
            self = .shard(stream: String(decoding: key, as: UTF8.self))
            return
        }
        do throws(RecordError) {
            self = .marker(try JSONRecord.decode(CutoverMarker.self, from: value()))
        } catch {
            self = .badMarker("\(error)")
        }
    }
}
