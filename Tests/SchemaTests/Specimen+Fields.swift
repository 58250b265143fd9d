import Foundation
import RecordFuzzing
import Testing

extension Specimen {
    /// The record as a dictionary.
    func fields() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    /// Whether the record says which schema it follows.
    var namesItsSchema: Bool { (try? fields())?["schema"] is String }
}
