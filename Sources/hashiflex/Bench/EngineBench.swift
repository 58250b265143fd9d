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
        @Option(help: "Input size in pixels. Default: the model's; another one means random legal numbers.")
        var size: Int?
        @Option(help: "Width in percent. Default: the model's; another one means random legal numbers.")
        var width: Int?
        @Option(help: "Windows to measure (at least 3).") var windows = 7
        @Option(help: "Length of a window, seconds.") var seconds = 1.0
        @Flag(help: "Print JSON.") var json = false

        func validate() throws {
            try requireRange("--windows", windows, in: OptionRange.windows)
            try requireRange("--seconds", seconds, in: 0.001...3_600)
        }

        func run() throws {
            try runCommand {
                let artifact = try backbone()
                let plan = try tuning.model.plan(of: artifact)
                let images = try BenchImages.tensors(try artifact.preparation(), count: 64)
                let checked = plan.network.inputSize > 160 ? 1 : 3
                try BenchImages.checkExact(artifact, plan, Array(images.prefix(checked)))
                let threads = tuning.threads ?? ProcessFacts.processors
                let before = EngineProbe.ceiling(plan.tier)
                let measured = Windows(
                    EngineLoop.measure(plan, images, threads: threads, windows: windows, seconds: seconds))
                let peak = EngineProbe.ceiling(plan.tier).map { max($0, before ?? 0) }
                let perThread = measured.median / Double(threads)
                let rate = perThread * Double(plan.network.macCount) * 1e-9
                let report = EngineReport(
                    imagesPerSecond: measured, perThread: perThread, threads: threads,
                    isa: plan.tier.rawValue,
                    cpu: MachineFacts.cpu, inputSize: plan.network.inputSize,
                    widthPercent: plan.network.widthPercent, macsPerImage: plan.network.macCount, exact: true,
                    ceiling: peak.map { .init(gmacPerSecond: $0, share: rate / $0) },
                    stages: EngineProbe.stages(plan, Array(images.prefix(8)), seconds: min(1, seconds)),
                    scratchBytes: BackboneReplica(plan).scratchBytes, backbone: plan.digest.hex,
                    version: BuildFacts.version, commit: EngineProbe.commit)
                if json { return Terminal.printJSON(report) }
                for line in report.lines { Terminal.print(line) }
            }
        }

        /// The model asked for, or one of random numbers if another size or width is asked for.
        private func backbone() throws -> BackboneArtifact {
            let artifact = try tuning.model.backbone()
            let (widthPercent, inputSize) = (
                width ?? artifact.network.widthPercent, size ?? artifact.network.inputSize
            )
            let isModels =
                widthPercent == artifact.network.widthPercent && inputSize == artifact.network.inputSize
            if isModels { return artifact }
            return try RandomLegalBackbone.make(widthPercent: widthPercent, inputSize: inputSize)
        }
    }
}

/// What the engine bench and the pipeline bench measure on.
struct EngineTuning: ParsableArguments {
    @OptionGroup var model: ModelOptions
    @Option(help: "Threads, one replica each. Default: one a processor.") var threads: Int?

    func validate() throws {
        try requireRange("--threads", threads, in: 1...1_024)
    }
}

/// Real images for benchmarks: the built-in sample.
enum BenchImages {
    static func tensors(_ preparation: TensorPreparation, count: Int) throws -> [[UInt8]] {
        var source = try ImageSourceFactory.open(try SampleFile.path())
        var tensors: [[UInt8]] = []
        while tensors.count < count, let outcome = try source.next() {
            guard case .image(let image) = outcome else { continue }
            tensors.append(try preparation.tensor(of: image))
        }
        return tensors
    }

    /// Refuses to go on if the executor differs from the reference in any layer.
    static func checkExact(_ artifact: BackboneArtifact, _ plan: BackbonePlan, _ images: [[UInt8]]) throws {
        let replica = BackboneReplica(plan)
        for image in images {
            var layers: [[UInt8]] = []
            let expected = ReferenceBackbone.run(artifact, image: image) { _, bytes in layers.append(bytes) }
            let kinds = artifact.network.layers.map(\.kind)
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
            let stages = replica.stages
            features.withUnsafeMutableBufferPointer { output in
                image.withUnsafeBufferPointer { input in
                    replica.runStages(image: input, into: output) { index, bytes in
                        guard wrong == nil, let layer = stages[index].layers.last else { return }
                        // Projections are signed, held as x + 128 between blocks.
                        let flip: UInt8 = kinds[layer] == .project ? 0x80 : 0
                        if !bytes.lazy.map({ $0 ^ flip }).elementsEqual(layers[layer]) {
                            wrong = stages[index].name
                        }
                    }
                }
            }
            guard wrong == nil, features == expected else {
                throw CommandError(
                    Exit.fault,
                    "\(wrong ?? "the pool") differs from the reference on \(plan.tier): nothing is reported"
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
