private import CImageCodecs

/// Writes PNG and JPEG: sample archives, and fixtures for tests. Not part of the data path.
public enum ImageEncoder {
    /// Why pixels were not encoded: a side of 0 or over the format's own limit, or no memory.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// One line for people.
        public let description: String
    }

    /// How a JPEG is written.
    public struct JPEGOptions: Sendable, Hashable {
        /// 1...100.
        public var quality: Int
        /// Luma samples per chroma sample.
        public var subsampling: Subsampling
        /// Several scans instead of one.
        public var progressive: Bool

        /// Luma samples per chroma sample, along x then y.
        public enum Subsampling: Int, Sendable, Hashable, CaseIterable {
            /// 1 x 1, called 4:4:4.
            case none = 11
            /// 2 x 1, called 4:2:2.
            case horizontal = 21
            /// 1 x 2, called 4:4:0.
            case vertical = 12
            /// 2 x 2, called 4:2:0.
            case both = 22
        }

        /// Quality 90, 4:2:0, one scan unless told otherwise.
        public init(quality: Int = 90, subsampling: Subsampling = .both, progressive: Bool = false) {
            precondition((1...100).contains(quality), "jpeg quality is 1...100")
            self.quality = quality
            self.subsampling = subsampling
            self.progressive = progressive
        }
    }

    /// Encodes an image as PNG: 8-bit gray when it is gray everywhere, else 8-bit RGB.
    ///
    /// - Range: `level` is deflate's, 0...9. The same pixels, level, libpng and zlib give the same bytes.
    public static func png(_ image: RGBImage, level: Int = 9) throws(Failure) -> [UInt8] {
        if let gray = image.grayBytes {
            return try png(gray, width: image.width, height: image.height, channels: 1, level: level)
        }
        return try png(image.bytes, width: image.width, height: image.height, channels: 3, level: level)
    }

    /// Encodes 8-bit gray (1 channel), gray with alpha (2), RGB (3) or RGBA (4) samples as PNG.
    public static func png(
        _ samples: [UInt8],
        width: Int,
        height: Int,
        channels: Int,
        level: Int = 9
    ) throws(Failure) -> [UInt8] {
        precondition((0...9).contains(level), "a deflate level is 0...9")
        precondition(samples.count == width * height * channels, "samples fill the image")
        return try collect { out, count, message in
            hsf_png_encode(
                samples,
                UInt32(width),
                UInt32(height),
                Int32(channels),
                Int32(level),
                out,
                count,
                message
            )
        }
    }

    /// Encodes an RGB image as JPEG.
    public static func jpeg(
        _ image: RGBImage,
        options: JPEGOptions = JPEGOptions()
    ) throws(Failure) -> [UInt8] {
        try jpeg(image.bytes, width: image.width, height: image.height, channels: 3, options: options)
    }

    /// Encodes gray (1 channel), RGB (3) or CMYK (4) samples as JPEG.
    public static func jpeg(
        _ samples: [UInt8],
        width: Int,
        height: Int,
        channels: Int,
        options: JPEGOptions = JPEGOptions()
    ) throws(Failure) -> [UInt8] {
        precondition(samples.count == width * height * channels, "samples fill the image")
        let wanted = hsf_jpeg_options(
            quality: Int32(options.quality),
            subsampling: Int32(options.subsampling.rawValue),
            progressive: options.progressive ? 1 : 0
        )
        return try collect { out, count, message in
            hsf_jpeg_encode(
                samples,
                UInt32(width),
                UInt32(height),
                Int32(channels),
                wanted,
                out,
                count,
                message
            )
        }
    }

    /// Runs an encoder and copies its block into an array.
    private static func collect(
        _ encode: (
            UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>, UnsafeMutablePointer<Int>,
            UnsafeMutablePointer<CChar>
        ) -> hsf_image_status
    ) throws(Failure) -> [UInt8] {
        var block: UnsafeMutablePointer<UInt8>?
        var count = 0
        var message = [CChar](repeating: 0, count: Int(HSF_IMAGE_MESSAGE_BYTES))
        let status = encode(&block, &count, &message)
        defer { hsf_image_free(block) }
        guard status == HSF_IMAGE_OK, let block else {
            let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw Failure(description: "the image was not encoded: " + String(decoding: text, as: UTF8.self))
        }
        return Array(UnsafeBufferPointer(start: block, count: count))
    }
}
