import Artifacts
import Testing
import TestSupport

@Suite struct SafetensorsDecodingTests {
    @Test func truncationAtEveryLengthIsRefused() {
        let bytes = smallFile().encoded()
        for length in 0..<bytes.count {
            #expect(decodingError(Array(bytes[..<length])) != nil, "cut to \(length) bytes")
        }
        #expect(decodingError(Array(bytes[..<7])) == .truncated(expected: 8, actual: 7))
    }

    @Test func bytesAfterTheLastTensorAreRefused() {
        #expect(decodingError(smallFile().encoded() + [0]) == .trailingBytes(count: 1))
    }

    @Test func singleBitFlipsNeverCrash() {
        let bytes = smallFile().encoded()
        for seed in UInt64(0)..<2_000 {
            var generator = SeededRandom(seed: seed)
            var damaged = bytes
            let bit = Int.random(in: 0..<(8 * bytes.count), using: &generator)
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            // A flip in the data or in a name leaves a valid file, which must then survive writing.
            guard let file = try? SafetensorsFile(decoding: damaged) else { continue }
            #expect((try? SafetensorsFile(decoding: file.encoded())) == file, "seed \(seed)")
        }
    }

    @Test(arguments: [UInt64.max, UInt64.max - 7, 1 << 63, 100_000_001])
    func aHugeHeaderLengthIsRefusedBeforeAnythingIsAllocated(length: UInt64) {
        let bytes = littleEndian(length) + Array("{}".utf8)
        #expect(decodingError(bytes) == .headerTooLarge(length: length, maximum: 100_000_000))
    }

