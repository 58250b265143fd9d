// What each record of a topic may hold. A schema of the same name states the same.

extension CutoverRecord: BoundedRecord {
    /// Checks every field of which a value could do harm.
    public func check(_ bounds: inout BoundsCheck) {
        bounds.text(request, "request", bytes: RecordBounds.name)
        bounds.slot(slot)
        bounds.each(partitions, "partitions") { $0.integer($1, "", in: RecordBounds.partition) }
        bounds.unique(partitions, "partitions")
        bounds.integer(restates, "restates", in: RecordBounds.offset)
        bounds.integer(quorum, "quorum", in: 1...RecordBounds.integerMax)
        bounds.size(ignore?.count, "ignore", most: Self.ignoredMax)
        bounds.each(ignore, "ignore") { $0.text($1, "", bytes: RecordBounds.name) }
        bounds.unique(ignore, "ignore")
        bounds.integer(deadlineMs, "deadline_ms", in: RecordBounds.deadlineMs)
        bounds.integer(requestedAtMs, "requested_at_ms", in: RecordBounds.time)
        bounds.integer(number, "number", in: RecordBounds.offset)
        bounds.positions(scanFrom, "scan_from")
        bounds.text(token, "token", bytes: RecordBounds.token)
        bounds.positions(offsets, "offsets")
        bounds.size(reasons?.count, "reasons", most: RecordBounds.entries)
        bounds.each(reasons, "reasons") { $0.text($1, "", bytes: RecordBounds.text) }
        bounds.integer(updatedAtMs, "updated_at_ms", in: RecordBounds.time)
    }
}

extension CutoverMarker: BoundedRecord {
    /// Checks every field of which a value could do harm.
    public func check(_ bounds: inout BoundsCheck) {
        bounds.integer(number, "number", in: RecordBounds.offset)
        bounds.text(request, "request", bytes: RecordBounds.name)
        bounds.slot(slot)
        bounds.text(token, "token", bytes: RecordBounds.token)
    }
}

extension HeadManifest: BoundedRecord {
    /// Checks every field of which a value could do harm.
    public func check(_ bounds: inout BoundsCheck) {
        bounds.integer(bytes, "bytes", in: 1...Int64(Self.fileBytesMax))
        bounds.integer(chunks, "chunks", in: 1...65_536)
        bounds.integer(classes, "classes", in: 2...65_536)
        bounds.integer(publishedAtMs, "published_at_ms", in: RecordBounds.time)
    }
}

extension FleetCommand: BoundedRecord {
    /// Checks every field of which a value could do harm.
    public func check(_ bounds: inout BoundsCheck) {
        bounds.integer(workers, "workers", in: RecordBounds.fleetWorkers)
        bounds.integer(issuedAtMs, "issued_at_ms", in: RecordBounds.time)
    }
}

extension PartitionProgress: BoundedRecord {
    /// Checks every field of which a value could do harm.
    public func check(_ bounds: inout BoundsCheck) {
        bounds.integer(images, "images", in: RecordBounds.count)
        bounds.integer(moved, "moved", in: RecordBounds.offset)
        bounds.each(heads, "heads") { bounds, head in
            bounds.slot(head.slot)
            bounds.integer(head.number, "number", in: RecordBounds.offset)
            bounds.integer(head.marker, "marker", in: RecordBounds.offset)
        }
    }
}

extension Receipt: BoundedRecord {
    /// Checks every field of which a value could do harm.
    public func check(_ bounds: inout BoundsCheck) {
        bounds.text(topic, "topic", bytes: RecordBounds.name)
        bounds.integer(partition, "partition", in: RecordBounds.partition)
        bounds.integer(offset, "offset", in: RecordBounds.offset)
        bounds.text(stream, "stream", bytes: 0...ShardLimits.nameBytesMax)
        bounds.integer(images, "images", in: 0...Int64(ShardLimits.imagesMax))
        bounds.integer(errors, "errors", in: 0...Int64(ShardLimits.imagesMax))
        bounds.integer(imagesBefore, "images_before", in: RecordBounds.count)
        bounds.text(deadLetter, "dead_letter", bytes: RecordBounds.name)
        bounds.text(worker, "worker", bytes: RecordBounds.name)
        bounds.text(incarnation, "incarnation", bytes: RecordBounds.name)
        bounds.integer(serviceUs, "service_us", in: RecordBounds.count)
        bounds.integer(scoredAtMs, "scored_at_ms", in: RecordBounds.time)
    }
}

