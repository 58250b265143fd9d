private import CCrypto

/// A SHA-256 digest: the name by which backbones, heads and logits are known everywhere.
///
/// - Range: exactly 32 bytes; text form is 64 lower-case hexadecimal digits.
public struct ContentDigest: Hashable, Sendable, CustomStringConvertible, Codable {
    /// The 32 digest bytes.
    public let bytes: [UInt8]

    /// The digest of `content`.
    public init(of content: some Sequence<UInt8>) {
        var hasher = ContentHasher()
        hasher.update(content)
        self = hasher.finalize()
    }

    /// Parses 64 hexadecimal digits; `nil` for anything else.
    public init?(hex: String) {
        let digits = Array(hex.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for index in stride(from: 0, to: 64, by: 2) {
            guard let high = Self.nibble(digits[index]), let low = Self.nibble(digits[index + 1]) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        self.bytes = bytes
    }

    fileprivate init(rawBytes: [UInt8]) {
        precondition(rawBytes.count == 32, "a SHA-256 digest has 32 bytes")
        bytes = rawBytes
    }

    /// 64 lower-case hexadecimal digits.
    public var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The first 12 hexadecimal digits, for people.
    public var short: String { String(hex.prefix(12)) }

    /// The full hexadecimal form.
    public var description: String { hex }

    /// Reads the hexadecimal form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let digest = ContentDigest(hex: text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "a SHA-256 digest is 64 hexadecimal digits"
            )
        }
        self = digest
    }

    /// Writes the hexadecimal form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }

    private static func nibble(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

extension ContentDigest: Comparable {
    /// The order of the hexadecimal forms.
    public static func < (left: ContentDigest, right: ContentDigest) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

/// Computes a ``ContentDigest`` over content that arrives in pieces.
public struct ContentHasher: ~Copyable {
    private let context: OpaquePointer

    /// Starts an empty digest.
    public init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("libcrypto offers no SHA-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds `content` to what is digested.
    public mutating func update(_ content: some Sequence<UInt8>) {
        let done: Void? = content.withContiguousStorageIfAvailable { buffer in
            update(UnsafeRawBufferPointer(buffer))
        }
        if done == nil {
            Array(content).withUnsafeBytes { update($0) }
        }
    }

    /// Adds raw memory to what is digested.
    public mutating func update(_ content: UnsafeRawBufferPointer) {
        guard let base = content.baseAddress, !content.isEmpty else { return }
        precondition(EVP_DigestUpdate(context, base, content.count) == 1, "SHA-256 update failed")
    }

    /// Adds `value` as little-endian bytes.
    public mutating func update(littleEndian value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { update($0) }
    }

    /// Ends the digest.
    public consuming func finalize() -> ContentDigest {
        var bytes = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        let ok = bytes.withUnsafeMutableBufferPointer { EVP_DigestFinal_ex(context, $0.baseAddress, &length) }
        precondition(ok == 1 && length == 32, "SHA-256 finish failed")
        return ContentDigest(rawBytes: bytes)
    }
}
