import ArgumentParser

/// Any lines as the words of a command line: a command, or a message with a code, never a crash.
///
/// The first byte is the width of the terminal.
@c(LLVMFuzzerTestOneInput)
public func fuzzArguments(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    let words = String(decoding: bytes.dropFirst(), as: UTF8.self)
        .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    do {
        _ = try Toy.parseAsRoot(words, columns: Int(bytes.first ?? 0))
    } catch {
        let code = Toy.exitCode(for: error).rawValue
        precondition(code == 0 || code == 64)
        precondition(words.first == "---complete" || !Toy.fullMessage(for: error).isEmpty)
    }
    return 0
}
