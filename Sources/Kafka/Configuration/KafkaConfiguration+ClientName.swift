extension KafkaConfiguration {
    /// Says who the clients of this configuration are, unless the user says it: Kafka's logs, tools and quotas tell a worker
    /// from a camera by it.
    ///
    /// - Parameters:
    ///   - role: What they do: `worker`, `doctor`.
    ///   - name: Which of them, where there are several.
    package mutating func nameClients(_ role: String, _ name: String? = nil) {
        setDefault("client.id", Self.clientID(role, name))
    }

    /// `hashiflex-ROLE`, or `hashiflex-ROLE-NAME`; everything but `[A-Za-z0-9._-]` becomes `_`, as quotas and metrics are
    /// named after it.
    package static func clientID(_ role: String, _ name: String? = nil) -> String {
        let parts = ["hashiflex", role] + [name].compactMap(\.self).filter { !$0.isEmpty }
        let text = parts.joined(separator: "-").unicodeScalars.map { scalar in
            let isPlain =
                scalar.isASCII
                && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                    || "._-".unicodeScalars.contains(scalar))
            return isPlain ? Character(scalar) : "_"
        }
        return String(text)
    }
}
