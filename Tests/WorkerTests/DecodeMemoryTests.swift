import Foundation
import ImageDecoding
import PipelineMessages
import Synchronization
import TestSupport
import Testing
import Threads
import Worker

/// What pictures may take of a worker's memory, over all replicas.
@Suite struct DecodeMemoryTests {
    private static let picture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../shared/data/inputs/progressive-64mpx.jpg").standardizedFileURL

    private func preparation() throws -> TensorPreparation {
        try TensorPreparation(.builtIn, size: 32)
    }

    /// Smooth pictures of `side` pixels, each its own: in several scans, in one, and with rows that come in passes.
    private func pictures(side: Int) throws -> [[UInt8]] {
        try (0..<4).map { index in
            let pixels = SmallBackbone.photograph(index, bytes: side * side * 3)
            let image = RGBImage(width: side, height: side, bytes: pixels)
            return try ImageEncoder.jpeg(image, options: .init(quality: 50, progressive: index != 3))
        }
    }

    /// The tensor that each thread made of each file, decoding within `memory`.
    private func tensors(_ files: [[UInt8]], replicas: Int, _ memory: ByteBudget) throws -> [[[UInt8]?]] {
        let preparation = try preparation()
        let all = Results(of: replicas)
        let threads = (0..<replicas).map { replica in
            PlatformThread("replica-\(replica)") {
                var preparer = TensorPreparer(preparation, memory: memory)
                for file in files {
                    var made: [UInt8]?
                    try? preparer.withTensor(of: file) { made = Array($0) }
                    all.append(made, of: replica)
                }
            }
        }
        for thread in threads { thread.join() }
        return all.values
    }

    private final class Results: Sendable {
        private let lists: Mutex<[[[UInt8]?]]>
        init(of count: Int) { lists = Mutex(Array(repeating: [], count: count)) }
        func append(_ tensor: [UInt8]?, of replica: Int) { lists.withLock { $0[replica].append(tensor) } }
        var values: [[[UInt8]?]] { lists.withLock { $0 } }
    }

    @Test func replicasTogetherStayWithinTheBudgetAndGiveTheSameTensors() throws {
        let side = 640
        let files = try pictures(side: side)
        let alone = try files.map { try preparation().tensor(try preparation().decode($0)) }
        let expected: [[UInt8]?] = alone + alone.reversed()
        let one = side * side * 9
        // Room for two at once, for one, and for none: that is then decoded alone.
        for (budget, uncounted) in [(2 * one + one / 2, 0), (one + one / 2, 0), (one / 3, 0), (one, 4 * one)]
        {
            let memory = ByteBudget(bytes: budget, uncounted: uncounted)
            let made = try tensors(files + files.reversed(), replicas: 4, memory)
            #expect(made.allSatisfy { $0 == expected })
            #expect(memory.highest <= budget)
            #expect(uncounted == 0 ? memory.highest > 0 : memory.highest == 0)
            #expect(memory.acquire(budget) >= budget - uncounted, "a share was not given back")
        }
    }

    @Test func aPictureThatCanNotBeReadGivesItsShareBack() throws {
        var files = try pictures(side: 640)
        for index in files.indices { files[index].removeLast(files[index].count / 3) }
        let memory = ByteBudget(bytes: 1 << 20)
        let made = try tensors(files, replicas: 3, memory)
        #expect(made.allSatisfy { $0.allSatisfy { $0 == nil } })
        #expect(memory.highest == 1 << 20)
        #expect(memory.acquire(1 << 20) == 1 << 20)
    }

    @Test(
        .enabled(
            if: FileManager.default.fileExists(atPath: picture.path),
            "the inputs of ../shared/data are not beside this checkout"))
    func theLargestProgressivePicturesAreDecodedOneAtATime() throws {
        let file = Array(try Data(contentsOf: Self.picture))
        let memory = ByteBudget(bytes: WorkerOptions.decodeBytes(replicas: 2), uncounted: 4 << 20)
        let made = try tensors([file], replicas: 2, memory)
        #expect(made[0] == made[1] && made[0].count == 1 && made[0][0] != nil)
        #expect(memory.highest == 256 << 20)
    }

    @Test func largeTensorsThatAreCompressedAreCounted() throws {
        let images = (0..<8).map { ShardImage(id: "\($0)") }
        let bytes = [UInt8](repeating: 7, count: 8 * 96 * 96 * 3)
        let shard = ImageShard(
            stream: "a", sequence: 0, createdAtMs: 0, images: images,
            content: .tensors(height: 96, width: 96, channels: 3, bytes: bytes), preprocessing: "")
        let packed = ShardCodec.encode(shard)
        #expect(packed.count < bytes.count / 100)
        let (inflated, unpacked) = try packed.withUnsafeBytes {
            let opened = try ShardCodec.open($0)
            return (opened.inflatedBytes, try opened.unpack())
        }
        #expect(inflated == bytes.count && unpacked == shard)
        let plain = ShardCodec.encode(shard, compression: .none)
        #expect(try plain.withUnsafeBytes { try ShardCodec.open($0).inflatedBytes } == 0)
    }

    @Test func whoComesFirstIsServedFirst() {
        let memory = ByteBudget(bytes: 10)
        let order = Mutex<[Int]>([])
        let held = memory.acquire(6)
        // The large one waits; the small one behind it, for which there is room, does not overtake it.
        let large = PlatformThread("large") {
            let share = memory.acquire(9)
            order.withLock { $0.append(9) }
            memory.release(share)
        }
        while memory.waiting < 1 { usleep(100) }
        let small = PlatformThread("small") {
            let share = memory.acquire(2)
            order.withLock { $0.append(2) }
            memory.release(share)
        }
        while memory.waiting < 2 { usleep(100) }
        #expect(order.withLock { $0 }.isEmpty)
        memory.release(held)
        large.join()
        small.join()
        #expect(order.withLock { $0.sorted() } == [2, 9] && memory.highest <= 10)
    }
}
