import Foundation
import Threads

/// The built-in sample as a file, since sources read files.
enum SampleFile {
    static func path() throws -> String {
        let path = NSTemporaryDirectory() + "/hashiflex-sample-\(ProcessFacts.pid).tar"
        try InputFile.write(EmbeddedModel.sample(), to: path)
        atexit { unlink(NSTemporaryDirectory() + "/hashiflex-sample-\(ProcessFacts.pid).tar") }
        return path
    }
}
