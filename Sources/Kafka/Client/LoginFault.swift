/// Logins that are refused although the password is right: the fault of the client library.
package enum LoginFault {
    /// What to add to the library's word of a refused login; `nil` of anything else.
    ///
    /// Before 2.6.1 the library answers a broker's challenge with a nonce that Kafka 4 refuses (librdkafka 4895), and the
    /// broker says "invalid credentials": whoever reads that looks for a password.
    ///
    /// - Parameters:
    ///   - trouble: What the library says, such as `SASL authentication error: Authentication failed ...`.
    ///   - mechanism: The value of `sasl.mechanisms`.
    ///   - library: The library's version, `0xMMmmrrxx`.
    package static func remark(on trouble: String, mechanism: String?, library: Int32) -> String? {
        guard library < 0x0206_01ff, mechanism?.uppercased().hasPrefix("SCRAM-") == true,
            trouble.lowercased().contains("authentication")
        else { return nil }
        let version = "\(library >> 24).\(library >> 16 & 0xff).\(library >> 8 & 0xff)"
        return
            "librdkafka \(version) can not log in to Kafka 4 by SCRAM, however right the password is (librdkafka 4895, "
            + "mended in 2.6.1): load a newer library, or log in by PLAIN over TLS or by a certificate; before Kafka 4 it is "
            + "the user's name or password"
    }

    /// The library's word, with the remark on it where there is one.
    static func explained(_ trouble: String, of client: OpaquePointer) -> String {
        let mechanism = ClientHandle.value(of: "sasl.mechanisms", client)
        let remark = remark(on: trouble, mechanism: mechanism, library: LibraryVersion.rdkafkaNumber)
        return remark.map { "\(trouble); \($0)" } ?? trouble
    }
}
