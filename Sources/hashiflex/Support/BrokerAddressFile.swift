import Foundation
import Threads

/// Where the embedded broker leaves its address for this user's other commands.
enum BrokerAddressFile {
    /// `$XDG_RUNTIME_DIR/hashiflex-broker`, else a file named after the user in the temporary folder.
    static var path: String {
        let environment = ProcessInfo.processInfo.environment
        if let folder = environment["XDG_RUNTIME_DIR"], !folder.isEmpty {
            return folder + "/hashiflex-broker"
        }
        return NSTemporaryDirectory() + "/hashiflex-broker-\(getuid())"
    }

    /// The address, if this user's broker is running.
    static func read() -> String? {
        var facts = stat()
        // In a shared folder the file could be somebody else's: it must be ours and a plain file.
        guard lstat(path, &facts) == 0, facts.st_uid == getuid(), facts.st_mode & S_IFMT == S_IFREG,
            facts.st_size < 1_024, let text = try? String(contentsOfFile: path, encoding: .utf8)
        else { return nil }
        let lines = text.split(separator: "\n").map(String.init)
        guard lines.count == 2, let pid = Int32(lines[1]), kill(pid, 0) == 0 else { return nil }
        return lines[0]
    }

    /// Leaves the address.
    static func write(_ address: String) throws {
        try? FileManager.default.removeItem(atPath: path)
        try Data("\(address)\n\(ProcessFacts.pid)\n".utf8).write(
            to: URL(fileURLWithPath: path), options: .withoutOverwriting)
    }

    /// Removes it if it is still this process's.
    static func remove(_ address: String) {
        if read() == address { try? FileManager.default.removeItem(atPath: path) }
    }
}
