/// Why bytes did not decode to an image.
///
/// `detail` is the library's own one-line reason.
public enum ImageDecodingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// There were no bytes at all.
    case empty
    /// The bytes start like neither JPEG nor PNG.
    case unknownFormat
    /// The bytes are damaged or cut short; nothing of them is used.
    case corrupt(detail: String)
    /// The header declares more than ``DecodingLimits`` allow.
    case tooLarge(detail: String)
    /// A sound file of a kind that is refused: CMYK, arithmetic coding, 12-bit JPEG, over 100 scans.
    case unsupported(detail: String)
    /// The machine had no memory for an image inside the limits.
    case outOfMemory(detail: String)

    /// One line for people.
    public var description: String {
        switch self {
        case .empty: "the image has no bytes"
        case .unknownFormat: "the bytes start like neither jpeg nor png; convert the file"
        case .corrupt(let detail): "the image is damaged or cut short: \(detail)"
        case .tooLarge(let detail): "the image is over the size limit: \(detail)"
        case .unsupported(let detail): "this kind of image is not decoded: \(detail)"
        case .outOfMemory(let detail): "memory ran out while decoding: \(detail)"
        }
    }
}