/// Its texts are shown and compared, never sent on: they are bounded by the record.
extension Prediction: BoundedRecord {
    /// Checks every field of which a value could do harm.
    public func check(_ bounds: inout BoundsCheck) {
        bounds.integer(partition, "partition", in: RecordBounds.partition)
        bounds.integer(offset, "offset", in: RecordBounds.offset)
        bounds.integer(index, "index", in: 0...Int64(ShardLimits.imagesMax - 1))
        bounds.integer(sequence, "sequence", in: 0...Int64.max)
        bounds.integer(label, "label", in: 0...Int64(Int32.max))
        bounds.integer(cutover, "cutover", in: RecordBounds.offset)
        bounds.each(top, "top") { bounds, candidate in
            bounds.integer(candidate.index, "index", in: 0...65_535)
            bounds.integer(candidate.logit, "logit", in: Self.logits)
        }
    }

    /// What an accumulator of 27 bits holds.
    private static let logits: ClosedRange<Int64> = -67_108_863...67_108_863
}

extension WorkerStatus: BoundedRecord {
    /// Checks every field of which a value could do harm.
    public func check(_ bounds: inout BoundsCheck) {
        bounds.text(worker, "worker", bytes: RecordBounds.name)
        bounds.text(incarnation, "incarnation", bytes: RecordBounds.name)
        bounds.text(host, "host", bytes: RecordBounds.name)
        bounds.integer(pid, "pid", in: 1...Int64(Int32.max))
        bounds.integer(startedAtMs, "started_at_ms", in: RecordBounds.time)
        bounds.integer(atMs, "at_ms", in: RecordBounds.time)
        bounds.text(preprocessing, "preprocessing", bytes: 0...4_096)
        bounds.text(isa, "isa", bytes: RecordBounds.name)
        bounds.integer(replicas, "replicas", in: 1...1_024)
        bounds.size(headsReady.count, "heads_ready", most: RecordBounds.entries)
        bounds.size(refusals.count, "refusals", most: RecordBounds.listed)
        bounds.each(refusals, "refusals") { $0.text($1.reason, "reason", bytes: RecordBounds.text) }
        bounds.integer(frozenHead?.cutoversIgnored, "frozen_head.cutovers_ignored", in: RecordBounds.count)
        bounds.size(partitions.count, "partitions", most: RecordBounds.partitions)
        bounds.each(partitions, "partitions") { bounds, partition in
            bounds.integer(partition.partition, "partition", in: RecordBounds.partition)
            bounds.integer(partition.position, "position", in: RecordBounds.offset)
            bounds.text(partition.blocked, "blocked", bytes: RecordBounds.text)
        }
        let counts = [
            ("images_scored", imagesScored), ("images_committed", imagesCommitted),
            ("image_errors", imageErrors), ("dead_letters", deadLetters),
            ("queued_shards", Int64(queuedShards)), ("resident_bytes", residentBytes),
        ]
        for (field, value) in counts { bounds.integer(value, field, in: RecordBounds.count) }
        bounds.integer(shardBytes, "shard_bytes", in: RecordBounds.count)
        bounds.real(imagesPerSecond, "images_per_second", in: RecordBounds.rate)
        bounds.real(replicaUtilisation, "replica_utilisation", in: 0...1)
        bounds.real(npuUtilisation, "npu_utilisation", in: 0...1)
    }
}

