private import CImageCodecs

/// Turns JPEG and PNG bytes into pixels, the same pixels on every machine.
///
/// JPEG is decoded with the integer slow IDCT and fancy upsampling, which libjpeg-turbo computes alike
/// with and without SIMD; gray becomes RGB by repetition; EXIF orientation and colour profiles are
/// ignored. PNG samples of 16 bit become `(v * 255 + 32895) >> 16`; alpha is then composited over white
/// as `(c * a + 255 * (255 - a) + 127) / 255`; gamma and profiles are ignored.
public enum ImageDecoder {
    /// Names the rules above; it changes when a rule does.
    public static let identity = "hsf-decode-1/jpeg-islow-fancy/png-round16-over-white"

    /// The libraries behind the decoder, as `name version`, for the metadata of an artefact.
    ///
    /// libpng and zlib are asked as loaded; libjpeg-turbo's is that of the headers compiled against.
    public static var libraryVersions: [String] {
        [
            "libjpeg-turbo \(String(cString: hsf_jpeg_version()))",
            "libpng \(String(cString: hsf_png_version()))",
            "zlib \(String(cString: hsf_zlib_version()))",
        ]
    }

    /// Decodes one image.
    ///
    /// - Parameter reserve: called once, with what the decode needs, before it is allocated; may wait until it is there.
    /// - Throws: every case of ``ImageDecodingError``; no partial image is ever returned.
    public static func decode(
        _ bytes: [UInt8],
        limits: DecodingLimits = .standard,
        reserve: (DecodingMemory) -> Void = { _ in }
    ) throws(ImageDecodingError) -> RGBImage {
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(ImageDecodingError) in
                try decode(buffer, limits: limits, reserve: reserve)
            }
        }
        return try result.get()
    }

    /// Decodes one image from borrowed memory.
    ///
    /// - Parameter reserve: called once, with what the decode needs, before it is allocated; may wait until it is there.
    /// - Throws: every case of ``ImageDecodingError``; no partial image is ever returned.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer,
        limits: DecodingLimits = .standard,
        reserve: (DecodingMemory) -> Void = { _ in }
    ) throws(ImageDecodingError) -> RGBImage {
        let (format, width, height, memory) = try probe(bytes, limits: limits)
        let call = CodecCall(bytes: bytes, limits: limits)
        let byteCount = memory.picture
        reserve(memory)
        var status = HSF_IMAGE_OK
        let pixels = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            status =
                switch format {
                case .jpeg: call.run(buffer, hsf_jpeg_decode)
                case .png: call.run(buffer, hsf_png_decode)
                }
            count = status == HSF_IMAGE_OK ? byteCount : 0
        }
        try call.check(status)
        return RGBImage(width: width, height: height, bytes: pixels)
    }

    /// Reads the format, size and need of an image from its header, allocating nothing of its size.
    ///
    /// - Throws: every case of ``ImageDecodingError``; damage after the header is not seen.
    public static func probe(
        _ bytes: UnsafeRawBufferPointer,
        limits: DecodingLimits = .standard
    ) throws(ImageDecodingError) -> (format: ImageFormat, width: Int, height: Int, memory: DecodingMemory) {
        guard !bytes.isEmpty else { throw .empty }
        guard let format = ImageFormat.sniff(bytes) else { throw .unknownFormat }
        let call = CodecCall(bytes: bytes, limits: limits)
        var info = hsf_image_info()
        let status =
            switch format {
            case .jpeg: call.run(&info, hsf_jpeg_probe)
            case .png: call.run(&info, hsf_png_probe)
            }
        try call.check(status)
        let (width, height) = (Int(info.width), Int(info.height))
        let memory = DecodingMemory(picture: width * height * 3, working: Int(info.working_bytes))
        return (format, width, height, memory)
    }
}

/// One call into the C target: its input, its limits and the message it leaves.
private final class CodecCall {
    private let bytes: UnsafeRawBufferPointer
    private var limits: hsf_image_limits
    private var message = [CChar](repeating: 0, count: Int(HSF_IMAGE_MESSAGE_BYTES))

    typealias Probe = (
        UnsafePointer<UInt8>?, Int, UnsafePointer<hsf_image_limits>?, UnsafeMutablePointer<hsf_image_info>?,
        UnsafeMutablePointer<CChar>?
    ) -> hsf_image_status
    typealias Decode = (
        UnsafePointer<UInt8>?, Int, UnsafePointer<hsf_image_limits>?, UnsafeMutablePointer<UInt8>?, Int,
        UnsafeMutablePointer<CChar>?
    ) -> hsf_image_status

    init(bytes: UnsafeRawBufferPointer, limits: DecodingLimits) {
        self.bytes = bytes
        self.limits = hsf_image_limits(
            width_max: UInt32(limits.widthMax),
            height_max: UInt32(limits.heightMax),
            pixels_max: UInt64(limits.pixelsMax)
        )
    }

    private var input: UnsafePointer<UInt8>? { bytes.assumingMemoryBound(to: UInt8.self).baseAddress }

    func run(_ info: inout hsf_image_info, _ probe: Probe) -> hsf_image_status {
        probe(input, bytes.count, &limits, &info, &message)
    }

    func run(_ output: UnsafeMutableBufferPointer<UInt8>, _ decode: Decode) -> hsf_image_status {
        decode(input, bytes.count, &limits, output.baseAddress, output.count, &message)
    }

    func check(_ status: hsf_image_status) throws(ImageDecodingError) {
        if status == HSF_IMAGE_OK { return }
        let end = message.firstIndex(of: 0) ?? message.endIndex
        let detail = String(decoding: message[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        switch status {
        case HSF_IMAGE_TOO_LARGE: throw .tooLarge(detail: detail)
        case HSF_IMAGE_UNSUPPORTED: throw .unsupported(detail: detail)
        case HSF_IMAGE_NO_MEMORY: throw .outOfMemory(detail: detail)
        default: throw .corrupt(detail: detail)
        }
    }
}
