import Artifacts
import Cutover
import PipelineMessages
import Testing

/// Records of backbones whose head is frozen: one backbone, one head, never a cut-over.
@Suite struct FrozenHeadAuditTests {
    private func prediction(
        _ offset: Int64, head: String, backbone: String = "frozen", cutover: Int64? = nil
    ) -> Prediction {
        var record = Prediction(
            address: ImageAddress(topic: "t", partition: 0, offset: offset, index: 0), id: "i", stream: "s",
            sequence: 0, capturedAtMs: nil, label: nil, backbone: digest(backbone),
            head: HeadStamp(frozen: digest(head), label: headLabel(head)), top: [], logitsDigest: nil,
            error: nil)
        record.cutover = cutover
        return record
    }

    private func findings(
        _ records: [Prediction], log: ActivationLog = ActivationLog(),
        declared: [ContentDigest: ContentDigest] = [:], open: Set<ContentDigest> = []
    ) -> StampAudit.Findings {
        var audit = StampAudit(activations: log, frozenHeads: declared, openBackbones: open)
        for record in records { audit.take(record, bytes: record.json) }
        return audit.findings
    }

    /// A log that puts head `b` in force everywhere.
    private var log: ActivationLog {
        var log = ActivationLog()
        log.apply(request("b").with(.committed, number: 1, offsets: [0: 0]), at: 1)
        return log
    }

    @Test func cutOversDoNotConcernThem() {
        let records = [prediction(5, head: "a"), prediction(6, head: "a")]
        for log in [ActivationLog(), log] {
            let found = findings(records, log: log)
            #expect(found.frozen == 2 && found.images == 2 && found.wrongHeads == 0, "\(found.examples)")
        }
    }

    @Test func twoHeadsOfOneBackboneAreFound() {
        let found = findings([prediction(5, head: "a"), prediction(6, head: "b")])
        #expect(found.wrongHeads == 1)
        #expect(found.examples.first?.hasPrefix("t/0@6#0: stamped head@b, but backbone") == true)
        #expect(
            findings([prediction(5, head: "a"), prediction(6, head: "b", backbone: "x")]).wrongHeads == 0)
    }

    @Test func anotherHeadThanTheDeclaredOneIsFound() {
        let declared = [digest("frozen"): digest("a")]
        #expect(findings([prediction(5, head: "a")], declared: declared).wrongHeads == 0)
        #expect(findings([prediction(5, head: "b")], declared: declared).wrongHeads == 1)
    }

    @Test func aCutOverOnAFrozenBackboneIsFoundEvenWithTheRightHead() {
        let stamped = prediction(5, head: "a", cutover: 1)
        #expect(findings([stamped], declared: [digest("frozen"): digest("a")]).wrongHeads == 1)
    }

    /// Whichever is read first: the side that the log knows of is right.
    @Test func aForgedFrozenRecordCondemnsNoneOfAnOpenBackbone() {
        let honest = (5..<8).map { prediction($0, head: "b", backbone: "open", cutover: 1) }
        let forged = (1..<3).map { prediction($0, head: "z", backbone: "open") }
        for records in [forged + honest, honest + forged] {
            let found = findings(records, log: log)
            #expect(found.wrongHeads == 2 && found.images == 5, "\(found.examples)")
        }
        // As heartbeats say: known before any record is read.
        #expect(findings(forged, log: log, open: [digest("open")]).wrongHeads == 2)
        let undeclared = findings(forged, log: log)
        #expect(undeclared.wrongHeads == 0 && undeclared.undeclaredFrozen == 2)
        let declared = findings(forged, declared: [digest("open"): digest("z")], open: [digest("open")])
        #expect(declared.wrongHeads == 0 && declared.undeclaredFrozen == 0)
    }

    @Test func aRecordWithoutItsCutOverIsNoFrozenOne() {
        let open = prediction(5, head: "b", backbone: "open", cutover: 1)
        let found = findings([open, prediction(6, head: "b", backbone: "open")], log: log)
        #expect(found.wrongHeads == 1, "\(found.examples)")
        #expect(found.examples.first?.contains("names no cut-over") == true)
    }
}
