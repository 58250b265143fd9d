internal import Artifacts

/// Files that Keras saves: HDF5 (`.h5`, `.weights.h5`), and `.keras`, an archive of HDF5 and a configuration.
enum KerasFile {
    private static let hdf5Mark: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    private static let weights = "model.weights.h5"

    /// Whether `bytes` begin as HDF5 does.
    static func isHDF5(_ bytes: [UInt8]) -> Bool { bytes.starts(with: hdf5Mark) }

    /// The network in an HDF5 file.
    static func network(
        decoding bytes: [UInt8], _ options: ImportOptions
    ) throws(NetworkImportError) -> ImportedNetwork {
        try KerasConversion.network(
            weights: tensors(bytes, options), configuration: nil, options, source: "Keras HDF5")
    }

    /// The network in an archive, or `nil` if it is not Keras's.
    static func network(
        archive bytes: [UInt8], _ options: ImportOptions
    ) throws(NetworkImportError) -> ImportedNetwork? {
        let members = try ZipDirectory(bytes).members
        guard let place = members[weights], let configuration = members["config.json"] else { return nil }
        guard configuration.count <= KerasModel.configurationBytesMax else {
            throw .keras(
                reason:
                    "its configuration has \(configuration.count) bytes, above \(KerasModel.configurationBytesMax); "
                    + "is this a MobileNetV2?")
        }
        return try KerasConversion.network(
            weights: tensors(Array(bytes[place]), options),
            configuration: String(decoding: bytes[configuration], as: UTF8.self), options,
            source: "Keras 3 archive")
    }

    private static func tensors(
        _ bytes: [UInt8], _ options: ImportOptions
    ) throws(NetworkImportError) -> SafetensorsFile {
        guard isHDF5(bytes) else { throw .keras(reason: "its weights are no HDF5; save the model again") }
        guard let read = options.hdf5 else {
            throw .keras(reason: "HDF5 is not read here; export it with tf2onnx, or as TensorFlow Lite")
        }
        do {
            return try SafetensorsFile(decoding: try read(bytes))
        } catch let error as NetworkImportError {
            throw error
        } catch {
            throw .safetensors(reason: "\(error)")
        }
    }
}
