public import Artifacts

/// Prepared images in one block of memory, each with the class of the head that is right.
public struct LabelledTensors: Sendable {
    /// Bytes of one image.
    public let imageBytes: Int
    /// The images, one after the other.
    ///
    /// - Shape: `[images, imageBytes]`.
    public private(set) var bytes: [UInt8] = []
    /// The class of each image.
    public private(set) var classes: [Int] = []

    /// No images.
    public init(imageBytes: Int) {
        precondition(imageBytes > 0, "an image has at least one byte")
        self.imageBytes = imageBytes
    }

    /// Makes room for `count` images, so that adding them copies nothing.
    public mutating func reserve(_ count: Int) {
        bytes.reserveCapacity(count * imageBytes)
        classes.reserveCapacity(count)
    }

    /// Adds an image.
    public mutating func append(_ image: [UInt8], trueClass: Int) {
        precondition(image.count == imageBytes, "all images have the same size")
        bytes += image
        classes.append(trueClass)
    }

    /// How many images there are.
    public var count: Int { classes.count }

    /// Digest over images and classes in their order: the data that figures were measured on.
    public var digest: ContentDigest {
        var hasher = ContentHasher()
        hasher.update(bytes)
        for trueClass in classes { hasher.update(littleEndian: Int32(trueClass)) }
        return hasher.finalize()
    }

    /// Image `index` as an array.
    public func image(_ index: Int) -> [UInt8] {
        Array(bytes[index * imageBytes..<(index + 1) * imageBytes])
    }
}
