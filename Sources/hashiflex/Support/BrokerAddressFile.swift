import ArgumentParser
import Foundation
import Threads

/// Where the embedded broker leaves its address for this user's other commands.
///
/// The broker holds a lock on the file as long as it lives: what it left behind when it was killed counts for nothing,
/// whoever has its process id now.
final class BrokerAddressFile {
    private let descriptor: Int32
    private let path: String

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
        // Of a pipe, which anybody may put there, the opening alone would wait.
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard isOurs(descriptor), flock(descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else {
            return nil
        }
        return contents(descriptor).first
    }

    /// Takes the place of this user's broker.
    ///
    /// - Throws: `CommandError` 76 while another one has it; others if the file can not be used.
    convenience init() throws {
        let path = Self.path
        let giveUpMs = Clock.steadyMs + Self.patienceMs
        while true {
            let isLast = Clock.steadyMs >= giveUpMs
            if let descriptor = try Self.lock(path, isLast: isLast) {
                self.init(path, descriptor)
                return
            }
            usleep(10_000)
        }
    }

    private init(_ path: String, _ descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    /// A reader holds the lock for a moment; a broker does so as long as it lives, milliseconds.
    private static let patienceMs: Int64 = 200

    /// Opens and locks the file; `nil` where to try again, since somebody holds it or has removed it meanwhile.
    private static func lock(_ path: String, isLast: Bool) throws -> Int32? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0, isOurs(descriptor) else {
            let reason =
                descriptor < 0 ? String(cString: strerror(errno)) : "it is another user's, or no plain file"
            if descriptor >= 0 { close(descriptor) }
            throw CommandError(Exit.output, "\(path): \(reason)")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let lines = contents(descriptor)
            close(descriptor)
            guard isLast else { return nil }
            throw CommandError(
                Exit.refused,
                "this user's broker runs already at \(lines.first ?? "?") (pid \(lines.dropFirst().first ?? "?")): use "
                    + "it, end it, or start this one with --private")
        }
        var (here, there) = (stat(), stat())
        guard fstat(descriptor, &here) == 0, lstat(path, &there) == 0, here.st_ino == there.st_ino,
            here.st_dev == there.st_dev
        else {
            // Its last owner has removed it in the moment between.
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Leaves the address.
    func write(_ address: String) throws {
        let text = Array("\(address)\n\(ProcessFacts.pid)\n".utf8)
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
            throw CommandError(Exit.output, "\(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        unlink(path)
        close(descriptor)
    }

    /// In a shared folder the file could be somebody else's: it must be ours, and a plain one.
    private static func isOurs(_ descriptor: Int32) -> Bool {
        var facts = stat()
        return fstat(descriptor, &facts) == 0 && facts.st_uid == getuid()
            && facts.st_mode & S_IFMT == S_IFREG
    }

    /// The lines of the file: the address, the process.
    private static func contents(_ descriptor: Int32) -> [String] {
        var bytes = [UInt8](repeating: 0, count: 1_024)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: "\n").map(
            String.init)
    }
}
