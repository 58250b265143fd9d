extension SafetensorsFile {
    /// A named array of one element type.
    public struct Tensor: Sendable, Equatable {
        /// The name; `__metadata__` is reserved.
        public let name: String

        /// The type of every element.
        public let elementType: ElementType

        /// The dimensions, slowest first; empty for a single element.
        public let shape: [Int]

        /// The elements, little endian, the last dimension running fastest.
        public let bytes: [UInt8]

        /// A tensor of `bytes`, whose number must be that of `shape` and `elementType`.
        public init(name: String, elementType: ElementType, shape: [Int], bytes: [UInt8]) {
            precondition(name != SafetensorsFile.metadataKey, "no tensor may be named __metadata__")
            let count = SafetensorsFile.elementCount(of: shape)
            let size = count.map { $0.multipliedReportingOverflow(by: elementType.byteCount) }
            precondition(
                size?.overflow == false && size?.partialValue == bytes.count,
                "tensor \(name): shape \(shape) of \(elementType.rawValue) does not fill \(bytes.count) bytes"
            )
            self.name = name
            self.elementType = elementType
            self.shape = shape
            self.bytes = bytes
        }

        /// A tensor of signed bytes.
        public static func int8(name: String, shape: [Int], values: [Int8]) -> Tensor {
            Tensor(name: name, elementType: .i8, shape: shape, bytes: values.map { UInt8(bitPattern: $0) })
        }

        /// A tensor of unsigned bytes.
        public static func uint8(name: String, shape: [Int], values: [UInt8]) -> Tensor {
            Tensor(name: name, elementType: .u8, shape: shape, bytes: values)
        }

        /// A tensor of signed 32-bit integers.
        public static func int32(name: String, shape: [Int], values: [Int32]) -> Tensor {
            Tensor(name: name, elementType: .i32, shape: shape, bytes: littleEndianBytes(of: values))
        }

        /// A tensor of 32-bit floating-point numbers; the bits of NaN are kept.
        public static func float32(name: String, shape: [Int], values: [Float]) -> Tensor {
            Tensor(
                name: name,
                elementType: .f32,
                shape: shape,
                bytes: littleEndianBytes(of: values.map(\.bitPattern))
            )
        }

        /// A tensor of 64-bit floating-point numbers; the bits of NaN are kept.
        public static func float64(name: String, shape: [Int], values: [Double]) -> Tensor {
            Tensor(
                name: name,
                elementType: .f64,
                shape: shape,
                bytes: littleEndianBytes(of: values.map(\.bitPattern))
            )
        }

        /// The elements of a tensor of signed bytes.
        ///
        /// - Throws: `wrongElementType`.
        public func int8s() throws(SafetensorsError) -> [Int8] {
            try require(.i8)
            return bytes.map { Int8(bitPattern: $0) }
        }

        /// The elements of a tensor of unsigned bytes.
        ///
        /// - Throws: `wrongElementType`.
        public func uint8s() throws(SafetensorsError) -> [UInt8] {
            try require(.u8)
            return bytes
        }

        /// The elements of a tensor of signed 32-bit integers.
        ///
        /// - Throws: `wrongElementType`.
        public func int32s() throws(SafetensorsError) -> [Int32] {
            try require(.i32)
            return littleEndianValues()
        }

        /// The elements of a tensor of 32-bit floating-point numbers; the bits of NaN are kept.
        ///
        /// - Throws: `wrongElementType`.
        public func float32s() throws(SafetensorsError) -> [Float] {
            try require(.f32)
            let patterns: [UInt32] = littleEndianValues()
            return patterns.map { Float(bitPattern: $0) }
        }

        /// The elements of a tensor of 64-bit floating-point numbers; the bits of NaN are kept.
        ///
        /// - Throws: `wrongElementType`.
        public func float64s() throws(SafetensorsError) -> [Double] {
            try require(.f64)
            let patterns: [UInt64] = littleEndianValues()
            return patterns.map { Double(bitPattern: $0) }
        }

        private func require(_ expected: ElementType) throws(SafetensorsError) {
            guard elementType == expected else {
                throw .wrongElementType(tensor: name, expected: expected, actual: elementType)
            }
        }

        private static func littleEndianBytes<Value: FixedWidthInteger>(of values: [Value]) -> [UInt8] {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(values.count * MemoryLayout<Value>.size)
            for value in values {
                withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
            }
            return bytes
        }

        private func littleEndianValues<Value: FixedWidthInteger & BitwiseCopyable>() -> [Value] {
            bytes.withUnsafeBytes { raw in
                stride(from: 0, to: raw.count, by: MemoryLayout<Value>.size).map { offset in
                    Value(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: Value.self))
                }
            }
        }
    }
}
