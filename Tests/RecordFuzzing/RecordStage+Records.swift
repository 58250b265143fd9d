internal import Artifacts
internal import ClassifierHead
internal import ControlPlane
internal import Cutover
internal import FleetMachines
internal import PipelineMessages

/// From bytes to whoever takes them, as in the services.
extension RecordStage {
    /// Takes one record.
    package mutating func take(_ frame: RecordFrame) {
        nowMs += 10
        let bytes = frame.bytes
        switch frame.kind {
        case .shard: takeShard(bytes)
        case .shardParts:
            let length = bytes.prefix(2).reversed().reduce(0) { $0 << 8 | Int($1) }
            let rest = bytes.dropFirst(2)
            takeShard(
                ShardCodec.frame(header: Array(rest.prefix(length)), body: Array(rest.dropFirst(length))))
        case .marker:
            let kind = Array(ShardTopicKind.marker.rawValue.utf8)
            deliver(ShardTopicRecord(key: [], kind: kind, value: { bytes }), nil, to: partition)
        case .prediction: takePrediction(bytes)
        case .receipt: takeReceipt(bytes)
        case .deadLetter: read(DeadLetter.self, bytes) { stage, letter in stage.show(letter.reason) }
        case .workerStatus: takeHeartbeat("worker/w", bytes)
        case .coordinatorStatus: takeHeartbeat("coordinator", bytes)
        case .fleetStatus: takeHeartbeat("fleet/f", bytes)
        case .cutover:
            let record = try? JSONRecord.decode(CutoverRecord.self, from: bytes)
            takeControl(.decision(request: record?.request ?? "r", name: "n"), bytes)
        case .manifest:
            let manifest = try? JSONRecord.decode(HeadManifest.self, from: bytes)
            takeControl(.headManifest(manifest?.head ?? RecordSeeds.backbone), bytes)
        case .chunk:
            let index = Int(bytes.first ?? 0)
            takeControl(.headChunk(RecordSeeds.head, index: index), Array(bytes.dropFirst()))
        case .command: takeControl(.worker("w"), bytes)
        case .progress: takeProgress(bytes)
        case .key: takeKey(bytes)
        case .head: publish(bytes)
        case .tick: pass(Int64(bytes.first ?? 1) * 50)
        case .caughtUp:
            tell(worker: .controlRead(below: controlOffset))
            tell(coordinator: .controlRead(below: controlOffset))
            tell(coordinator: .controlCaughtUp)
            tell(coordinator: .statusCaughtUp)
        case .change: change(lost: bytes.first ?? 0 > 127)
        case .move:
            let move = try? JSONRecord.decode(PositionMove.self, from: bytes)
            takeControl(.move(partition: move?.partition ?? 0, name: "n"), bytes)
        case .checkpoint:
            let checkpoint = try? JSONRecord.decode(PositionCheckpoint.self, from: bytes)
            takeControl(.checkpoint(partition: checkpoint?.partition ?? 0), bytes)
        case .ledgerReset: takeControl(.ledgerReset(name: "n"), bytes)
        }
    }

    /// Where records go that do not say.
    private var partition: Int32 { Int32(shardOffset % Int64(Self.partitions.count)) }

    private mutating func read<Record: Decodable>(
        _ type: Record.Type, _ bytes: [UInt8], _ body: (inout RecordStage, Record) -> Void
    ) {
        do throws(RecordError) {
            body(&self, try JSONRecord.decode(type, from: bytes))
        } catch {
            show("\(error)")
        }
    }

    private mutating func takeShard(_ record: [UInt8]) {
        var decoded: ImageShard?
        do throws(ShardDecodingError) {
            let shard = try ShardCodec.decode(record)
            if try ShardCodec.decode(ShardCodec.encode(shard)) != shard {
                complain("a shard is read back as another")
            }
            decoded = shard
        } catch {
            show("\(error.code): \(error)")
        }
        let key = Array((decoded?.stream ?? "cam").utf8)
        deliver(
            ShardTopicRecord(key: key, kind: nil, value: { record }), decoded?.images.count, to: partition)
    }

    private mutating func takePrediction(_ bytes: [UInt8]) {
        do throws(RecordError) {
            let prediction = try Prediction(json: bytes)
            if try Prediction(json: prediction.json) != prediction {
                complain("a prediction is read back as another")
            }
            audit.update(log)
            audit.take(prediction, bytes: bytes)
            show("\(prediction.address) \(prediction.isCorrect ?? false) \(prediction.top)")
            for example in audit.findings.examples { show(example) }
        } catch {
            show("\(error)")
        }
    }

