/// Producers that lose count of what they sent: the fault of the client library.
package enum SequenceFault {
    /// What to add to the library's word of an error that has ended a producer; `nil` of anything else.
    ///
    /// Before 2.3.0 an idempotent producer takes what it sent over a connection that broke for written, and the next leader, which
    /// never had it, finds a gap (librdkafka 4438). The cluster is well.
    ///
    /// - Parameters:
    ///   - code: ``KafkaError/code`` of the error.
    ///   - library: The library's version, `0xMMmmrrxx`.
    package static func remark(on code: Int32, library: Int32) -> String? {
        guard code == KafkaError.Code.outOfOrderSequence, library < 0x0203_00ff else { return nil }
        let version = "\(library >> 24).\(library >> 16 & 0xff).\(library >> 8 & 0xff)"
        return
            "librdkafka \(version) loses count of what it sent to a node that was cut off (librdkafka 4438, mended in 2.3.0): "
            + "load a newer library"
    }
}
