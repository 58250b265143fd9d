internal import Artifacts
internal import FloatNetwork
internal import HardenedBackbone

/// Reads a MobileNetV2 from ONNX, safetensors, PyTorch's checkpoints, Keras's files or TensorFlow Lite; the format is
/// told by the content.
public enum NetworkImporter {
    /// The largest file that is read, in bytes: three times a network of width 2 with 1,000 classes.
    public static let maximumFileByteCount = 1 << 28

    /// Reads `bytes`, believing nothing that they say.
    ///
    /// - ONNX as exporters of PyTorch and TensorFlow write it, with batch normalisation folded or not, with or
    ///   without a classifier; the module's page has a table of forms.
    /// - safetensors with torchvision's, timm's or Hugging Face's names. Optional metadata: `input_size`, `mean`,
    ///   `std` (three numbers, comma separated), `classes` (a JSON list of names), `batch_norm_epsilon`,
    ///   `padding` (`pytorch` or `tensorflow`), `first_block_shortcut=none`, `preprocessing`. ``FloatNetworkFile``
    ///   writes them all.
    /// - PyTorch's checkpoints (`.pt`, `.pth`): a state dict with any of these names, by itself or in the entry of a
    ///   training loop. No code of the file is run.
    /// - Keras: `.keras`, `.h5` with or without a configuration, `.weights.h5`, through ``ImportOptions/hdf5``.
    /// - TensorFlow Lite: float32, float16, or quantised (int8 and uint8, per channel or per tensor), whose
    ///   weights become the real numbers that they stand for. Quantised pixels state the normalisation.
    ///
    /// - Parameters:
    ///   - bytes: given up as soon as they are unpacked: a caller who needs them no more can move them in.
    ///   - fileName: only for messages.
    /// - Throws: ``NetworkImportError`` naming the first node, tensor or layer that does not fit.
    public static func network(
        decoding bytes: consuming [UInt8],
        fileName: String,
        options: ImportOptions = ImportOptions()
    ) throws(NetworkImportError) -> ImportedNetwork {
        guard bytes.count <= maximumFileByteCount else {
            throw .tooLarge(byteCount: bytes.count, maximum: maximumFileByteCount)
        }
        if looksLikeSafetensors(bytes) {
            let file: SafetensorsFile
            do {
                file = try SafetensorsFile(decoding: bytes)
            } catch {
                throw .safetensors(reason: "\(error)")
            }
            guard file.metadata["format"] != BackboneArtifact.format else {
                throw .unknownFormat(fileName: fileName, looksLike: "a backbone that is hardened already")
            }
            var reader = WeightFileReader(file)
            return try reader.network(options)
        }
        if TorchCheckpoint.isFormat(of: bytes) {
            if TorchCheckpoint.isArchive(bytes), let found = try KerasFile.network(archive: bytes, options) {
                return found
            }
            let checkpoint = try TorchCheckpoint(decoding: bytes)
            let place = checkpoint.entry.isEmpty ? "" : ", entry \(checkpoint.entry)"
            var reader = WeightFileReader(checkpoint.file, container: "PyTorch checkpoint" + place)
            return try reader.network(options)
        }
        if KerasFile.isHDF5(bytes) { return try KerasFile.network(decoding: bytes, options) }
        if TFLiteModel.isFormat(of: bytes) { return try TFLiteConversion.network(decoding: bytes, options) }
        if let guess = knownFormat(bytes) { throw .unknownFormat(fileName: fileName, looksLike: guess) }
        let graph: ONNXGraph
        let first = bytes.first
        do {
            graph = try ONNXGraph(decoding: bytes, options)
        } catch {
            guard case .malformedModel = error else { throw error }
            // An ONNX file starts with its version field; anything else was never one.
            guard first == 0x08 else { throw .unknownFormat(fileName: fileName, looksLike: nil) }
            throw error
        }
        return try ONNXWalk.network(graph, options)
    }

    /// Eight bytes of length, whose upper half is zero in any file that fits memory, then a brace.
    private static func looksLikeSafetensors(_ bytes: [UInt8]) -> Bool {
        bytes.count > 8 && bytes[8] == UInt8(ascii: "{") && bytes[4..<8].allSatisfy { $0 == 0 }
    }

    private static func knownFormat(_ bytes: [UInt8]) -> String? {
        func starts(_ text: String) -> Bool { bytes.starts(with: Array(text.utf8)) }
        if starts("PK") { return "an empty ZIP archive" }
        if bytes.first == 0x80, bytes.count > 1, (2...5).contains(bytes[1]) { return "a pickle" }
        if starts("{") { return "JSON" }
        return bytes.isEmpty ? "an empty file" : nil
    }
}
