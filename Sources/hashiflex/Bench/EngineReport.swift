import ArgumentParser
import Foundation
import HardenedBackbone
import Threads

/// What `hashiflex bench engine` measured.
struct EngineReport: Codable {
    /// One stage of the datapath, timed alone.
    struct Stage: Codable {
        let name: String
        let macs: Int
        let microseconds: Double
        let gmacPerSecond: Double
    }

    /// The tier's dot products at full rate in this process, on one thread.
    struct Ceiling: Codable {
        let gmacPerSecond: Double
        /// Of the ceiling, a thread's images times their products.
        let share: Double
    }

    let imagesPerSecond: Windows
    let perThread: Double
    let threads: Int
    let isa: String
    let cpu: String
    let inputSize: Int
    let widthPercent: Int
    let macsPerImage: Int
    let exact: Bool
    let ceiling: Ceiling?
    let stages: [Stage]
    let scratchBytes: Int
    let backbone: String
    let version: String
    let commit: String

    /// The report for people.
    var lines: [String] {
        var lines = [
            "engine (measured): \(imagesPerSecond.text)",
            "  \(Format.rate(perThread)) images/s a thread, \(threads) threads, \(isa), "
                + "\(inputSize)x\(inputSize), width \(widthPercent) %, \(cpu)",
        ]
        if let ceiling {
            lines.append(
                "  \(Format.percent(ceiling.share)) of the dot products' ceiling, "
                    + "\(Format.rate(ceiling.gmacPerSecond)) GMAC/s a thread in this process")
        }
        lines.append("  equal to the reference: yes (every layer and every fused block, checked first)")
        lines.append(
            "  \(Format.megabytes(Int64(scratchBytes))) of activations a replica, version \(version), "
                + "commit \(commit)")
        lines.append("stages, one thread, the fastest of many images:")
        let rows = stages.map {
            [
                "  " + $0.name, String(format: "%.1f us", $0.microseconds),
                $0.macs == 0 ? "" : String(format: "%.0f GMAC/s", $0.gmacPerSecond),
                ceiling == nil || $0.macs == 0
                    ? "" : Format.percent($0.gmacPerSecond / (ceiling?.gmacPerSecond ?? 1)),
            ]
        }
        return lines + Format.table(rows)
    }
}

/// Measures what the report says besides images a second.
enum EngineProbe {
    /// The fastest time of each stage over `images`, several times over.
    static func stages(_ plan: BackbonePlan, _ images: [[UInt8]], seconds: Double) -> [EngineReport.Stage] {
        let replica = BackboneReplica(plan)
        var best = [Int64](repeating: .max, count: replica.stages.count)
        var features = [UInt8](repeating: 0, count: plan.network.featureCount)
        let deadline = Clock.steadyNs + Int64(seconds * 1e9)
        repeat {
            for image in images {
                image.withUnsafeBufferPointer { input in
                    features.withUnsafeMutableBufferPointer { output in
                        var begin = Clock.steadyNs
                        replica.runStages(image: input, into: output) { stage, _ in
                            let now = Clock.steadyNs
                            best[stage] = min(best[stage], now - begin)
                            begin = Clock.steadyNs
                        }
                    }
                }
            }
        } while Clock.steadyNs < deadline
        return zip(replica.stages, best).map { stage, ns in
            EngineReport.Stage(
                name: stage.name, macs: stage.macCount, microseconds: Double(ns) / 1_000,
                gmacPerSecond: Double(stage.macCount) / Double(max(1, ns)))
        }
    }

    /// The ceiling of one thread in GMAC/s: the best of many runs of a millisecond, of which some are undisturbed, or `nil` if the tier has none.
    static func ceiling(_ tier: ISATier) -> Double? {
        var best: Double?
        for _ in 0..<80 {
            let begin = Clock.steadyNs
            guard let products = DatapathCeiling.run(tier, rounds: 200_000) else { return nil }
            best = max(best ?? 0, Double(products) / Double(max(1, Clock.steadyNs - begin)))
        }
        return best
    }

    /// The commit of the working directory's checkout, or of the variable HASHIFLEX_COMMIT.
    static var commit: String {
        if let named = ProcessInfo.processInfo.environment["HASHIFLEX_COMMIT"] { return named }
        func text(_ path: String) -> String? {
            (try? String(contentsOfFile: path, encoding: .utf8))?
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
        guard let head = text(".git/HEAD") else { return "unknown" }
        guard head.hasPrefix("ref: ") else { return String(head.prefix(12)) }
        return text(".git/" + head.dropFirst(5)).map { String($0.prefix(12)) } ?? "unknown"
    }
}

extension ModelOptions {
    /// `artifact`, packed for the tier asked for.
    func plan(of artifact: BackboneArtifact) throws -> BackbonePlan {
        do throws(ISATierError) {
            let tier = try isa == nil ? ISATier.best() : ISATier.best(requested: isa)
            return try BackbonePlan(artifact, tier: tier)
        } catch {
            throw CommandError(ExitCode(64), "\(error)")
        }
    }
}

/// Backbones of random legal numbers, for speed at sizes and widths for which there is no trained one.
enum RandomLegalBackbone {
    /// Every value is spread over its range, so that no layer's output is constant; the same on every machine.
    static func make(widthPercent: Int, inputSize: Int) throws -> BackboneArtifact {
        guard let network = NetworkDescription(widthPercent: widthPercent, inputSize: inputSize) else {
            throw CommandError(
                ExitCode(64),
                "no network of width \(widthPercent) % at \(inputSize) pixels; use 10 to 200 and a multiple "
                    + "of 32 from 32 to 512")
        }
        var state: UInt64 = 0x4853_4631
        func next() -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33)
        }
        let layers = network.layers.map { layer in
            var weights: [Int8] = []
            var bias: [Int32] = []
            var shift: [UInt8] = []
            for _ in 0..<layer.weightCount / layer.weightsPerChannel {
                let row = (0..<layer.weightsPerChannel).map { _ -> Int8 in
                    let code = next() % 15
                    return code % 8 == 7 ? 0 : (code < 8 ? 1 : -1) << Int8(code % 8)
                }
                // A random walk over the weights sets the scale at which outputs neither vanish nor clip.
                let energy = row.reduce(0) { $0 + Int($1) * Int($1) } * 80 * 80
                var scale = 2
                while 4_096 << (2 * scale) < energy { scale += 1 }
                weights += row
                shift.append(UInt8(min(19, scale + next() % 2)))
                bias.append(Int32(next() % 128 - 40) << Int32(min(scale, 16)))
            }
            return LayerParameters(weights: weights, bias: bias, shift: shift)
        }
        return try BackboneArtifact(
            network: network, poolShift: 4, layers: layers,
            activationExponents: network.layers.map { _ in 0 }, preprocessing: "none",
            description: "random legal numbers, for measuring speed only")
    }
}