    @Test func aHeaderLengthBeyondTheFileIsRefused() {
        let bytes = littleEndian(100_000_000) + Array("{}".utf8)
        #expect(decodingError(bytes) == .headerBeyondFile(length: 100_000_000, available: 2))
        #expect(
            decodingError(littleEndian(3) + Array("{}".utf8)) == .headerBeyondFile(length: 3, available: 2)
        )
    }

    @Test func anEmptyHeaderIsRefused() {
        #expect(decodingError(littleEndian(0)) == .malformedHeader(offset: 0, reason: "no '{'"))
    }

    @Test func aHeaderThatIsNotUTF8IsRefused() {
        let header: [UInt8] = Array("{\"__metadata__\":{\"a\":\"".utf8) + [0xC3, 0x28] + Array("\"}}".utf8)
        #expect(decodingError(littleEndian(UInt64(header.count)) + header) == .headerNotUTF8)
    }

    @Test func overlapIsRefused() {
        let header = tensors(("a", "U8", "[3]", "[0,3]"), ("b", "U8", "[2]", "[2,4]"))
        #expect(
            decodingError(fileBytes(header: header, data: [1, 2, 3, 4]))
                == .overlap(tensor: "b", expectedBegin: 3, actualBegin: 2)
        )
    }

    @Test func twoTensorsOverTheSameBytesAreRefused() {
        let header = tensors(("a", "U8", "[4]", "[0,4]"), ("b", "U8", "[4]", "[0,4]"))
        guard case .overlap = decodingError(fileBytes(header: header, data: [1, 2, 3, 4])) else {
            Issue.record("the overlap was not refused")
            return
        }
    }

    @Test func aHoleIsRefused() {
        let between = tensors(("a", "U8", "[1]", "[0,1]"), ("b", "U8", "[2]", "[2,4]"))
        #expect(
            decodingError(fileBytes(header: between, data: [1, 2, 3, 4]))
                == .hole(tensor: "b", expectedBegin: 1, actualBegin: 2)
        )
        let before = tensors(("a", "U8", "[3]", "[1,4]"))
        #expect(
            decodingError(fileBytes(header: before, data: [1, 2, 3, 4]))
                == .hole(tensor: "a", expectedBegin: 0, actualBegin: 1)
        )
    }

    @Test(arguments: [
        ("[0,5]", 0, 5), ("[3,1]", 3, 1), ("[9223372036854775807,9223372036854775807]", Int.max, Int.max),
    ])
    func offsetsOutsideTheDataAreRefused(offsets: String, begin: Int, end: Int) {
        let bytes = fileBytes(header: tensors(("a", "U8", "[4]", offsets)), data: [1, 2, 3, 4])
        #expect(decodingError(bytes) == .offsetsOutOfRange(tensor: "a", begin: begin, end: end, available: 4))
    }

    @Test(arguments: ["[9223372036854775807,2]", "[4294967296,4294967296]", "[1152921504606846976]"])
    func shapesWhoseProductOverflowsAreRefused(shape: String) {
        let bytes = fileBytes(header: tensors(("a", "F64", shape, "[0,0]")))
        #expect(decodingError(bytes) == .shapeOverflow(tensor: "a"))
    }

    @Test func dataThatDoesNotFillTheShapeIsRefused() {
        let bytes = fileBytes(header: tensors(("a", "I32", "[2]", "[0,4]")), data: [1, 2, 3, 4])
        #expect(decodingError(bytes) == .wrongByteCount(tensor: "a", expected: 8, actual: 4))
    }

    @Test func anUnknownElementTypeIsNamed() {
        let bytes = fileBytes(header: tensors(("a", "F8_E4M3", "[1]", "[0,1]")), data: [1])
        #expect(decodingError(bytes) == .unknownElementType(tensor: "a", name: "F8_E4M3"))
    }

    @Test(arguments: ["dtype", "shape", "data_offsets"])
    func aMissingFieldIsNamed(field: String) {
        let fields = ["dtype": "\"U8\"", "shape": "[1]", "data_offsets": "[0,1]"].filter { $0.key != field }
        let header = "{\"a\":{" + fields.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}}"
        #expect(
            decodingError(fileBytes(header: header, data: [1])) == .missingField(tensor: "a", field: field)
        )
    }

    @Test(arguments: [
        #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"#
            + #""a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#,
        #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"#
            + #""\u0061":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#,
        #"{"__metadata__":{},"__metadata__":{}}"#,
        #"{"__metadata__":{"k":"1","k":"2"}}"#,
        #"{"a":{"dtype":"U8","dtype":"I8","shape":[0],"data_offsets":[0,0]}}"#,
        #"{"a":{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]}}"#,
        #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"data_offsets":[0,0]}}"#,
    ])
    func duplicateKeysAreRefused(header: String) {
        guard case .duplicateKey = decodingError(fileBytes(header: header)) else {
            Issue.record("not refused: \(header)")
            return
        }
    }

    @Test(arguments: [
        " {}", "[]", "{", "{}x", "{}\n", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1}"#, #"{"__metadata__":{}"#,
        #"{"__metadata__":{},}"#,
        #"{"__metadata__":{"k":1}}"#, #"{"__metadata__":{"k":"v",}}"#, #"{"__metadata__":{"k":"\x"}}"#,
        #"{"__metadata__":{"k":"\u12g4"}}"#, #"{"__metadata__":{"k":"\ud800"}}"#,
        #"{"__metadata__":{"k":"\ud800\u0041"}}"#, #"{"__metadata__":{"k":"\udc00"}}"#,
        #"{"__metadata__":{"k":"\u+123"}}"#, "{\"__metadata__\":{\"k\":\"a\nb\"}}",
        #"{"__metadata__":{"k":"v}}"#,
        #"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,0]}}"#,
        #"{"a":{"dtype":"U8","shape":[00],"data_offsets":[0,0]}}"#,
        #"{"a":{"dtype":"U8","shape":[0.0],"data_offsets":[0,0]}}"#,
        #"{"a":{"dtype":"U8","shape":[1e0],"data_offsets":[0,0]}}"#,
        #"{"a":{"dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,0]}}"#,
        #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0]}}"#,
        #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0,0]}}"#,
        #"{"__metadata__":nul}"#, #"{"__metadata__":nulll}"#,
        #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"extra":}}"#,
        #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"extra":[1,]}}"#,
        #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"extra":[1}]}}"#,
        #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"extra":{"k"}}}"#,
        #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"extra":{"k":1,}}}"#,
        #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"extra":-}}"#,
        #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"extra":01}}"#,
        #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"extra":1.}}"#,
        #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"extra":nope}}"#,
        #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"extra":[[[["#,
    ])
    func headersOutsideTheFormatAreRefused(header: String) {
        guard case .malformedHeader = decodingError(fileBytes(header: header)) else {
            Issue.record("not refused as malformed: \(header)")
            return
        }
    }

    @Test(arguments: [
        #""x""#, "null", "true", "-0.5e+7", "[]", "{}", #"[1,[2,{"k":[],"l":{"m":[null]}}],"]"]"#,
        #"{"a":1,"b":[{}]}"#,
        " [ 1 , 2 ] ", String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000),
    ])
    func furtherFieldsOfATensorArePassedOver(value: String) throws {
        let header =
            #"{"__metadata__":null,"a":{"more":\#(value),"dtype":"U8","shape":[1],"data_offsets":[0,1],"end":\#(value)}}"#
        let file = try SafetensorsFile(decoding: fileBytes(header: header, data: [7]))
        #expect(file.metadata.isEmpty && file.tensors["a"]?.bytes == [7])
        let twice = header.replacing(#""end":"#, with: #""more":"#)
        #expect(decodingError(fileBytes(header: twice, data: [7])) == .duplicateKey("more"))
    }

    @Test func moreDimensionsThanTheLimitAreRefused() {
        func error(rank: Int) -> SafetensorsError? {
            let shape = "[" + Array(repeating: "1", count: rank).joined(separator: ",") + "]"
            return decodingError(fileBytes(header: tensors(("a", "U8", shape, "[0,1]")), data: [1]))
        }
        #expect(error(rank: 64) == nil)
        #expect(error(rank: 65) != nil)
    }

    @Test func whiteSpaceAndEscapesAreRead() throws {
        let header = """
            {\t"\\u0061\\ud83d\\ude00\\/\\b\\f\\n\\r\\t" : { "shape" : [ 1 , 1 ] ,\r\n \
            "dtype":"U8", "data_offsets":[0 , 1]} }  \u{20}
            """
        let file = try SafetensorsFile(decoding: fileBytes(header: header, data: [5]))
        #expect(file.tensors.keys.first == "a😀/\u{8}\u{C}\n\r\t")
        #expect(file.tensors.values.first?.shape == [1, 1])
    }

    @Test func everyErrorSaysWhatAndWhere() {
        let errors: [SafetensorsError] = [
            .overlap(tensor: "weights", expectedBegin: 3, actualBegin: 2),
            .unknownElementType(tensor: "weights", name: "F4"),
            .malformedHeader(offset: 3, reason: "no '{'"),
        ]
        for error in errors { #expect(error.description.hasPrefix("safetensors"), "\(error)") }
        let long = SafetensorsError.missingTensor(String(repeating: "x\n", count: 10_000))
        #expect(long.description.utf8.count < 400)
        #expect(!long.description.contains("\n"))
    }

    private func tensors(
        _ entries: (name: String, dtype: String, shape: String, offsets: String)...
    ) -> String {
        let members = entries.map { entry in
            "\"\(entry.name)\":{\"dtype\":\"\(entry.dtype)\",\"shape\":\(entry.shape),"
                + "\"data_offsets\":\(entry.offsets)}"
        }
        return "{" + members.joined(separator: ",") + "}"
    }
}
