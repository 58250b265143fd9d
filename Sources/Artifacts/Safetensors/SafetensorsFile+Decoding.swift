extension SafetensorsFile {
    /// Reads the bytes of a safetensors file, believing nothing that they say.
    ///
    /// The tensors may lie in any order, but must cover the data exactly: no overlap, no hole, nothing
    /// after the last. Names that differ only in Unicode normalisation count as the same name.
    ///
    /// - Parameters:
    ///   - headerBytesMax: the most bytes of a header that is looked at.
    ///   - membersMax: the most tensors, fields of metadata and fields of a tensor: each takes more memory than text.
    /// - Throws: every case of ``SafetensorsError`` but `missingTensor` and `wrongElementType`.
    /// - Complexity: linear in `bytes`; the header length is bounded before anything is allocated for it.
    public init(
        decoding bytes: [UInt8], headerBytesMax: Int = maximumHeaderLength, membersMax: Int = .max
    ) throws(SafetensorsError) {
        guard bytes.count >= 8 else { throw .truncated(expected: 8, actual: bytes.count) }
        var length: UInt64 = 0
        for index in 0..<8 { length |= UInt64(bytes[index]) << UInt64(8 * index) }
        guard length <= UInt64(headerBytesMax) else {
            throw .headerTooLarge(length: length, maximum: headerBytesMax)
        }
        guard length <= UInt64(bytes.count - 8) else {
            throw .headerBeyondFile(length: length, available: bytes.count - 8)
        }
        let dataStart = 8 + Int(length)
        let header = Array(bytes[8..<dataStart])
        guard String(validating: header, as: UTF8.self) != nil else { throw .headerNotUTF8 }

        var parser = SafetensorsHeaderParser(header, membersMax: membersMax)
        let content = try parser.parse()
        try Self.checkLayout(content.tensors, dataCount: bytes.count - dataStart)
        let tensors = content.tensors.map { entry in
            Tensor(
                name: entry.name,
                elementType: entry.elementType,
                shape: entry.shape,
                bytes: Array(bytes[(dataStart + entry.begin)..<(dataStart + entry.end)])
            )
        }
        self.init(metadata: content.metadata, tensors: tensors)
    }

    /// Checks that the tensors are as long as they say and cover the data exactly.
    private static func checkLayout(
        _ entries: [SafetensorsHeaderParser.Entry],
        dataCount: Int
    ) throws(SafetensorsError) {
        var expectedBegin = 0
        for entry in entries.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
            guard entry.begin <= entry.end, entry.end <= dataCount else {
                throw .offsetsOutOfRange(
                    tensor: entry.name,
                    begin: entry.begin,
                    end: entry.end,
                    available: dataCount
                )
            }
            let count = elementCount(of: entry.shape)
            guard let size = count?.multipliedReportingOverflow(by: entry.elementType.byteCount),
                !size.overflow
            else { throw .shapeOverflow(tensor: entry.name) }
            guard size.partialValue == entry.end - entry.begin else {
                throw .wrongByteCount(
                    tensor: entry.name,
                    expected: size.partialValue,
                    actual: entry.end - entry.begin
                )
            }
            guard entry.begin >= expectedBegin else {
                throw .overlap(tensor: entry.name, expectedBegin: expectedBegin, actualBegin: entry.begin)
            }
            guard entry.begin == expectedBegin else {
                throw .hole(tensor: entry.name, expectedBegin: expectedBegin, actualBegin: entry.begin)
            }
            expectedBegin = entry.end
        }
        guard expectedBegin == dataCount else { throw .trailingBytes(count: dataCount - expectedBegin) }
    }
}
