import Artifacts
import Cutover
import PipelineMessages

func digest(_ name: String) -> ContentDigest { ContentDigest(of: Array(name.utf8)) }

/// The label `head@NAME`; names of the tests are legal.
func headLabel(_ name: String) -> HeadLabel {
    guard let label = HeadLabel(name: "head", version: name) else {
        preconditionFailure("test head names are legal, got \(name)")
    }
    return label
}

/// A cut-over whose request, head and label all bear `name`.
func request(
    _ name: String,
    slot: HeadSlot = .standard,
    partitions: [Int32]? = nil,
    quorum: Int? = nil,
    deadlineMs: Int64 = 1_000
) -> CutoverRecord {
    CutoverRecord(
        request: name,
        slot: slot,
        head: digest(name),
        label: headLabel(name),
        partitions: partitions,
        quorum: quorum,
        deadlineMs: deadlineMs,
        requestedAtMs: 0
    )
}

extension CutoverRecord {
    /// The same cut-over in another state.
    func with(
        _ state: State,
        number: Int64? = nil,
        offsets: [Int32: Int64]? = nil,
        scanFrom: [Int32: Int64]? = nil
    ) -> CutoverRecord {
        var record = self
        record.state = state
        if let number { record.number = number }
        if let offsets { record.offsets = list(offsets) }
        if let scanFrom { record.scanFrom = list(scanFrom) }
        return record
    }

    private func list(_ offsets: [Int32: Int64]) -> [PartitionOffset] {
        offsets.sorted { $0.key < $1.key }.map { PartitionOffset(partition: $0.key, offset: $0.value) }
    }

    /// Its marker.
    var marker: CutoverMarker {
        CutoverMarker(number: number ?? 0, request: request, slot: slot, head: head, label: label)
    }
}

func marker(_ name: String, _ number: Int64, _ slot: HeadSlot = .standard) -> CutoverMarker {
    CutoverMarker(number: number, request: name, slot: slot, head: digest(name), label: headLabel(name))
}

func manifest(_ name: String, file: [UInt8] = [1], bytes: Int? = nil, chunks: Int = 1) -> HeadManifest {
    HeadManifest(
        head: digest(name),
        label: headLabel(name),
        backbone: digest("backbone"),
        file: ContentDigest(of: file),
        bytes: bytes ?? file.count,
        chunks: chunks,
        classes: 2,
        publishedAtMs: 0
    )
}

/// A time of day for stamps, far away from the steady times of these tests: neither can stand for the other.
let wallMs: Int64 = 1_700_000_000_000

/// A heartbeat; `ready` and `refused` are names of heads.
func heartbeat(
    _ worker: String,
    incarnation: String = "1",
    startedAtMs: Int64 = 0,
    state: WorkerStatus.State = .running,
    ready: [String] = [],
    refused: [String: String] = [:]
) -> WorkerStatus {
    var status = WorkerStatus(
        worker: worker,
        incarnation: incarnation,
        host: "h",
        pid: 1,
        startedAtMs: startedAtMs,
        backbone: digest("backbone"),
        isa: "scalar",
        replicas: 1
    )
    status.state = state
    status.headsReady = ready.map(digest)
    status.refusals = refused.map { WorkerStatus.Refusal(head: digest($0.key), reason: $0.value) }
    return status
}
