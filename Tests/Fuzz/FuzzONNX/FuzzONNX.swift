import NetworkExchange

/// Any bytes read as ONNX: a network or a typed error, never a crash.
@c(LLVMFuzzerTestOneInput)
public func fuzzONNX(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    do throws(NetworkImportError) {
        _ = try NetworkImporter.network(
            decoding: bytes, fileName: "fuzz.onnx", options: ImportOptions(inputSize: 32))
    } catch {
        // The message is made as well: it quotes the file.
        precondition(!"\(error)".isEmpty)
    }
    return 0
}