extension CoordinatorStatus: BoundedRecord {
    /// Checks every field of which a value could do harm.
    public func check(_ bounds: inout BoundsCheck) {
        bounds.text(coordinator, "coordinator", bytes: RecordBounds.name)
        bounds.integer(atMs, "at_ms", in: RecordBounds.time)
        bounds.integer(liveWorkers, "live_workers", in: RecordBounds.count)
        bounds.real(imagesPerSecond, "images_per_second", in: RecordBounds.rate)
        bounds.size(ledger.count, "ledger", most: RecordBounds.entries)
        bounds.size(partitions.count, "partitions", most: RecordBounds.entries)
        bounds.size(openCutovers.count, "open_cutovers", most: RecordBounds.listed)
        bounds.each(openCutovers, "open_cutovers") { $0.text($1, "", bytes: RecordBounds.name) }
        bounds.each(ledger, "ledger") { bounds, entry in
            bounds.text(entry.worker, "worker", bytes: RecordBounds.name)
            bounds.integer(entry.images, "images", in: RecordBounds.count)
            bounds.integer(entry.shards, "shards", in: RecordBounds.count)
        }
        bounds.each(partitions, "partitions") { bounds, entry in
            bounds.integer(entry.partition, "partition", in: RecordBounds.partition)
            bounds.integer(entry.nextOffset, "next_offset", in: RecordBounds.offset)
            bounds.integer(entry.images, "images", in: RecordBounds.count)
            bounds.integer(entry.receiptsOffset, "receipts_offset", in: RecordBounds.offset)
            bounds.integer(entry.outside, "outside", in: RecordBounds.count)
            bounds.integer(entry.committedOffset, "committed_offset", in: RecordBounds.offset)
            bounds.integer(entry.beginOffset, "begin_offset", in: RecordBounds.offset)
            bounds.integer(entry.endOffset, "end_offset", in: RecordBounds.offset)
            bounds.size(entry.gaps?.count, "gaps", most: LedgerGap.countMax)
            bounds.each(entry.gaps, "gaps") { bounds, gap in
                bounds.integer(gap.offset, "offset", in: RecordBounds.offset)
                bounds.integer(gap.endOffset, "end_offset", in: RecordBounds.offset)
                bounds.integer(gap.imagesBefore, "images_before", in: RecordBounds.count)
                bounds.integer(gap.imagesAfter, "images_after", in: RecordBounds.count)
            }
        }
        bounds.integer(imagesCommitted, "images_committed", in: RecordBounds.count)
        bounds.integer(ledgerReset, "ledger_reset", in: RecordBounds.offset)
        bounds.size(alarms.count, "alarms", most: RecordBounds.alarms)
        bounds.each(alarms, "alarms") { $0.text($1, "", bytes: RecordBounds.text) }
        bounds.part(twin, "twin") { bounds, twin in
            bounds.real(twin.measuredImagesPerSecond, "measured_images_per_second", in: RecordBounds.rate)
            bounds.real(twin.modelledImagesPerSecond, "modelled_images_per_second", in: RecordBounds.rate)
            bounds.real(
                twin.modelledFrozenImagesPerSecond, "modelled_frozen_images_per_second", in: RecordBounds.rate
            )
            bounds.real(twin.modelledMicrojoules, "modelled_microjoules", in: RecordBounds.rate)
        }
    }
}

extension FleetStatus: BoundedRecord {
    /// Checks every field of which a value could do harm.
    public func check(_ bounds: inout BoundsCheck) {
        bounds.text(fleet, "fleet", bytes: RecordBounds.name)
        bounds.text(host, "host", bytes: RecordBounds.name)
        bounds.integer(pid, "pid", in: 1...Int64(Int32.max))
        bounds.integer(target, "target", in: RecordBounds.fleetWorkers)
        bounds.size(workers.count, "workers", most: RecordBounds.entries)
        bounds.each(workers, "workers") { $0.text($1, "", bytes: RecordBounds.name) }
        bounds.integer(restarts, "restarts", in: RecordBounds.count)
        bounds.integer(atMs, "at_ms", in: RecordBounds.time)
    }
}

extension BoundsCheck {
    fileprivate mutating func slot(_ slot: HeadSlot) {
        guard case .stream(let name) = slot else { return }
        text(name, "slot", bytes: RecordBounds.name)
    }

    fileprivate mutating func positions(_ positions: [PartitionOffset]?, _ field: String) {
        each(positions, field) { bounds, position in
            bounds.integer(position.partition, "partition", in: RecordBounds.partition)
            bounds.integer(position.offset, "offset", in: RecordBounds.offset)
        }
        unique(positions?.map(\.partition), field)
    }
}
