import ArgumentParser
import Foundation
import ImageDecoding
import PipelineMessages
import Threads

extension BenchCommand {
    /// `hashiflex bench resize`.
    struct Resize: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Microseconds of a resize on one core, kernels in turns.",
            discussion: """
                Noise of one size becomes another size, again and again; windows of the kernels take turns, so that a \
                machine that changes its speed changes all of them. Every kernel is compared with its slow definition \
                first. Traffic is the image read once and the result written once.
                """)

        @Option(help: "Size of the pictures, WIDTHxHEIGHT.") var from = "500x375"
        @Option(help: "Size of the results, WIDTHxHEIGHT.") var to = "341x256"
        @Option(help: "A kernel; may be given several times. Default: area and pillow-bilinear.")
        var resize: [ResizeKernel] = []
        @Option(help: "Instruction-set tier: scalar, avx2, avx512vnni or neondot.") var isa: String?
        @Option(help: "Windows of each kernel (at least 3).") var windows = 15
        @Option(help: "Length of a window, seconds.") var seconds = 0.1
        @Flag(help: "Print JSON.") var json = false

        struct Measured: Encodable {
            let kernel: String
            let microseconds: Windows
            let gigabytesPerSecond: Double
        }

        struct Report: Encodable {
            let from: String
            let to: String
            let isa: String
            let cpu: String
            let trafficBytes: Int
            let kernels: [Measured]
        }

        func validate() throws {
            try requireRange("--windows", windows, in: OptionRange.windows)
            try requireRange("--seconds", seconds, in: 0.001...3_600)
            _ = try (size(from, "--from"), size(to, "--to"))
        }

        func run() throws {
            try runCommand {
                let kernels = resize.isEmpty ? [ResizeKernel.area, .pillowBilinear] : resize
                let (source, target) = (try size(from, "--from"), try size(to, "--to"))
                let scratch = isa.map { ResizeScratch(tierName: $0) } ?? ResizeScratch()
                guard let scratch else {
                    throw CommandError(
                        ExitCode(64), "this CPU has no tier '\(isa ?? "")'; see hashiflex doctor")
                }
                let picture = Self.noise(source)
                let runs = kernels.map {
                    ResizeRun(Resizer(source: source, target: target, kernel: $0), scratch)
                }
                for (kernel, run) in zip(kernels, runs) { try Self.check(kernel, run, picture, target) }
                var microseconds = kernels.map { _ in [Double]() }
                for _ in 0..<windows {
                    for (index, run) in runs.enumerated() {
                        microseconds[index].append(run.measure(picture, seconds: seconds))
                    }
                }
                let traffic = Resizer(source: source, target: target, kernel: .area).trafficBytes
                report(
                    Report(
                        from: source.description, to: target.description, isa: scratch.tierName,
                        cpu: MachineFacts.cpu, trafficBytes: traffic,
                        kernels: zip(kernels, microseconds).map { kernel, times in
                            let measured = Windows(times)
                            return Measured(
                                kernel: kernel.rawValue, microseconds: measured,
                                gigabytesPerSecond: Double(traffic) / measured.median / 1_000)
                        }))
            }
        }

        private func report(_ report: Report) {
            if json { return Terminal.printJSON(report) }
            Terminal.print(
                "\(report.from) to \(report.to), one core, \(report.isa), \(report.cpu) (measured)")
            for kernel in report.kernels {
                let times = kernel.microseconds
                Terminal.print(
                    String(
                        format: "%@  %.0f us (min %.0f, max %.0f, %d windows), %.2f GB/s",
                        kernel.kernel.padding(toLength: 18, withPad: " ", startingAt: 0), times.median,
                        times.min, times.max, times.windows, kernel.gigabytesPerSecond))
            }
        }

        private static func check(
            _ kernel: ResizeKernel, _ run: ResizeRun, _ picture: RGBImage, _ target: PixelSize
        ) throws {
            let slow = ReferencePreparation.resized(
                picture, kernel: kernel, width: target.width, height: target.height)
            guard run.resize(picture) == slow.bytes else {
                throw CommandError(
                    Exit.fault, "\(kernel.rawValue) differs from its definition: nothing is reported")
            }
        }

        private func size(_ text: String, _ option: String) throws -> PixelSize {
            let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
            guard sides.count == 2, let width = sides[0], let height = sides[1],
                (1...8_192).contains(width), (1...8_192).contains(height)
            else { throw ValidationError("\(option) is WIDTHxHEIGHT, 1 to 8192 each, not '\(text)'") }
            return PixelSize(width: width, height: height)
        }

        private static func noise(_ size: PixelSize) -> RGBImage {
            var state: UInt64 = 1
            let bytes = (0..<size.width * size.height * 3).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            }
            return RGBImage(width: size.width, height: size.height, bytes: bytes)
        }
    }
}

/// One kernel and its working memory.
private final class ResizeRun {
    private let resizer: Resizer
    private var scratch: ResizeScratch
    private var output: [UInt8]

    init(_ resizer: Resizer, _ scratch: ResizeScratch) {
        self.resizer = resizer
        self.scratch = scratch
        output = [UInt8](repeating: 0, count: resizer.target.width * resizer.target.height * 3)
    }

    /// The resized picture.
    func resize(_ picture: RGBImage) -> [UInt8] {
        picture.bytes.withUnsafeBufferPointer { source in
            output.withUnsafeMutableBufferPointer { resizer.resize(source, into: $0, scratch: &scratch) }
        }
        return output
    }

    /// Microseconds a picture, over at least `seconds`.
    func measure(_ picture: RGBImage, seconds: Double) -> Double {
        picture.bytes.withUnsafeBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                var count = 0
                let begin = Clock.steadyNs
                var now = begin
                while now - begin < Int64(seconds * 1e9) {
                    resizer.resize(source, into: target, scratch: &scratch)
                    count += 1
                    now = Clock.steadyNs
                }
                return Double(now - begin) / 1_000 / Double(count)
            }
        }
    }
}
