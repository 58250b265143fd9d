import ArgumentParser
import Foundation
import PipelineMessages

extension TopicsCommand {
    /// `hashiflex topics acls`.
    struct Acls: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "acls", abstract: "Print Kafka's commands for the rights of roles.",
            discussion: """
                For who administers the cluster: exactly what each role needs, as calls of Kafka's own kafka-acls.sh, to \
                be read and then handed to sh. Nothing is sent to a broker.
                """)

        @Option(
            help: ArgumentHelp(
                "Who plays a role, ROLE=User:NAME. May be repeated.",
                discussion:
                    "ROLE is worker, coordinator, camera (ingest), operator (head) or reader. NAME is the login of SASL, or "
                    + "the subject of a certificate."))
        var principal: [String] = []

        @Option(help: "The IP address they connect from; * is any.")
        var host = "*"

        @Option(help: "What every topic name begins with.")
        var topicPrefix = "hashiflex"

        @Option(help: "Broker addresses to fill in. Default: HASHIFLEX_BROKERS, else HOST:PORT.")
        var brokers: String?

        @Option(help: "Fill in a file of Kafka's, how kafka-acls.sh logs in. Default: none.")
        var commandConfig: String?

        @Flag(help: "Workers run with --delivery exactly-once; otherwise that right is a comment.")
        var exactlyOnce = false

        @Flag(help: "Print JSON, one right a line.")
        var json = false

        /// One right, as a line of `--json`.
        private struct Entry: Codable {
            let role: String
            let principal: String
            let host: String
            let resourceType: String
            let name: String
            let patternType: String
            let operation: String
        }

        func validate() throws {
            guard !principal.isEmpty else {
                throw ValidationError("--principal ROLE=User:NAME: name at least one")
            }
            for text in principal { _ = try RolePrincipal(text) }
            // Kafka compares addresses, and would store a host's name that never agrees with one.
            let isAddress =
                !host.isEmpty && host.utf8.allSatisfy { "0123456789abcdefABCDEF.:".utf8.contains($0) }
            guard host == "*" || isAddress else {
                throw ValidationError("--host is an IP address or *, not '\(host)'")
            }
            // A second line would be a command of its own.
            for (option, text) in [("--brokers", address), ("--command-config", commandConfig ?? "")] {
                guard text.isPrintable else {
                    throw ValidationError("\(option) is one line without control characters")
                }
            }
            _ = try ConnectionOptions.topics(under: topicPrefix)
        }

        private var address: String {
            let environment = ProcessInfo.processInfo.environment["HASHIFLEX_BROKERS"]
            return [brokers, environment].compactMap { $0 }.first { !$0.isEmpty } ?? "HOST:PORT"
        }

        func run() throws {
            try runCommand {
                let topics = try ConnectionOptions.topics(under: topicPrefix)
                for holder in try principal.map({ try RolePrincipal($0) }) {
                    let grants = holder.role.grants(topics)
                    if json { list(grants, holder) } else { show(grants, holder) }
                }
            }
        }

        private func list(_ grants: [AccessGrant], _ holder: RolePrincipal) {
            for grant in grants where exactlyOnce || !grant.isForTransactions {
                Terminal.printJSON(
                    Entry(
                        role: holder.role.rawValue, principal: holder.principal, host: host,
                        resourceType: grant.resourceType, name: grant.name,
                        patternType: grant.patternType, operation: grant.operation))
            }
        }

        private func show(_ grants: [AccessGrant], _ holder: RolePrincipal) {
            Terminal.print("# \(holder.role.rawValue): \(holder.principal)")
            var rest = grants[...]
            while let first = rest.first {
                let together = rest.prefix { $0.sharesCommand(with: first) }
                rest = rest.dropFirst(together.count)
                let line = command(Array(together), first, holder)
                if first.isForTransactions && !exactlyOnce {
                    Terminal.print("# Only for --delivery exactly-once:\n# \(line)")
                } else {
                    Terminal.print(line)
                }
            }
        }

        private func command(_ grants: [AccessGrant], _ first: AccessGrant, _ holder: RolePrincipal) -> String
        {
            var words = ["kafka-acls.sh", "--bootstrap-server", address]
            if let commandConfig { words += ["--command-config", commandConfig] }
            words += ["--add", "--allow-principal", holder.principal]
            if host != "*" { words += ["--allow-host", host] }
            words += ["--operation", first.operation]
            words += grants.flatMap { ["--\($0.resourceType)", $0.name] }
            if first.isPrefix { words += ["--resource-pattern-type", first.patternType] }
            return words.map(Self.quoted).joined(separator: " ")
        }

        /// A word as a shell reads it back.
        private static func quoted(_ word: String) -> String {
            let isPlain = word.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "._:,/=@+-".utf8.contains(byte)
                }
            }
            guard !isPlain || word.isEmpty else { return word }
            return "'" + word.replacingOccurrences(of: "'", with: #"'\''"#) + "'"
        }
    }
}
