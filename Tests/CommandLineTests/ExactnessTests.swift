import Foundation
import HardenedBackbone
import ImageDecoding
import Ingest
import Testing

/// One integer answer everywhere: reference, executor, threads, batches.
@Suite(.serialized) struct ExactnessTests {
    @Test func executorEqualsReferenceInEveryLayerForTwoHundredRealImages() throws {
        let data = URL(fileURLWithPath: SampleTar.path).deletingLastPathComponent()
        let artifact = try BackboneArtifact(
            decoding: Array(try Data(contentsOf: data.appendingPathComponent("backbone.safetensors"))))
        let tiers = ISATier.supported
        print("exactness: tiers covered: \(tiers.map(\.rawValue).joined(separator: ", "))")
        let replicas = try tiers.map { BackboneReplica(try BackbonePlan(artifact, tier: $0)) }
        let preparation = try TensorPreparation(
            Preprocessing(identity: artifact.preprocessing), size: artifact.network.inputSize)
        var source = try ImageSourceFactory.open(SampleTar.path)
        var images = 0
        while images < 200, let outcome = try source.next() {
            guard case .image(let image) = outcome, case .encoded(let bytes, _) = image.content else {
                continue
            }
            let tensor = preparation.tensor(try preparation.decode(bytes))
            var layers: [[UInt8]] = []
            let expected = ReferenceBackbone.run(artifact, image: tensor) { _, bytes in layers.append(bytes) }
            // The fastest tier on every image; the others on every tenth, they are slow.
            for (tier, replica) in zip(tiers, replicas) where tier == tiers.last || images % 10 == 0 {
                var features = [UInt8](repeating: 0, count: expected.count)
                var wrong: [String] = []
                features.withUnsafeMutableBufferPointer { output in
                    tensor.withUnsafeBufferPointer { input in
                        replica.extractFeatures(image: input, into: output) { index, bytes in
                            if !bytes.elementsEqual(layers[index]) {
                                wrong.append(artifact.network.layers[index].name)
                            }
                        }
                    }
                }
                #expect(wrong.isEmpty, "\(image.id) on \(tier): layers \(wrong)")
                #expect(features == expected, "\(image.id) on \(tier): features")
            }
            images += 1
        }
        #expect(images == 200)
    }

    @Test func threadsShardSizesAndEncodingsChangeNoByteOfALogit() throws {
        func logits(replicas: Int, shardImages: Int, encoding: String) throws -> [String: String] {
            let deployment = try Deployment(workers: 0)
            let worker = try deployment.start("worker", "--name", "one", "--replicas", "\(replicas)")
            try deployment.waitForWorkers(1)
            try deployment.push("builtin:v2")
            try deployment.succeed(
                "ingest", "--images", "200", "--shard-images", "\(shardImages)",
                "--encoding", encoding)
            #expect(try deployment.waitForPredictions(200).images == 200)
            var result: [String: String] = [:]
            for line in try deployment.succeed("predictions").lines {
                let record = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                let top = record?["top"] as? [[String: Any]] ?? []
                result[record?["id"] as? String ?? ""] = top.map {
                    "\($0["index"] ?? ""):\($0["logit"] ?? "")"
                }
                .joined(separator: " ")
            }
            #expect(worker.finish() == 0)
            return result
        }
        let alone = try logits(replicas: 1, shardImages: 1, encoding: "files")
        let together = try logits(replicas: 4, shardImages: 64, encoding: "files")
        let gray = try logits(replicas: 2, shardImages: 33, encoding: "tensors")
        #expect(alone.count == 200)
        #expect(alone == together)
        #expect(alone == gray)
    }
}