    private mutating func takeReceipt(_ bytes: [UInt8]) {
        do throws(RecordError) {
            let receipt = try JSONRecord.decode(Receipt.self, from: bytes)
            if try JSONRecord.decode(Receipt.self, from: receipt.json) != receipt {
                complain("a receipt is read back as another")
            }
            ledger.apply(receipt, receiptsOffset: shardOffset)
            ledger.checkSums()
            for alarm in ledger.alarms { show(alarm) }
            // As the service: only in its own partition.
            guard Self.partitions.contains(receipt.partition) else { return }
            tell(coordinator: .receipt(receipt, offset: shardOffset))
            shardOffset += 1
        } catch {
            show("\(error)")
        }
    }

    private mutating func takeHeartbeat(_ key: String, _ bytes: [UInt8]) {
        guard let event = StatusTail.event(key: Array(key.utf8), value: bytes) else { return }
        show(event)
        switch event {
        case .worker(let status): tell(coordinator: .worker(status), remember: true)
        case .coordinator(let status):
            ledger = ThroughputLedger(restoring: status)
            tell(coordinator: .coordinator(status), remember: true)
        case .fleet, .caughtUp, .error: break
        }
    }

    private mutating func takeControl(_ key: ControlKey, _ bytes: [UInt8]) {
        for event in control.decode(key: key.bytes, value: bytes, offset: controlOffset) {
            switch event {
            case .head(let manifest, .success(let file)): took(manifest, file)
            case .head(let manifest, .failure(let failure)):
                tell(worker: .headRefused(manifest.head, "\(failure)"))
                tell(coordinator: .unusable(manifest, "\(failure)"), remember: true)
            case .cutover(let record, _): learn(record)
            case .command(let key, let command): show("\(key): \(command)")
            case .unreadable(let key, let problem): show("\(key): \(problem)")
            case .move(let move, _, let offset):
                learn(move, at: offset)
            case .checkpoint(let checkpoint, let offset):
                learn(checkpoint, at: offset)
            case .ledgerReset(let reset, let offset):
                show("\(reset.by): \(reset.reason)")
                tell(coordinator: .ledgerReset(reset, offset: offset), remember: true)
            case .read, .caughtUp, .error: break
            }
        }
        controlOffset += 1
    }

    private mutating func took(_ manifest: HeadManifest, _ file: [UInt8]) {
        do throws(HeadError) {
            let head = try ClassifierHead(decoding: file)
            tell(worker: .headReady(manifest.head, bytes: head.weights.count))
        } catch {
            tell(worker: .headRefused(manifest.head, "\(error)"))
            show("\(error)")
        }
        log.apply(manifest)
        tell(worker: .published(manifest))
        tell(coordinator: .published(manifest), remember: true)
    }

    /// Publishes a head's file in two chunks, the manifest between them.
    private mutating func publish(_ file: [UInt8]) {
        let half = file.count / 2
        let manifest = HeadManifest(
            head: RecordSeeds.head, label: RecordSeeds.label, backbone: RecordSeeds.backbone,
            file: ContentDigest(of: file), bytes: file.count, chunks: 2, classes: 2, publishedAtMs: 1)
        takeControl(.headChunk(manifest.head, index: 0), Array(file[..<half]))
        takeControl(.headManifest(manifest.head), JSONRecord.encode(manifest))
        takeControl(.headChunk(manifest.head, index: 1), Array(file[half...]))
    }

    private mutating func takeProgress(_ bytes: [UInt8]) {
        let text = String(decoding: bytes.prefix(PartitionProgress.textBytesMax), as: UTF8.self)
        saved = SavedPosition(offset: shardOffset, metadata: text)
        if let progress = try? PartitionProgress(text: text) {
            ledger.check(partition: 0, committed: shardOffset, progress: progress)
            for head in progress.heads { show("\(head.label) \(head.slot)") }
        }
        tell(worker: .assigned(Self.partitions))
    }

    private mutating func takeKey(_ bytes: [UInt8]) {
        if let key = ControlKey(bytes) {
            if key.bytes != bytes { complain("a key is written as another") }
            show("\(key)")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        if let address = ImageAddress(text), address.description != text {
            complain("an address is written as another")
        }
        if let slot = HeadSlot(text), HeadSlot(slot.description) != slot {
            complain("a slot is written as another")
        }
        if let label = HeadLabel(text), label.description != text {
            complain("a label is written as another")
        }
        show(text)
    }

    private mutating func pass(_ milliseconds: Int64) {
        nowMs += milliseconds
        tell(worker: .tick)
        tell(coordinator: .tick)
        let wallMs = moment.wallMs
        let step = watch?.next(log, now: nowMs, wallMs: wallMs)
        guard case .giveUp(let decision) = step, readable(decision) else { return }
        learn(decision)
    }

    private mutating func change(lost: Bool) {
        tell(worker: .revoked(lost: lost))
        tell(worker: .tick)
        tell(worker: .assigned(Self.partitions))
        tell(coordinator: .leads(false))
        tell(coordinator: .leads(true))
        for event in history { tell(coordinator: event) }
    }
}
