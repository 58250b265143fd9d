public import Artifacts
public import Kafka
public import PipelineMessages
public import Threads

extension RecordWriter {
    /// Publishes a head file: its chunks, then the manifest that makes them a head.
    public func publish(
        head file: [UInt8], manifest: HeadManifest, topics: TopicNames, timeoutMs: Int64 = 30_000
    ) throws(KafkaError) {
        var records: [Record] = []
        for index in 0..<manifest.chunks {
            let start = index * HeadManifest.chunkBytesMax
            let end = min(start + HeadManifest.chunkBytesMax, file.count)
            records.append(
                Record(
                    topic: topics.control, key: ControlKey.headChunk(manifest.head, index: index).bytes,
                    value: Array(file[start..<end])))
        }
        records.append(
            Record(
                topic: topics.control, key: ControlKey.headManifest(manifest.head).bytes,
                value: JSONRecord.encode(manifest)))
        _ = try write(records, timeoutMs: timeoutMs)
    }

    /// Writes the state of a cut-over; a decision counts if it is the first to be read back.
    ///
    /// - Parameter stop: ends the wait when it is set.
    /// - Throws: the delivery's error, or a time-out; it may have been written all the same.
    public func write(
        _ cutover: CutoverRecord, topics: TopicNames, timeoutMs: Int64 = 30_000, until stop: Signal? = nil
    ) throws(KafkaError) {
        func record(_ key: ControlKey) -> Record {
            Record(topic: topics.control, key: key.bytes, value: JSONRecord.encode(cutover))
        }
        guard cutover.state != .requested else {
            try write(record(.cutover(request: cutover.request)), timeoutMs: timeoutMs, until: stop)
            return
        }
        // Each time under a name of its own: of two copies with one key compaction keeps the later, and a decision that came between
        // them would be the first then.
        let endMs = Clock.steadyMs + timeoutMs
        while true {
            let leftMs = endMs - Clock.steadyMs
            do throws(KafkaError) {
                let key = ControlKey.decision(request: cutover.request, name: ProcessFacts.randomName())
                try write(
                    record(key), timeoutMs: min(leftMs, Self.silentMs), isRepeatable: false, until: stop)
                return
            } catch {
                guard error.mayPass, leftMs > Self.silentMs, !isStopped(stop) else { throw error }
                (stop ?? self.stop).wait(milliseconds: Self.againMs)
            }
        }
    }
}

extension HeadManifest {
    /// The manifest of a head file that is about to be published.
    public init(
        file: [UInt8], head: ContentDigest, label: HeadLabel, backbone: ContentDigest, classes: Int,
        publishedAtMs: Int64
    ) {
        self.init(
            head: head, label: label, backbone: backbone, file: ContentDigest(of: file), bytes: file.count,
            chunks: (file.count + Self.chunkBytesMax - 1) / Self.chunkBytesMax, classes: classes,
            publishedAtMs: publishedAtMs)
    }
}
