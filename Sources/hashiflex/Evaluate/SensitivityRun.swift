import ClassifierHead
import Evaluation
import Foundation
import HardenedBackbone
import ImageDecoding
import Ingest
import Sensitivity
import Synchronization
import Threads

/// Measures the points of a study on all processors, a point a thread.
struct SensitivityRun {
    let layerStride: Int

    /// Calibration means and the undegraded answers.
    func prepare(
        _ artifact: BackboneArtifact, _ head: ClassifierHead, _ test: LabelledTensors,
        _ calibration: [[UInt8]], _ refit: LabelledTensors?
    ) throws -> SensitivityStudy {
        Terminal.note("calibrating on \(calibration.count) images, then \(test.count) images undegraded")
        let progress = ProgressMeter("not degraded")
        return try SensitivityStudy(
            artifact: artifact, head: head, test: test, calibration: calibration, refit: refit,
            layerStride: layerStride
        ) { images in
            progress.add(images)
            progress.show()
        }
    }

    /// All points, in the order of the plan.
    func measure(_ study: SensitivityStudy) throws -> [(point: StudyPoint, outcome: Outcome)] {
        let points = StudyPlan.points(network: study.artifact.network, refit: study.refit != nil)
        let found = Mutex([Int: Result<Outcome, StudyError>]())
        let next = Counter()
        let progress = ProgressMeter("sensitivity")
        let threads = (0..<ProcessFacts.processors).map { number in
            PlatformThread("sensitivity-\(number)") {
                while let index = next.take(below: points.count) {
                    let result = Result { () throws(StudyError) in
                        try study.outcome(of: points[index]) { progress.add($0) }
                    }
                    found.withLock { $0[index] = result }
                }
            }
        }
        for thread in threads {
            while !thread.join(milliseconds: 200) {
                progress.show("\(found.withLock { $0.count }) of \(points.count) points")
            }
        }
        progress.finish()
        let results = found.withLock { $0 }
        return try points.enumerated().compactMap { index, point in
            try results[index].map { (point, try $0.get()) }
        }
    }
}

/// Reads images into memory, prepared for a network.
enum TensorLoading {
    /// Labelled images of classes that the head knows, spread over the source, in its order.
    ///
    /// - Returns: the images, and how many of other classes were left out.
    static func labelled(
        _ path: String, _ preparation: TensorPreparation, limit: Int, map: ([String]?) throws -> LabelMap
    ) throws -> (tensors: LabelledTensors, foreign: Int) {
        let pass = LabelledPass(
            path: path, preparation: preparation, limit: limit,
            stride: try LabelledPass.stride(for: limit, of: path),
            progress: ProgressMeter("reading \(path)"))
        let map = try map(try pass.classNames())
        let (shares, counts) = try pass.run { next in
            var blocks: [LabelledBlock] = []
            while let block = next() { blocks.append(block) }
            return blocks
        }
        if counts.undecodable > 0 {
            Terminal.note("\(path): \(counts.undecodable) files left out, such as \(counts.problem ?? "")")
        }
        var tensors = LabelledTensors(imageBytes: preparation.byteCount)
        tensors.reserve(counts.images)
        for block in shares.joined().sorted(by: { $0.number < $1.number }) {
            for (tensor, label) in zip(block.tensors, block.labels) {
                if let trueClass = map[label] { tensors.append(tensor, trueClass: trueClass) }
            }
        }
        guard tensors.count > 0 else {
            throw CommandError(Exit.badInput, "\(path) has no image of a class that the head knows")
        }
        return (tensors, counts.images - tensors.count)
    }

    /// `count` images spread over a source, labelled or not.
    static func unlabelled(_ path: String, _ preparation: TensorPreparation, count: Int) throws -> [[UInt8]] {
        let stride = try LabelledPass.stride(for: count, of: path)
        var source = try ImageSourceFactory.open(path)
        var images: [[UInt8]] = []
        var seen = 0
        while images.count < count, let outcome = try source.next() {
            guard case .image(let image) = outcome else { continue }
            seen += 1
            guard (seen - 1) % stride == 0 else { continue }
            images.append(try preparation.tensor(of: image))
        }
        guard !images.isEmpty else { throw CommandError(Exit.badInput, "\(path) has no images") }
        return images
    }
}
