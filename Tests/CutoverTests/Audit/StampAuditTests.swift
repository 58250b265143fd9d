import Cutover
import PipelineMessages
import Testing

@Suite struct StampAuditTests {
    private var log: ActivationLog {
        var log = ActivationLog()
        log.apply(request("a").with(.committed, number: 1, offsets: [0: 10]), at: 2)
        log.apply(request("b").with(.committed, number: 3, offsets: [0: 20]), at: 4)
        return log
    }

    private func prediction(
        offset: Int64,
        index: Int = 0,
        head: String?,
        number: Int64 = 1,
        id: String = "i",
        error: String? = nil
    ) -> Prediction {
        Prediction(
            address: ImageAddress(topic: "t", partition: 0, offset: offset, index: index),
            id: id,
            stream: "s",
            sequence: 0,
            capturedAtMs: nil,
            label: nil,
            backbone: digest("backbone"),
            head: head.map {
                HeadStamp(
                    HeadInForce(
                        slot: .standard,
                        head: digest($0),
                        label: headLabel($0),
                        number: number,
                        marker: 0
                    )
                )
            },
            top: [],
            logitsDigest: nil,
            error: error
        )
    }

    private func findings(_ predictions: [Prediction]) -> StampAudit.Findings {
        var audit = StampAudit(activations: log)
        for prediction in predictions { audit.take(prediction, bytes: prediction.json) }
        return audit.findings
    }

    @Test func rightStampsPass() {
        let found = findings([
            prediction(offset: 5, head: "a"), prediction(offset: 11, head: "a"),
            prediction(offset: 11, index: 1, head: "a"), prediction(offset: 21, head: "b", number: 3),
        ])
        #expect(found.images == 4)
        #expect(found.wrongHeads == 0 && found.differingDuplicates == 0 && found.examples == [])
    }

    @Test func aWrongHeadIsFound() {
        let found = findings([
            prediction(offset: 21, head: "a"), prediction(offset: 11, head: "b", number: 3),
        ])
        #expect(found.wrongHeads == 2)
        #expect(found.examples.first == "t/0@21#0: stamped head@a, the markers say head@b")
    }

    @Test func theRightHeadOfTheWrongCutOverIsFound() {
        #expect(findings([prediction(offset: 21, head: "b", number: 1)]).wrongHeads == 1)
    }

    @Test func aPredictionWithoutAHeadIsFound() {
        let found = findings([prediction(offset: 11, head: nil)])
        #expect(found.wrongHeads == 1)
        #expect(found.examples == ["t/0@11#0: stamped no head, the markers say head@a"])
    }

    @Test func aHeadWhereTheMarkersGiveNoneIsFound() {
        var audit = StampAudit(activations: ActivationLog())
        let stray = prediction(offset: 11, head: "a")
        audit.take(stray, bytes: stray.json)
        #expect(audit.findings.wrongHeads == 1)
    }

    /// Workers go by a marker as soon as it is announced; where it lies is told when it is committed.
    @Test func whatAnUncommittedCutOverGaveIsUndecided() {
        var log = log
        log.apply(request("c").with(.committing, number: 5, scanFrom: [0: 25]), at: 6)
        var found: [StampAudit.Findings] = []
        for (offset, head, number) in [(30, "c", 5), (24, "c", 5), (30, "c", 4), (30, "b", 3)]
            as [(Int64, String, Int64)]
        {
            var audit = StampAudit(activations: log)
            let record = prediction(offset: offset, head: head, number: number)
            audit.take(record, bytes: record.json)
            found.append(audit.findings)
        }
        #expect(found.map(\.undecided) == [1, 0, 0, 0])
        #expect(found.map(\.wrongHeads) == [0, 1, 1, 0])
        #expect(JSONRecord.text(found[0]).contains(#""undecided":1"#))
    }

    /// The images of a shard are judged alike, and those of the next by themselves.
    @Test func shardsAreJudgedOneByOne() {
        let found = findings([
            prediction(offset: 19, head: "a"), prediction(offset: 19, index: 1, head: "a"),
            prediction(offset: 21, head: "a"), prediction(offset: 19, index: 2, head: "a"),
        ])
        #expect(found.wrongHeads == 1 && found.images == 4)
    }

    @Test func anErrorNeedsNoHead() {
        let found = findings([prediction(offset: 11, head: nil, error: "cannot read")])
        #expect(found.errors == 1 && found.images == 1 && found.wrongHeads == 0)
    }

    @Test func anIdenticalDuplicateIsCountedAndFine() {
        let one = prediction(offset: 11, head: "a")
        var audit = StampAudit(activations: log)
        #expect(audit.take(one, bytes: one.json) == true)
        #expect(audit.take(one, bytes: one.json) == false)
        #expect(audit.findings.identicalDuplicates == 1)
        #expect(audit.findings.images == 1 && audit.findings.differingDuplicates == 0)
    }

    @Test func aDifferingDuplicateIsFound() {
        let found = findings([
            prediction(offset: 11, head: "a"), prediction(offset: 11, head: "a", id: "other"),
        ])
        #expect(found.differingDuplicates == 1)
        #expect(found.examples == ["t/0@11#0: delivered twice with different bytes"])
    }

    @Test func aLogReadLaterJudgesWhatComesLater() {
        var audit = StampAudit(activations: ActivationLog())
        audit.update(log)
        let good = prediction(offset: 11, head: "a")
        audit.take(good, bytes: good.json)
        #expect(audit.findings.wrongHeads == 0)
    }

    @Test func examplesAreBounded() {
        let found = findings((0..<30).map { prediction(offset: 30, index: $0, head: "a") })
        #expect(found.wrongHeads == 30)
        #expect(found.examples.count == 10)
    }

    @Test func theFindingsSayWhyAnAuditFails() {
        let clean = StampAudit(activations: ActivationLog()).findings
        #expect(clean.isSound)
        let faults: [(WritableKeyPath<StampAudit.Findings, Int?>, String)] = [
            (\.imagesWanted, #""images_wanted":3"#), (\.unknownPlaces, #""unknown_places":3"#),
            (\.unscoredShards, #""unscored_shards":3"#),
        ]
        for (path, text) in faults {
            var found = clean
            found[keyPath: path] = 3
            #expect(!found.isSound && JSONRecord.text(found).contains(text), "\(JSONRecord.text(found))")
        }
        var found = clean
        found.unreadable = 1
        #expect(!found.isSound && JSONRecord.text(found).contains(#""unreadable":1"#))
        found = clean
        (found.images, found.imagesWanted) = (3, 3)
        #expect(found.isSound)
    }
}
