/// The encodings a worker decodes.
public enum ImageFormat: String, Sendable, Hashable, CaseIterable {
    /// Baseline or progressive Huffman-coded JPEG.
    case jpeg
    /// PNG of any colour type and depth.
    case png

    /// Recognises the signature at the start of `bytes`; `nil` when it is neither.
    public static func sniff(_ bytes: some Sequence<UInt8>) -> ImageFormat? {
        let start = Array(bytes.prefix(8))
        if start.starts(with: [0xFF, 0xD8, 0xFF]) { return .jpeg }
        if start == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] { return .png }
        return nil
    }

    /// The usual file extension, without the dot.
    public var fileExtension: String { self == .jpeg ? "jpg" : "png" }
}
