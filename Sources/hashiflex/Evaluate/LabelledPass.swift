import ArgumentParser
import Foundation
import ImageDecoding
import Ingest
import Synchronization
import Threads

/// Some prepared images of a source, in its order.
struct LabelledBlock: Sendable {
    /// Place of the block in the source.
    let number: Int
    /// The images, `[size, size, 3]` each.
    let tensors: [[UInt8]]
    /// The label of each.
    let labels: [Int]
}

/// One pass over a labelled source: one thread reads, all others decode, resize and compute.
struct LabelledPass {
    /// What a pass came to.
    struct Counts: Sendable {
        /// Images that were read and decoded.
        var images = 0
        /// Files that could not be decoded.
        var undecodable = 0
        /// What was wrong with one of them.
        var problem: String?
    }

    private static let blockImages = 64

    let path: String
    let preparation: TensorPreparation
    /// Most images.
    let limit: Int
    /// Only every `stride`-th image is taken.
    var stride = 1
    /// Whether an image without a label ends the pass; else its label is -1.
    var requiresLabels = true
    let progress: ProgressMeter

    /// The stride that spreads `wanted` images over a whole source, so that classes stored one after the
    /// other all have their share; reads the source once.
    static func stride(for wanted: Int, of path: String) throws -> Int {
        guard path != "-" else {
            throw CommandError(ExitCode(64), "standard input can be read only once; name a file or folder")
        }
        var source = try ImageSourceFactory.open(path)
        var count = 0
        while let outcome = try source.next() {
            if case .image = outcome { count += 1 }
        }
        return max(1, count / wanted)
    }

    /// Names of the labels, where the source has some.
    func classNames() throws -> [String]? { try ImageSourceFactory.open(path).classNames }

    /// Runs `worker` on a thread a processor; each takes blocks until there are none, and returns its share.
    ///
    /// - Throws: an error that names the source: unreadable, without images, or an image without a label.
    func run<Share: Sendable>(
        worker: @escaping @Sendable (_ next: () -> LabelledBlock?) -> Share
    ) throws -> (shares: [Share], counts: Counts) {
        let queue = BoundedQueue<RawBlock>(capacity: 2 * ProcessFacts.processors)
        let done = Mutex<(shares: [Int: Share], counts: Counts)>(([:], Counts()))
        let preparation = preparation
        let progress = progress
        let threads = (0..<ProcessFacts.processors).map { index in
            PlatformThread("evaluate-\(index)") {
                var counts = Counts()
                var scratch = ResizeScratch()
                let share = worker {
                    guard let raw = queue.pop() else { return nil }
                    let block = raw.prepared(preparation, &scratch, &counts)
                    progress.add(block.labels.count)
                    return block
                }
                let result = (share, counts)
                done.withLock { done in
                    done.shares[index] = result.0
                    done.counts.images += result.1.images
                    done.counts.undecodable += result.1.undecodable
                    done.counts.problem = done.counts.problem ?? result.1.problem
                }
            }
        }
        defer {
            queue.close()
            for thread in threads { thread.join() }
        }
        try read(into: queue)
        queue.close()
        for thread in threads { thread.join() }
        let result = done.withLock { $0 }
        guard result.counts.images > 0 else {
            let reason = result.counts.problem.map { " that can be decoded; \($0)" } ?? ""
            throw CommandError(Exit.badInput, "\(path) has no images\(reason)")
        }
        return (threads.indices.compactMap { result.shares[$0] }, result.counts)
    }

    private func read(into queue: BoundedQueue<RawBlock>) throws {
        var source = try ImageSourceFactory.open(path)
        var block: [SourceImage] = []
        var broken: [String] = []
        var count = 0
        var seen = 0
        var number = 0
        while count < limit, let outcome = try source.next() {
            switch outcome {
            case .image(let image):
                seen += 1
                guard (seen - 1) % stride == 0 else { continue }
                guard image.label != nil || !requiresLabels else {
                    throw CommandError(
                        Exit.badInput, "\(path): image \(image.id) has no label; use a labelled source")
                }
                block.append(image)
                count += 1
            case .unreadable(let id, let reason): broken.append("\(id): \(reason)")
            }
            if block.count == Self.blockImages {
                queue.push(RawBlock(number: number, images: block, broken: broken))
                (block, broken) = ([], [])
                number += 1
                progress.show()
            }
        }
        queue.push(RawBlock(number: number, images: block, broken: broken))
    }
}

/// Some images as the source gave them.
private struct RawBlock: Sendable {
    let number: Int
    let images: [SourceImage]
    let broken: [String]

    /// Decodes and resizes.
    func prepared(
        _ preparation: TensorPreparation, _ scratch: inout ResizeScratch, _ counts: inout LabelledPass.Counts
    ) -> LabelledBlock {
        var tensors: [[UInt8]] = []
        var labels: [Int] = []
        for problem in broken { note(problem, &counts) }
        for image in images {
            do {
                let decoded = try preparation.pixels(of: image)
                let byteCount = preparation.byteCount
                tensors.append(
                    [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
                        let tensor = UnsafeMutableBufferPointer(rebasing: buffer[..<byteCount])
                        preparation.prepare(decoded, into: tensor, scratch: &scratch)
                        count = byteCount
                    })
                labels.append(image.label ?? -1)
            } catch {
                note("\(image.id): \(error)", &counts)
            }
        }
        counts.images += labels.count
        return LabelledBlock(number: number, tensors: tensors, labels: labels)
    }

    private func note(_ problem: String, _ counts: inout LabelledPass.Counts) {
        counts.undecodable += 1
        counts.problem = counts.problem ?? problem
    }
}
