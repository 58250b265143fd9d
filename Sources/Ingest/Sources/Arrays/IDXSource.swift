public import ImageDecoding

/// Images of an IDX file of unsigned bytes, the format of MNIST, plain or gzip, with labels beside it.
///
/// Three dimensions are `[images, height, width]` gray; four are `[images, height, width, channels]` with
/// 1 or 3 channels. Ids are `name/000000`: the file name up to its first `-` or `.`, and the index in at
/// least six digits. One image is held at a time.
public struct IDXSource: ImageSource {
    /// The file, its images and their size.
    public let summary: String
    /// An IDX file defines no class names.
    public var classNames: [String]? { nil }
    /// Images the header states.
    public let imageCount: Int

    private let images: ByteStream
    private let labels: ByteStream?
    private let idPrefix: String
    /// Most bytes of it.
    private static let prefixMax = 60
    private let height: Int
    private let width: Int
    private let channels: Int
    private var index = 0
    private var ended = false

    /// Opens an image file, and a label file of as many labels where given.
    ///
    /// - Throws: ``SourceError`` when a file is missing, is no IDX file, states images that are empty or
    ///   over `limits`, is shorter or longer than it states, or when the counts differ. The length of a
    ///   gzip file shows only at its end.
    public init(
        images imagesPath: String,
        labels labelsPath: String? = nil,
        limits: DecodingLimits = .standard,
        isStopped: @escaping StopCheck = { false }
    ) throws(SourceError) {
        let images = try ByteStream(path: imagesPath, isStopped: isStopped)
        let labels: ByteStream? =
            if let labelsPath { try ByteStream(path: labelsPath, isStopped: isStopped) } else { nil }
        try self.init(images: images, labels: labels, limits: limits)
    }

    init(images: ByteStream, labels: ByteStream?, limits: DecodingLimits) throws(SourceError) {
        let header = try IDXHeader(images)
        let shape = header.dimensions
        guard shape.count >= 3 else {
            throw .notAnImageSource(
                path: images.name,
                reason: "the idx file has \(shape.count) dimensions; images have 3 or 4"
            )
        }
        (imageCount, height, width) = (shape[0], shape[1], shape[2])
        channels = shape.count == 4 ? shape[3] : 1
        guard (1...limits.heightMax).contains(height), (1...limits.widthMax).contains(width),
            height * width <= limits.pixelsMax, channels == 1 || channels == 3
        else {
            let stated = shape.dropFirst().map(String.init).joined(separator: " x ")
            throw .malformed(
                source: images.name,
                reason: "the idx header states images of \(stated); allowed are 1 or 3 channels and "
                    + "\(limits.pixelsMax) pixels"
            )
        }
        try Self.checkLength(images, header)
        if let labels {
            let labelHeader = try IDXHeader(labels)
            guard labelHeader.dimensions == [imageCount] else {
                throw .malformed(
                    source: labels.name,
                    reason: "states \(labelHeader.dimensions) labels for \(imageCount) images"
                )
            }
            try Self.checkLength(labels, labelHeader)
        }
        self.images = images
        self.labels = labels
        let file = images.name.split(separator: "/").last ?? "idx"
        let prefix = SourceImage.printableID(String(file.prefix { $0 != "-" && $0 != "." }))
        // An id has a bound in bytes: a character may take many.
        var short = String(prefix.prefix(Self.prefixMax))
        while short.utf8.count > Self.prefixMax { short.removeLast() }
        idPrefix = short.isEmpty ? "idx" : short
        summary =
            "idx file \(images.name): \(imageCount) images of \(width) x \(height) x \(channels)"
            + (labels.map { ", labels from \($0.name)" } ?? ", no labels")
    }

    /// Compares a plain file's length with its header, before anything is allocated by it.
    private static func checkLength(_ stream: ByteStream, _ header: IDXHeader) throws(SourceError) {
        guard let found = try stream.fileBytes else { return }
        var stated = header.bytes
        var product = 1
        for length in header.dimensions {
            let (value, overflow) = product.multipliedReportingOverflow(by: length)
            product = overflow ? Int.max / 2 : value
        }
        stated = stated.addingReportingOverflow(product).partialValue
        if found < stated {
            throw .truncated(
                source: stream.name,
                reason: "the idx header states \(stated) bytes and the file has \(found)"
            )
        }
        if found > stated {
            throw .malformed(
                source: stream.name,
                reason: "the idx header states \(stated) bytes and the file has \(found)"
            )
        }
    }

    /// The next image.
    ///
    /// - Throws: ``SourceError/truncated(source:reason:)`` or ``SourceError/malformed(source:reason:)`` when
    ///   either file ends early or late, after the last whole image.
    public mutating func next() throws(SourceError) -> SourceOutcome? {
        if ended { return nil }
        do throws(SourceError) {
            return try step()
        } catch .stopped {
            ended = true
            return nil
        } catch {
            ended = true
            throw error
        }
    }

    private mutating func step() throws(SourceError) -> SourceOutcome? {
        guard index < imageCount else {
            ended = true
            for stream in [images, labels].compactMap({ $0 }) where try !stream.peek(1).isEmpty {
                throw .malformed(
                    source: stream.name,
                    reason: "goes on after the \(imageCount) items it states"
                )
            }
            return nil
        }
        let samples = try images.read(height * width * channels)
        guard samples.count == height * width * channels else {
            throw .truncated(source: images.name, reason: "holds \(index) of \(imageCount) images")
        }
        var label: Int?
        if let labels {
            guard let byte = try labels.read(1).first else {
                throw .truncated(source: labels.name, reason: "holds \(index) of \(imageCount) labels")
            }
            label = Int(byte)
        }
        let digits = String(index)
        let id = "\(idPrefix)/\(String(repeating: "0", count: max(0, 6 - digits.utf8.count)))\(digits)"
        index += 1
        let pixels =
            channels == 1
            ? RGBImage(gray: samples, width: width, height: height)
            : RGBImage(width: width, height: height, bytes: samples)
        return .image(SourceImage(id: id, content: .pixels(pixels), label: label))
    }

    /// The label file that belongs to an image file by MNIST's naming, when it exists.
    ///
    /// `x-images-idx3-ubyte.gz` has its labels in `x-labels-idx1-ubyte.gz`.
    public static func siblingLabels(of imagesPath: String) -> String? {
        var parts = imagesPath.split(separator: "/", omittingEmptySubsequences: false)
        guard let name = parts.last.map(String.init) else { return nil }
        for (images, labels) in [("-images-idx3-", "-labels-idx1-"), ("-images.idx3-", "-labels.idx1-")] {
            guard let range = name.firstRange(of: images) else { continue }
            parts[parts.count - 1] = Substring(name.replacingCharacters(in: range, with: labels))
            let path = parts.joined(separator: "/")
            return (try? FileStamp(path: path)) == nil ? nil : path
        }
        return nil
    }
}

extension String {
    /// This text with one range replaced.
    fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
        self[..<range.lowerBound] + text + self[range.upperBound...]
    }
}
