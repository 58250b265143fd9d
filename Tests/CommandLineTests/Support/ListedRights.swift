import Foundation
import Kafka
import PipelineMessages
import Testing

/// What `topics acls` lists: the tests of rights hold no list of their own.
enum ListedRights {
    private struct Line: Decodable {
        let operation: String
        let resourceType: String
        let name: String
        let patternType: String
    }

    /// The rights of a role that need no transactions, all to single names.
    static func of(_ role: String, _ topics: TopicNames) throws -> [AccessRight] {
        let outcome = try Program.run(
            [
                "topics", "acls", "--json", "--principal", "\(role)=User:\(role)", "--topic-prefix",
                topics.prefix,
            ])
        try #require(outcome.code == 0, "\(outcome.errors)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try outcome.lines.map { text in
            let line = try decoder.decode(Line.self, from: Data(text.utf8))
            let operation = try #require(AccessRight.Operation(rawValue: line.operation))
            try #require(line.patternType == "literal")
            switch line.resourceType {
            case "topic": return AccessRight(operation, .topic(line.name))
            case "group": return AccessRight(operation, .group(line.name))
            default: throw Unknown(line: text)
            }
        }
    }

    /// A right to something that these tests can not give.
    private struct Unknown: Error { let line: String }
}
