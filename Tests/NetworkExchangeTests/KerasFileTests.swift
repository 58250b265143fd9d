import Artifacts
import FloatNetwork
import HDF5
import HardenedBackbone
import NetworkExchange
import Testing

/// Files that Keras and tf_keras saved (`Golden/make_keras_golden.py`), against what the networks answered.
@Suite struct KerasFileTests {
    /// Reads HDF5 in this process, as the files here are sound.
    private static let hdf5: @Sendable ([UInt8]) throws(NetworkImportError) -> [UInt8] = {
        bytes throws(NetworkImportError) in
        do throws(HDF5Error) {
            return try HDF5Reader.tensors(of: bytes, elementsMax: 1 << 22).encoded()
        } catch {
            throw .keras(reason: "\(error)")
        }
    }

    private func network(_ name: String, inputSize: Int? = nil) throws -> ImportedNetwork {
        try NetworkImporter.network(
            decoding: Fixture.unpacked("\(name).gz"), fileName: name,
            options: ImportOptions(inputSize: inputSize, hdf5: Self.hdf5))
    }

    private func expectAnswers(_ imported: ImportedNetwork, _ name: String) throws {
        // What the Keras application's own preprocessing makes of bytes.
        let colours = FloatNetwork.Normalization(mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5])
        let evaluator = FloatEvaluator(FloatPlan(try imported.normalized(colours).network))
        let answers = try Fixture.floats("\(name).answers")
        let classes = answers.count / 3
        #expect(imported.network.classifier?.bias.count == classes)
        let largest = answers.reduce(0) { max($0, $1.magnitude) }
        for (row, image) in try Fixture.images().enumerated() {
            // The network pads as TensorFlow does, so that images are turned with its kernels.
            let turned = stride(from: image.count - 3, through: 0, by: -3).flatMap { image[$0..<$0 + 3] }
            let features = evaluator.features(ofImage: Array(turned))
            let logits = try #require(evaluator.logits(ofFeatures: features))
            for (index, logit) in logits.enumerated() {
                let difference = abs(logit - answers[row * classes + index])
                #expect(difference < 2e-4 * largest, "\(name), image \(row), class \(index)")
            }
        }
    }

    @Test func anArchiveOfKeras3WithANetworkWithinAnotherIsRead() throws {
        let imported = try network("keras_transfer.keras")
        #expect(imported.source.hasPrefix("Keras 3 archive, normalises 0...255 itself"))
        #expect(imported.statedNormalization?.mean == [0.5, 0.5, 0.5])
        #expect(imported.framework == .keras)
        #expect(imported.isTurned)
        #expect(imported.batchNormEpsilon == nil)
        #expect(imported.network.network.inputSize == 32)
        try expectAnswers(imported, "keras_transfer")
    }

    @Test func aLegacyFileWithItsConfigurationIsRead() throws {
        let imported = try network("keras_legacy.h5")
        #expect(imported.source == "Keras HDF5")
        #expect(imported.statedNormalization == nil)
        try expectAnswers(imported, "keras_legacy")
    }

    @Test func weightsAloneAreTakenForKerassOwnNetwork() throws {
        let imported = try network("keras_numbers.weights.h5", inputSize: 32)
        #expect(imported.source == "Keras HDF5, weights alone")
        #expect(imported.batchNormEpsilon == 1e-3)
        try expectAnswers(imported, "keras_numbers")
        #expect(throws: NetworkImportError.unknownInputSize) {
            _ = try network("keras_numbers.weights.h5")
        }
    }

    @Test func withoutAReaderOfHDF5TheWayOutIsNamed() throws {
        for name in ["keras_transfer.keras", "keras_legacy.h5"] {
            let error = importError(try Fixture.unpacked("\(name).gz"))
            #expect(error.map { "\($0)" }?.contains("export it with tf2onnx, or as TensorFlow Lite") == true)
        }
    }
}
