import CMalloc
import COnnx
import FloatNetwork
import NetworkExchange
import Testing
import TestSupport

/// Small files that ask for much memory or much work: refused, within the account that every block is charged
/// to.
@Suite struct HostileModelTests {
    /// A file, as fields behind the format version.
    struct Hostile: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]

        init(_ name: String, _ fields: (inout ProtoWriter) -> Void) {
            testDescription = name
            var model = ProtoWriter()
            model.varint(1, 8)
            fields(&model)
            bytes = model.bytes
        }
    }

    private static let tenMillion = 10_000_000

    private static func message(_ field: UInt64, _ content: [UInt8]) -> [UInt8] {
        var writer = ProtoWriter()
        writer.data(field, content)
        return writer.bytes
    }

    /// `count` times the two bytes of an empty field.
    private static func empty(_ field: UInt8, _ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 2 * count) { buffer, used in
            for index in 0..<count { (buffer[2 * index], buffer[2 * index + 1]) = (field << 3 | 2, 0) }
            used = 2 * count
        }
    }

    /// Files that need many times their size.
    static let greedy: [Hostile] = [
        Hostile("nodes") { $0.data(7, empty(1, tenMillion)) },
        Hostile("attributes") { $0.data(7, message(1, empty(5, tenMillion))) },
        Hostile("names") { $0.data(7, message(1, empty(1, tenMillion))) },
        Hostile("tensors") { $0.data(7, empty(5, tenMillion)) },
        Hostile("unknown fields") { $0.data(7, empty(13, tenMillion)) },
        Hostile("dimensions one by one") { tensor in
            tensor.data(7, message(5, [UInt8](repeating: 8, count: 2 * tenMillion)))
        },
        // Each part's nodes join those of all earlier parts; the padding earns the budget for it.
        Hostile("parts of a graph") { model in
            model.data(7, message(5, message(9, [UInt8](repeating: 0, count: 8_000_000))))
            for _ in 0..<40_000 { model.data(7, empty(1, 1)) }
        },
    ]

    @Test(arguments: greedy)
    func filesThatNeedManyTimesTheirSizeAreRefused(file: Hostile) {
        guard case .malformedModel(let reason)? = importError(file.bytes) else {
            Issue.record("not refused")
            return
        }
        #expect(reason.contains("more than") && reason.hasSuffix("a file of \(file.bytes.count) bytes"))
        let account = unpack(file.bytes)
        #expect(account.status == HSF_ONNX_MEMORY)
        #expect(account.charged <= account.budget)
        #expect(account.charged + account.refused > account.budget)
    }

    @Test func aLengthThatLiesTakesNoMemory() {
        for length in [100, 2_000_000_000, UInt64(Int32.max), UInt64(UInt32.max)] {
            var lie = ProtoWriter()
            lie.varint(1, 8)
            // The tag of `graph`, then a length without what it promises.
            lie.varint(7, length)
            var bytes = lie.bytes + [UInt8](repeating: 1, count: 90)
            bytes[2] |= 2
            #expect(importError(bytes) == .malformedModel(reason: "the file is damaged or cut short"))
            let account = unpack(bytes)
            #expect(account.status == HSF_ONNX_DAMAGED)
            #expect(account.charged == hsf_onnx_block_cost(MemoryLayout<Onnx__ModelProto>.size))
        }
    }

    @Test func groupsInGroupsAreRefused() {
        let groups = Hostile("groups") { $0.data(7, [UInt8](repeating: 0x7B, count: 1_000_000)) }
        #expect(importError(groups.bytes) == .malformedModel(reason: "the file is damaged or cut short"))
        let bare = [8, 8] + [UInt8](repeating: 0x3B, count: 1_000_000)
        #expect(importError(bare) == .malformedModel(reason: "the file is damaged or cut short"))
    }

    /// Within the budget, thanks to padding, but more than a network has.
    @Test(arguments: [(1_000_000, 0), (0, 1_000_000), (200_000, 200_000)])
    func tooManyItemsAreRefused(nodes: Int, tensors: Int) {
        let padding = Self.message(5, Self.message(9, [UInt8](repeating: 0, count: 40_000_000)))
        let file = Hostile("padded") { model in
            model.data(7, Self.empty(1, nodes) + Self.empty(5, tensors) + padding)
        }
        let expected = "it has more than 262144 nodes, tensors, names and the like"
        #expect(importError(file.bytes) == .malformedModel(reason: expected))
        #expect(unpack(file.bytes).status == HSF_ONNX_OK)
    }

    @Test func everyBlockIsChargedAndNoneIsCredited() {
        func charged(_ bytes: [UInt8], _ blocks: [Int]) {
            let account = unpack(bytes)
            #expect(account.status == HSF_ONNX_OK)
            #expect(account.charged == blocks.reduce(0) { $0 + hsf_onnx_block_cost($1) })
        }
        let (model, graph) = (MemoryLayout<Onnx__ModelProto>.size, MemoryLayout<Onnx__GraphProto>.size)
        let (node, pointer) = (MemoryLayout<Onnx__NodeProto>.size, MemoryLayout<Int>.size)
        charged([], [model])
        charged(Hostile("") { $0.data(7, []) }.bytes, [model, graph])
        charged(Hostile("") { $0.data(7, Self.empty(1, 2)) }.bytes, [model, graph, node, node, 2 * pointer])
        // The second name replaces the first, the second graph joins the first.
        let names = Self.message(2, [65]) + Self.message(2, [66, 67])
        charged(Hostile("") { $0.data(7, names) }.bytes, [model, graph, 1, 2])
        let parts = Hostile("") { model in for _ in 0..<2 { model.data(7, Self.empty(1, 1)) } }
        charged(parts.bytes, [model] + [graph, node, pointer] + [graph, node, pointer] + [2 * pointer])
    }

    @Test func aBlockCostsWhatTheHeapTakesForIt() {
        let sizes = Array(0...2_000) + (10...27).flatMap { [(1 << $0) - 1, 1 << $0, (1 << $0) + 1] }
        for size in sizes {
            let block = malloc(size)
            // Before what can be used there is a header, in mapped blocks of twice the size.
            let taken = malloc_usable_size(block) + (size < 128 << 10 ? 8 : 16)
            #expect(taken <= hsf_onnx_block_cost(size), "\(size) bytes")
            free(block)
        }
    }

    @Test func theBudgetFollowsTheFile() {
        #expect(hsf_onnx_budget(0) == 1 << 20)
        #expect(hsf_onnx_budget(1000) == 1 << 20 + 8000)
        for count in [NetworkImporter.maximumFileByteCount, (1 << 30) / 8 - 1, .max] {
            #expect(hsf_onnx_budget(count) == 1 << 30)
        }
    }

    @Test(arguments: ["torchvision_folded", "torchvision_separate", "timm_dynamo"])
    func realExportsNeedLittleMoreThanTheirSize(name: String) throws {
        let bytes = try Fixture.bytes("\(name).onnx")
        let account = unpack(bytes)
        #expect(account.status == HSF_ONNX_OK)
        #expect((bytes.count..<bytes.count + 400_000).contains(account.charged))
    }

    /// The account of unpacking `bytes` within their budget.
    private func unpack(_ bytes: [UInt8]) -> hsf_onnx_account {
        var account = hsf_onnx_account()
        account.budget = hsf_onnx_budget(bytes.count)
        bytes.withUnsafeBufferPointer { hsf_onnx_free(hsf_onnx_unpack($0.baseAddress, $0.count, &account)) }
        return account
    }
}
