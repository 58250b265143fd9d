import ArgumentParser
import Artifacts
import Foundation
import HardenedBackbone
import ImageDecoding
import Ingest
import PipelineMessages
import Synchronization
import Threads

extension BenchCommand {
    /// `hashiflex bench engine`.
    struct Engine: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Images/s of the bare datapath, images already decoded.")

        @OptionGroup var tuning: EngineTuning
        @Option(help: "Windows to measure (at least 3).") var windows = 7
        @Option(help: "Length of a window, seconds.") var seconds = 1.0
        @Flag(help: "Print JSON.") var json = false

        struct Report: Codable {
            let imagesPerSecond: Windows
            let perThread: Double
            let threads: Int
            let isa: String
            let cpu: String
            let inputSize: Int
            let exact: Bool
            let backbone: String
            let version: String
        }

        func validate() throws {
            guard windows >= 3, seconds > 0 else { throw ValidationError("--windows is 3 or more") }
        }

        func run() throws {
            try runCommand {
                let plan = try tuning.model.plan()
                let images = try BenchImages.tensors(size: plan.network.inputSize, count: 64)
                try BenchImages.checkExact(try tuning.model.backbone(), plan, Array(images.prefix(3)))
                let threads = tuning.threads ?? ProcessFacts.processors
                let measured = Windows(
                    EngineLoop.measure(plan, images, threads: threads, windows: windows, seconds: seconds))
                let report = Report(
                    imagesPerSecond: measured, perThread: measured.median / Double(threads), threads: threads,
                    isa: plan.tier.rawValue, cpu: MachineFacts.cpu, inputSize: plan.network.inputSize,
                    exact: true, backbone: plan.digest.hex, version: BuildFacts.version)
                if json { return Terminal.print(JSONRecord.text(report)) }
                Terminal.print("engine (measured): \(measured.text)")
                Terminal.print(
                    "  \(Format.rate(report.perThread)) images/s a thread, \(threads) threads, "
                        + "\(report.isa), \(report.inputSize)x\(report.inputSize), \(report.cpu)")
                Terminal.print("  equal to the reference: yes (3 images, every layer, checked first)")
            }
        }
    }
}

/// What the engine bench and the pipeline bench measure on.
struct EngineTuning: ParsableArguments {
    @OptionGroup var model: ModelOptions
    @Option(help: "Threads, one replica each. Default: one a processor.") var threads: Int?

    func validate() throws {
        if let threads, !(1...1_024).contains(threads) {
            throw ValidationError("--threads is 1 to 1024, not \(threads)")
        }
    }
}

/// Real images for benchmarks: the built-in sample.
enum BenchImages {
    static func tensors(size: Int, count: Int) throws -> [[UInt8]] {
        var source = try ImageSourceFactory.open(try SampleFile.path())
        var tensors: [[UInt8]] = []
        while tensors.count < count, let outcome = try source.next() {
            guard case .image(let image) = outcome else { continue }
            tensors.append(TensorPreparation.tensor(try pixels(of: image), size: size))
        }
        return tensors
    }

    /// Refuses to go on if the executor differs from the reference in any layer.
    static func checkExact(_ artifact: BackboneArtifact, _ plan: BackbonePlan, _ images: [[UInt8]]) throws {
        let replica = BackboneReplica(plan)
        for image in images {
            var layers: [[UInt8]] = []
            let expected = ReferenceBackbone.run(artifact, image: image) { _, bytes in layers.append(bytes) }
            var features = [UInt8](repeating: 0, count: expected.count)
            var wrong: String?
            features.withUnsafeMutableBufferPointer { output in
                image.withUnsafeBufferPointer { input in
                    replica.extractFeatures(image: input, into: output) { index, bytes in
                        if wrong == nil, !bytes.elementsEqual(layers[index]) {
                            wrong = artifact.network.layers[index].name
                        }
                    }
                }
            }
            guard wrong == nil, features == expected else {
                throw CommandError(
                    Exit.fault,
                    "layer \(wrong ?? "pooling") differs from the reference on \(plan.tier): nothing is reported"
                )
            }
        }
    }
}

/// Runs replicas over images for a time.
enum EngineLoop {
    static func measure(
        _ plan: BackbonePlan, _ images: [[UInt8]], threads: Int, windows: Int, seconds: Double
    ) -> [Double] {
        let counter = EngineCounter()
        let stop = Signal()
        let workers = (0..<threads).map { number in
            PlatformThread("bench-\(number)") {
                let replica = BackboneReplica(plan)
                var features = [UInt8](repeating: 0, count: plan.network.featureCount)
                var next = number
                while !stop.isSet {
                    features.withUnsafeMutableBufferPointer { output in
                        images[next % images.count].withUnsafeBufferPointer {
                            replica.extractFeatures(image: $0, into: output)
                        }
                    }
                    next += 1
                    counter.images.wrappingAdd(1, ordering: .relaxed)
                }
            }
        }
        usleep(300_000)  // caches and clocks settle
        let rates = (0..<windows).map { _ in
            let begin = (Clock.steadyNs, counter.images.load(ordering: .relaxed))
            usleep(UInt32(seconds * 1e6))
            let end = (Clock.steadyNs, counter.images.load(ordering: .relaxed))
            return Double(end.1 - begin.1) * 1e9 / Double(end.0 - begin.0)
        }
        stop.set()
        for worker in workers { worker.join() }
        return rates
    }
}

private final class EngineCounter: Sendable {
    let images = Atomic<Int64>(0)
}

/// What the machine is.
enum MachineFacts {
    /// The processor's name, as Linux tells it.
    static var cpu: String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line.flatMap { $0.split(separator: ":").last }?.trimmingCharacters(in: .whitespaces)
            ?? "unknown processor"
    }
}
