import Artifacts
import ClassifierHead
import HardenedBackbone

/// The file form of a frozen model: the backbone's safetensors file, and the head's content with `head.` before every
/// name.
///
/// | entry | where | content |
/// |---|---|---|
/// | everything of the backbone's file | | but for the two below |
/// | `schema` | metadata | `2`, so that programs that know open backbones only refuse it by that word |
/// | `digest` | metadata | 64 hexadecimal digits over everything else in the file |
/// | `head.weights`, `head.bias`, `head.scale` | tensors | as in a head file |
/// | `head.schema`, `head.name`, `head.version`, ... | metadata | as in a head file |
///
/// The open backbone's digest is `head.backbone_digest`, the one that the head was fitted for: it is computed again
/// from the backbone's part, and must agree. So both parts come out of the file as they went in, to the byte.
extension HardenedModel {
    /// Names of entries that this type writes or reads by itself.
    enum Key {
        static let format = "format"
        static let schema = "schema"
        static let digest = "digest"
        static let headPrefix = "head."
    }

    /// Reads and checks a model file of either kind.
    ///
    /// - Throws: ``HardenedModelError`` naming the tensor or metadata entry; no damaged file is accepted.
    public init(decoding bytes: [UInt8]) throws(HardenedModelError) {
        let file: SafetensorsFile
        do {
            file = try SafetensorsFile(decoding: bytes)
        } catch {
            throw .backbone(.unreadable(reason: "\(error)"))
        }
        let schema = file.metadata[Key.schema]
        guard file.metadata[Key.format] == BackboneArtifact.format, let schema,
            ![BackboneArtifact.schema, BackboneArtifact.schemaOfSums].contains(schema)
        else {
            // An open backbone, or no backbone at all: its own reader has the words.
            self.init(try Self.backbone(file))
            return
        }
        guard schema == Self.frozenSchema else { throw .unknownSchema(found: schema) }
        try self.init(frozen: file)
    }

    /// The model as the bytes of a safetensors file; equal models give equal bytes, an open one those of its backbone.
    public func encoded() -> [UInt8] {
        guard let frozenHead else { return backbone.encoded() }
        var file = Self.content(backbone, frozenHead)
        file.metadata[Key.digest] = digest.hex
        return file.encoded()
    }

    private init(frozen file: SafetensorsFile) throws(HardenedModelError) {
        guard let recorded = file.metadata[Key.digest] else {
            throw .backbone(.missingMetadata(key: Key.digest))
        }
        // Before anything is believed: whatever is wrong with a damaged file, the damage is the reason.
        let computed = file.contentDigest(excludingMetadata: [Key.digest])
        guard recorded == computed.hex else {
            throw .backbone(.digestMismatch(recorded: recorded, computed: computed))
        }
        var parts = Self.split(file)
        let head: ClassifierHead
        do {
            head = try ClassifierHead(parts.head)
        } catch {
            throw .head(error)
        }
        // Sealed anew, so that what is wrong with the backbone's part is named; whether it is the one that the head was
        // fitted for is checked with the head.
        parts.backbone.metadata[Key.schema] = BackboneArtifact.schema(ofTensors: parts.backbone.tensors.keys)
        parts.backbone.metadata[Key.digest] =
            parts.backbone.contentDigest(excludingMetadata: [Key.digest]).hex
        let backbone = try Self.backbone(parts.backbone)
        try self.init(freezing: head, into: backbone)
        // Only where the file leaves out what is always written, such as the head's own digest.
        guard digest == computed else {
            throw .backbone(.digestMismatch(recorded: recorded, computed: digest))
        }
    }

    private static func backbone(_ file: SafetensorsFile) throws(HardenedModelError) -> BackboneArtifact {
        do {
            return try BackboneArtifact(file)
        } catch {
            throw .backbone(error)
        }
    }

    /// The content of the frozen file, without its digest.
    static func content(_ backbone: BackboneArtifact, _ head: ClassifierHead) -> SafetensorsFile {
        let (trunk, top) = (backbone.file, head.file)
        var metadata = trunk.metadata
        metadata[Key.digest] = nil
        metadata[Key.schema] = frozenSchema
        for (key, value) in top.metadata { metadata[Key.headPrefix + key] = value }
        return SafetensorsFile(
            metadata: metadata,
            tensors: Array(trunk.tensors.values)
                + top.tensors.values.map { $0.renamed(Key.headPrefix + $0.name) })
    }

    /// The two files that went into a frozen one, each still to be checked.
    private static func split(_ file: SafetensorsFile) -> (backbone: SafetensorsFile, head: SafetensorsFile) {
        func bare(_ name: String) -> String? {
            // By bytes: characters may join across the full stop.
            name.utf8.starts(with: Key.headPrefix.utf8)
                ? String(decoding: name.utf8.dropFirst(Key.headPrefix.utf8.count), as: UTF8.self) : nil
        }
        var backbone = SafetensorsFile(metadata: [:], tensors: [])
        var head = backbone
        for (key, value) in file.metadata {
            if let key = bare(key) { head.metadata[key] = value } else { backbone.metadata[key] = value }
        }
        for (name, tensor) in file.tensors {
            if let name = bare(name) {
                head.tensors[name] = tensor.renamed(name)
            } else {
                backbone.tensors[name] = tensor
            }
        }
        return (backbone, head)
    }
}

extension SafetensorsFile.Tensor {
    /// The same elements under another name.
    fileprivate func renamed(_ name: String) -> SafetensorsFile.Tensor {
        .init(name: name, elementType: elementType, shape: shape, bytes: bytes)
    }
}
