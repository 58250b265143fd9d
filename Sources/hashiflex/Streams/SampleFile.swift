import Foundation
import Threads

/// The built-in sample as a file, since sources read files.
enum SampleFile {
    private static var place: String { NSTemporaryDirectory() + "/hashiflex-sample-\(ProcessFacts.pid).tar" }

    static func path() throws -> String {
        try InputFile.write(EmbeddedModel.sample(), to: place)
        atexit { SampleFile.remove() }
        return place
    }

    /// Removes it, if it was made.
    static func remove() { unlink(place) }
}
