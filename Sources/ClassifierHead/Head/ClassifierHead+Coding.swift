import Artifacts

/// The file form of a head: a safetensors file.
///
/// | entry | where | content |
/// |---|---|---|
/// | `weights` | tensor | I8 `[classes, features]` |
/// | `bias` | tensor | I32 `[classes]` |
/// | `scale` | tensor | F64 `[]` |
/// | `schema` | metadata | `hashiflex.head.1` |
/// | `class_names` | metadata | the class names, joined by line feeds |
/// | `backbone_digest` | metadata | 64 hexadecimal digits |
/// | `preprocessing` | metadata, optional | what the images went through that the head was fitted on |
/// | `summary` | metadata | how the head was fitted |
/// | `name` | metadata | the name |
/// | `version` | metadata, optional | the version |
/// | `digest` | metadata, optional | 64 hexadecimal digits, checked where present |
///
/// Nothing else may be in the file, so that the digest covers all of it.
extension ClassifierHead {
    /// The schema that is written, and the only one that is read.
    public static let schema = "hashiflex.head.1"

    /// Reads a head file, believing nothing that it says.
    ///
    /// - Throws: ``HeadError``: anything but `wrongWidth`, `otherBackbone` and the fitting cases.
    public init(decoding bytes: [UInt8]) throws(HeadError) {
        guard bytes.count <= Self.maximumFileByteCount else {
            throw .tooLarge(byteCount: bytes.count, maximum: Self.maximumFileByteCount)
        }
        let file: SafetensorsFile
        do throws(SafetensorsError) {
            file = try SafetensorsFile(
                decoding: bytes, headerBytesMax: Self.maximumFileByteCount - Self.maximumWeightCount,
                membersMax: 4_096)
        } catch {
            throw .container(error)
        }
        try self.init(file)
    }

    /// The bytes of the head file; the same head always gives the same bytes.
    public func encoded() -> [UInt8] { file.encoded() }

    /// The content of the head file, label and digest included.
    package var file: SafetensorsFile {
        var file = Self.file(
            classNames: classNames,
            featureCount: featureCount,
            weights: weights,
            bias: bias,
            scale: scale,
            backboneDigest: backboneDigest,
            preprocessing: preprocessing,
            summary: summary
        )
        file.metadata[Key.name] = name
        file.metadata[Key.version] = version
        file.metadata[Key.digest] = digest.hex
        return file
    }

    /// Checks the content of a head file.
    ///
    /// - Throws: as ``init(decoding:)``, but `container` for a wrong type only.
    package init(_ file: SafetensorsFile) throws(HeadError) {
        let schema = try Self.metadata(Key.schema, in: file)
        guard schema == Self.schema else { throw .unknownSchema(schema) }
        if let key = file.metadata.keys.sorted().first(where: { !Key.all.contains($0) }) {
            throw .unexpectedContent(key)
        }
        let tensorNames = [Key.weights, Key.bias, Key.scale]
        if let name = file.tensors.keys.sorted().first(where: { !tensorNames.contains($0) }) {
            throw .unexpectedContent(name)
        }

        let weights = try Self.tensor(Key.weights, in: file)
        guard weights.shape.count == 2 else {
            throw .badShape(tensor: Key.weights, expected: [0, 0], actual: weights.shape)
        }
        let (classCount, featureCount) = (weights.shape[0], weights.shape[1])
        guard Self.classCountRange.contains(classCount) else { throw .badClassCount(classCount) }
        guard Self.featureCountRange.contains(featureCount) else { throw .badFeatureCount(featureCount) }
        let bias = try Self.tensor(Key.bias, shape: [classCount], in: file)
        let scale = try Self.tensor(Key.scale, shape: [], in: file)
        let names = try Self.metadata(Key.classNames, in: file)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard names.count == classCount else {
            throw .badLabelCount(expected: classCount, actual: names.count)
        }
        let backbone = try Self.metadata(Key.backboneDigest, in: file)
        guard let backboneDigest = ContentDigest(hex: backbone) else {
            throw .badMetadata(key: Key.backboneDigest, value: backbone)
        }
        let head = try ClassifierHead(
            name: try Self.metadata(Key.name, in: file),
            version: file.metadata[Key.version],
            classNames: names,
            featureCount: featureCount,
            weights: try Self.values { () throws(SafetensorsError) in try weights.int8s() },
            bias: try Self.values { () throws(SafetensorsError) in try bias.int32s() },
            scale: try Self.values { () throws(SafetensorsError) in try scale.float64s() }[0],
            backboneDigest: backboneDigest,
            preprocessing: file.metadata[Key.preprocessing],
            summary: try Self.metadata(Key.summary, in: file)
        )
        if let stated = file.metadata[Key.digest] {
            guard let expected = ContentDigest(hex: stated) else {
                throw .badMetadata(key: Key.digest, value: stated)
            }
            guard expected == head.digest else {
                throw .digestMismatch(expected: expected, actual: head.digest)
            }
        }
        self = head
    }

    /// The part of the file that makes the identity of the head.
    static func file(
        classNames: [String],
        featureCount: Int,
        weights: [Int8],
        bias: [Int32],
        scale: Double,
        backboneDigest: ContentDigest,
        preprocessing: String?,
        summary: String
    ) -> SafetensorsFile {
        var file = SafetensorsFile(
            metadata: [
                Key.schema: schema,
                Key.classNames: classNames.joined(separator: "\n"),
                Key.backboneDigest: backboneDigest.hex,
                Key.summary: summary,
            ],
            tensors: [
                .int8(name: Key.weights, shape: [classNames.count, featureCount], values: weights),
                .int32(name: Key.bias, shape: [classNames.count], values: bias),
                .float64(name: Key.scale, shape: [], values: [scale]),
            ]
        )
        file.metadata[Key.preprocessing] = preprocessing
        return file
    }

    private enum Key {
        static let backboneDigest = "backbone_digest"
        static let bias = "bias"
        static let classNames = "class_names"
        static let digest = "digest"
        static let name = "name"
        static let preprocessing = "preprocessing"
        static let scale = "scale"
        static let schema = "schema"
        static let summary = "summary"
        static let version = "version"
        static let weights = "weights"

        /// The metadata keys.
        static let all: Set<String> = [
            backboneDigest, classNames, digest, name, preprocessing, schema, summary, version,
        ]
    }

    private static func metadata(_ key: String, in file: SafetensorsFile) throws(HeadError) -> String {
        guard let value = file.metadata[key] else { throw .missingMetadata(key) }
        return value
    }

    private static func tensor(
        _ name: String,
        shape: [Int]? = nil,
        in file: SafetensorsFile
    ) throws(HeadError) -> SafetensorsFile.Tensor {
        guard let tensor = file.tensors[name] else { throw .missingTensor(name) }
        if let shape, tensor.shape != shape {
            throw .badShape(tensor: name, expected: shape, actual: tensor.shape)
        }
        return tensor
    }

    private static func values<Value>(
        _ read: () throws(SafetensorsError) -> [Value]
    ) throws(HeadError) -> [Value] {
        do throws(SafetensorsError) {
            return try read()
        } catch {
            throw .container(error)
        }
    }
}
