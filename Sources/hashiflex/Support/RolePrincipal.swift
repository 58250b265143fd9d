import ArgumentParser

/// Who plays a role: what `--principal worker=User:NAME` says.
struct RolePrincipal {
    let role: Role
    /// As Kafka spells it, `User:NAME`; the name may hold anything that a certificate's subject may.
    let principal: String

    /// - Throws: `ValidationError` for another role, another kind of principal, or a name that is not 1 to 256 bytes
    ///   without control characters.
    init(_ text: String) throws {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let role = Role(rawValue: String(parts[0])) else {
            let roles = Role.allValueStrings.joined(separator: ", ")
            throw ValidationError("--principal is ROLE=User:NAME with a ROLE of \(roles), not '\(text)'")
        }
        let (kind, given) = ("User:", parts[1])
        let length = given.utf8.count - kind.utf8.count
        guard given.hasPrefix(kind), (1...256).contains(length), given.isPrintable else {
            throw ValidationError(
                "--principal \(parts[0])=User:NAME has a NAME of 1 to 256 bytes without control characters, "
                    + "not '\(given)'")
        }
        self.role = role
        principal = String(given)
    }
}

extension StringProtocol {
    /// Whether it can be shown as it is, on one line.
    var isPrintable: Bool {
        unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
    }
}
