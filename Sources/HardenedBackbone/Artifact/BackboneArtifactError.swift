import Artifacts

/// Why a backbone artefact was refused.
public enum BackboneArtifactError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The bytes are not a well-formed safetensors file.
    case unreadable(reason: String)
    /// A metadata entry is absent.
    case missingMetadata(key: String)
    /// A metadata entry holds something else than it must.
    case illegalMetadata(key: String, found: String, expected: String)
    /// A metadata entry is not part of the format.
    case unexpectedMetadata(key: String)
    /// The file was written for another version of the format.
    case unknownSchema(found: String)
    /// The contents do not match the digest that the file records.
    case digestMismatch(recorded: String, computed: ContentDigest)
    /// A layer's tensor is absent.
    case missingTensor(name: String)
    /// A tensor is not part of the network.
    case unexpectedTensor(name: String)
    /// A tensor has the wrong element type.
    case wrongElementType(tensor: String, found: String, expected: String)
    /// A tensor has the wrong shape.
    case wrongShape(tensor: String, found: [Int], expected: [Int])
    /// The number of layers differs from the network's.
    case wrongLayerCount(found: Int, expected: Int)
    /// A weight is not a signed power of two up to 64, or its code is the illegal negative zero.
    case illegalWeight(tensor: String, index: Int, found: Int)
    /// A bias is beyond `±2^24`.
    case biasOutOfRange(tensor: String, channel: Int, found: Int)
    /// A shift is beyond `0...20`.
    case shiftOutOfRange(tensor: String, channel: Int, found: Int)
    /// A residual alignment leaves `0...20`.
    case residualShiftOutOfRange(tensor: String, channel: Int, found: Int, shift: Int)
    /// Some input could carry a sum beyond `2^30`.
    case accumulatorUnbounded(tensor: String, channel: Int, lowest: Int64, highest: Int64)

    /// What is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .unreadable(let reason):
            "backbone artefact is not a readable safetensors file: \(reason); fetch or export it again"
        case .missingMetadata(let key):
            "backbone artefact lacks metadata '\(key)'; export it with this program"
        case .illegalMetadata(let key, let found, let expected):
            "backbone artefact metadata '\(key)' is '\(found)', expected \(expected); export it again"
        case .unexpectedMetadata(let key):
            "backbone artefact has unknown metadata '\(key)'; remove it before sealing the file"
        case .unknownSchema(let found):
            "backbone artefact has schema '\(found)', this program reads '\(BackboneArtifact.schema)' and "
                + "'\(BackboneArtifact.schemaOfSums)'; use a matching program version"
        case .digestMismatch(let recorded, let computed):
            "backbone artefact records digest '\(recorded)' but its contents digest to '\(computed)'; "
                + "the file is damaged, fetch it again"
        case .missingTensor(let name):
            "backbone artefact lacks tensor '\(name)'; export the whole network"
        case .unexpectedTensor(let name):
            "backbone artefact has tensor '\(name)', which the network does not have; "
                + "check width and input size, or remove it"
        case .wrongElementType(let tensor, let found, let expected):
            "tensor '\(tensor)' has element type \(found), expected \(expected); export it again"
        case .wrongShape(let tensor, let found, let expected):
            "tensor '\(tensor)' has shape \(found), expected \(expected); check width and input size"
        case .wrongLayerCount(let found, let expected):
            "backbone has \(found) layers, expected \(expected); check the network description"
        case .illegalWeight(let tensor, let index, let found):
            "tensor '\(tensor)' holds \(found) at element \(index), expected 0, ±2^0...±2^6 or a sum of two "
                + "of them up to 64; project the weights to such numbers"
        case .biasOutOfRange(let tensor, let channel, let found):
            "tensor '\(tensor)' holds \(found) at channel \(channel), expected -2^24...2^24; calibrate again"
        case .shiftOutOfRange(let tensor, let channel, let found):
            "tensor '\(tensor)' holds \(found) at channel \(channel), expected 0...20; calibrate again"
        case .residualShiftOutOfRange(let tensor, let channel, let found, let shift):
            "tensor '\(tensor)' holds \(found), which with shift \(shift) of channel \(channel) leaves "
                + "0...20 (or the layer has no residual); calibrate again"
        case .accumulatorUnbounded(let tensor, let channel, let lowest, let highest):
            "tensor '\(tensor)' channel \(channel) can reach sums \(lowest)...\(highest), expected within "
                + "-2^30..<2^30; reduce its bias, shift or weights"
        }
    }
}
