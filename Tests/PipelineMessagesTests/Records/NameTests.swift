import Artifacts
import PipelineMessages
import Testing
import TestSupport

@Suite struct NameTests {
    // MARK: Image addresses

    @Test(arguments: [
        ImageAddress(topic: "hashiflex.shards", partition: 0, offset: 0, index: 0),
        ImageAddress(topic: "a-b_c.d", partition: .max, offset: .max, index: 4_095),
    ])
    func anAddressParsesBack(address: ImageAddress) {
        #expect(ImageAddress(address.description) == address)
    }

    @Test func anAddressReadsAsPeopleWriteIt() {
        #expect(
            ImageAddress("t.shards/3@12#5")
                == ImageAddress(topic: "t.shards", partition: 3, offset: 12, index: 5)
        )
    }

    @Test(arguments: [
        "", "t", "t/1", "t/1@2", "/1@2#3", "t/@2#3", "t/1@#3", "t/1@2#", "t/-1@2#3", "t/1@-2#3", "t/1@2#-3",
        "t/2147483648@2#3", "t/1@9223372036854775808#3", "t#3/1@2", "t@2/1#3", "t/1 @2#3", "t/1@2#3 ",
        "t/0x1@2#3",
        "t/+1@2#3", "t/1@+2#3", "t/1@2#+3", "t/01@2#3", "t/1@2#03", "t/1@-0#3",
        "t/1@2#3#", "t/١@2#3", "t/1@2\u{301}#3",
    ])
    func anythingElseIsNoAddress(text: String) {
        #expect(ImageAddress(text) == nil)
    }

    @Test func addressesRoundTripOrAreRefusedWhateverTheText() {
        for seed in UInt64(0)..<2_000 {
            var random = SeededRandom(seed: seed)
            let text = "t/\(random.text(scalars: 2))@\(random.next() % 9)#\(random.text(scalars: 1))"
            guard let address = ImageAddress(text) else { continue }
            #expect(ImageAddress(address.description) == address, "seed \(seed)")
        }
    }

    // MARK: Labels and slots

    @Test(arguments: ["defects@v7", "a@b", "A.b_c-9@2024.11"])
    func aLabelParsesBack(text: String) {
        #expect(HeadLabel(text)?.description == text)
    }

    @Test(arguments: [
        "", "@", "a@", "@b", "a", "a@b@c", "a b@c", "a@b\n", "ä@b", "a/b@c", "a@\u{301}b", "a\u{0}@b",
        String(repeating: "a", count: 65) + "@b", "a@" + String(repeating: "b", count: 65),
    ])
    func anythingElseIsNoLabel(text: String) {
        #expect(HeadLabel(text) == nil)
    }

    @Test func aLabelOfTheLargestSizeIsAccepted() {
        let part = String(repeating: "z", count: 64)
        #expect(HeadLabel("\(part)@\(part)") != nil)
    }

    @Test(arguments: [
        HeadSlot.standard, .stream("cam"), .stream("default"), .stream("stream:x"), .stream("line 4/\"b\""),
        .stream("\u{301}accent first"), .stream("🛰️"),
    ])
    func aSlotParsesBack(slot: HeadSlot) throws {
        #expect(HeadSlot(slot.description) == slot)
        try roundTrip([slot])
    }

    @Test(arguments: ["", "Default", "default ", "stream:", "stream", "slot:x"])
    func anythingElseIsNoSlot(text: String) {
        #expect(HeadSlot(text) == nil)
    }

    // MARK: Control keys

    @Test(arguments: [
        ControlKey.headChunk(digest("h"), index: 0), .headChunk(digest("h"), index: 65_535),
        .headManifest(digest("h")), .cutover(request: "0123abcd"),
        .decision(request: "0123abcd", name: "89ef"), .fleet("edge"), .worker("edge-1"),
    ])
    func aControlKeyParsesBack(key: ControlKey) {
        #expect(ControlKey(key.bytes) == key)
        #expect(String(decoding: key.bytes, as: UTF8.self) == key.description)
    }

    @Test func hostileControlKeysAreRefused() {
        let hex = digest("h").hex
        for text in [
            "", "/", "head", "head/\(hex)", "head/\(hex)/", "head/\(hex)/chunk", "head/\(hex)/chunk/",
            "head/\(hex)/chunk/-1", "head/\(hex)/chunk/x", "head/\(hex)/chunk/1/2", "head/\(hex)/manifest/1",
            "head/\(hex.dropLast())/manifest", "head/\(hex.dropLast())g/manifest", "Head/\(hex)/manifest",
            "cutover", "cutover/a/b", "fleet/a/b", "worker/../x", "unknown/a",
            "head/\(hex)/chunk/99999999999999999999",
        ] {
            #expect(ControlKey(Array(text.utf8)) == nil, "\(text)")
        }
        #expect(ControlKey([0xFF, 0x2F, 0xFF]) == nil)
    }

    // MARK: Topics

    @Test(arguments: ["hashiflex", "a", "A.b_c-9", String(repeating: "x", count: 100)])
    func aLegalPrefixNamesEveryTopic(prefix: String) throws {
        let names = try #require(TopicNames(prefix: prefix))
        let topics = [
            names.shards, names.predictions, names.receipts, names.control, names.status, names.deadLetters,
        ]
        #expect(Set(topics).count == 6)
        for topic in topics {
            #expect(topic.hasPrefix(prefix + "."))
            #expect(topic.utf8.count <= 249, "Kafka's bound")
        }
        #expect(names.workerGroup != names.coordinatorGroup)
    }

    @Test(arguments: ["", "a b", "a/b", "ä", "a\n", "a:b", "a\u{0}", String(repeating: "x", count: 101)])
    func anIllegalPrefixIsRefused(prefix: String) {
        #expect(TopicNames(prefix: prefix) == nil)
    }

    @Test func theStandardPrefixIsLegal() {
        #expect(TopicNames(prefix: "hashiflex") == .standard)
    }

    @Test func thePlanKeepsControlInOneTotalOrderAndCompactsIt() throws {
        let plan = TopicPlan.all(.standard, partitions: 12, recordBytesMax: 2_000_000, retentionMs: 1_000)
        #expect(plan.count == 6)
        // The sender's clock must not decide how long a record lives.
        #expect(plan.allSatisfy { $0.settings["message.timestamp.type"] == "LogAppendTime" })
        #expect(plan.allSatisfy { $0.settings["min.insync.replicas"] == nil })
        let durable = TopicPlan.all(.standard, partitions: 12, minInsync: 2)
        #expect(durable.allSatisfy { $0.settings["min.insync.replicas"] == "2" })
        let control = try #require(plan.first { $0.name == "hashiflex.control" })
        #expect(control.partitions == 1)
        #expect(control.settings["cleanup.policy"] == "compact")
        for name in ["shards", "predictions", "receipts"] {
            let topic = try #require(plan.first { $0.name == "hashiflex.\(name)" })
            #expect(topic.partitions == 12, "\(name) correspond one to one")
            #expect(topic.settings["cleanup.policy"] == "delete")
            #expect(topic.settings["retention.ms"] == "1000")
            #expect(topic.settings["max.message.bytes"] == "2000000")
        }
    }
}
