import AllocationCounter
import HardenedBackbone
import TestSupport
import Testing

/// The promise behind flat memory and steady time: an image costs no allocation.
@Suite(.enabled(if: hsf_allocations_of_this_thread() >= 0, "allocations are counted with glibc only"))
struct AllocationTests {
    @Test func theCounterSeesWhatTheRuntimeAllocates() {
        let before = hsf_allocations_of_this_thread()
        let bytes = [UInt8](repeating: 1, count: Int.random(in: 1_000...2_000))
        #expect(hsf_allocations_of_this_thread() > before, "\(bytes.count) bytes came from nowhere")
    }

    @Test(arguments: ISATier.supported, [1, 3])
    func anImageAllocatesNothing(_ tier: ISATier, _ channels: Int) throws {
        var generator = SeededRandom(seed: 5)
        let artifact = try RandomBackbone.make(widthPercent: 35, inputSize: 96, seed: 5, poolShift: 3)
        let image = generator.extremeBytes(count: 96 * 96 * channels)
        var features = [UInt8](repeating: 0, count: artifact.network.featureCount)
        let replica = BackboneReplica(try BackbonePlan(artifact, tier: tier))
        var allocations: [Int64] = []
        allocations.reserveCapacity(4)
        features.withUnsafeMutableBufferPointer { features in
            image.withUnsafeBufferPointer { image in
                // The first image may set something up; none after it.
                for _ in 0..<4 {
                    replica.extractFeatures(image: image, into: features)
                    allocations.append(hsf_allocations_of_this_thread())
                }
            }
        }
        #expect(Set(allocations).count == 1, "\(tier), \(channels) channels: \(allocations)")
    }
}
