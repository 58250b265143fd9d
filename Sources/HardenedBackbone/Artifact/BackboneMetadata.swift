import QuantizedTensors

/// The metadata entries of a backbone artefact, apart from the digest.
struct BackboneMetadata {
    /// Names of the entries.
    enum Key {
        static let format = "format"
        static let schema = "schema"
        static let widthPercent = "width_percent"
        static let inputSize = "input_size"
        static let inputMean = "input_mean"
        static let poolShift = "pool_shift"
        static let activationExponents = "activation_exponents"
        static let preprocessing = "preprocessing"
        static let description = "description"
        static let digest = "digest"

        static let all: Set<String> = [
            format, schema, widthPercent, inputSize, inputMean, poolShift, activationExponents,
            preprocessing, description, digest,
        ]
    }

    let network: NetworkDescription
    let inputMean: [UInt8]
    let poolShift: UInt8
    let activationExponents: [Int8]
    let preprocessing: String
    let description: String
    /// ``BackboneArtifact/schema`` or ``BackboneArtifact/schemaOfSums``.
    let schema: String

    /// The entries as text.
    var entries: [String: String] {
        [
            Key.format: BackboneArtifact.format,
            Key.schema: schema,
            Key.widthPercent: String(network.widthPercent),
            Key.inputSize: String(network.inputSize),
            Key.inputMean: inputMean.map { String($0) }.joined(separator: ","),
            Key.poolShift: String(poolShift),
            Key.activationExponents: activationExponents.map { String($0) }.joined(separator: ","),
            Key.preprocessing: preprocessing,
            Key.description: description,
        ]
    }
}

extension BackboneMetadata {
    /// Reads the entries; format and schema come first, so that other files are refused with the right words.
    ///
    /// - Throws: the first missing, unknown or illegal entry.
    init(entries: [String: String]) throws(BackboneArtifactError) {
        func entry(_ key: String) throws(BackboneArtifactError) -> String {
            guard let text = entries[key] else { throw .missingMetadata(key: key) }
            return text
        }
        func integers<Value: FixedWidthInteger>(
            _ key: String,
            expected: String
        ) throws(BackboneArtifactError) -> [Value] {
            let text = try entry(key)
            let parts = text.split(separator: ",", omittingEmptySubsequences: false)
            let values = parts.compactMap { Value($0) }
            // Comparing the canonical text refuses signs, leading zeros and spaces.
            guard values.count == parts.count, values.map({ String($0) }).joined(separator: ",") == text
            else {
                throw .illegalMetadata(key: key, found: text, expected: expected)
            }
            return values
        }
        func integer<Value: FixedWidthInteger>(
            _ key: String,
            expected: String
        ) throws(BackboneArtifactError) -> Value {
            let values: [Value] = try integers(key, expected: expected)
            guard values.count == 1 else {
                throw .illegalMetadata(key: key, found: try entry(key), expected: expected)
            }
            return values[0]
        }

        let format = try entry(Key.format)
        guard format == BackboneArtifact.format else {
            throw .illegalMetadata(key: Key.format, found: format, expected: "'\(BackboneArtifact.format)'")
        }
        let schema = try entry(Key.schema)
        guard [BackboneArtifact.schema, BackboneArtifact.schemaOfSums].contains(schema) else {
            throw .unknownSchema(found: schema)
        }
        self.schema = schema
        if let unknown = entries.keys.filter({ !Key.all.contains($0) }).min() {
            throw .unexpectedMetadata(key: unknown)
        }
        let widthPercent: Int = try integer(Key.widthPercent, expected: "an integer")
        let inputSize: Int = try integer(Key.inputSize, expected: "an integer")
        guard let network = NetworkDescription(widthPercent: widthPercent, inputSize: inputSize) else {
            throw .illegalMetadata(
                key: "\(Key.widthPercent), \(Key.inputSize)",
                found: "\(widthPercent), \(inputSize)",
                expected: "a width of 10...200 and a multiple of 32 up to 512"
            )
        }
        self.network = network
        inputMean = try integers(Key.inputMean, expected: "three bytes")
        poolShift = try integer(Key.poolShift, expected: "3...6")
        activationExponents = try integers(
            Key.activationExponents,
            expected: "\(network.layers.count) integers"
        )
        preprocessing = try entry(Key.preprocessing)
        description = try entry(Key.description)
    }
}
