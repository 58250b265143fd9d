private import Foundation

/// What the operating system says about this process.
public enum ProcessFacts {
    /// The process id.
    public static var pid: Int32 { ProcessInfo.processInfo.processIdentifier }

    /// The parent's process id; changes when the parent dies.
    public static var parentPID: Int32 { getppid() }

    /// The machine's host name.
    public static var host: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
        return name.withUnsafeBufferPointer { buffer in
            String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    /// Resident memory, bytes; 0 where the system does not say.
    public static var residentBytes: Int64 {
        guard let statm = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let fields = statm.split(separator: " ")
        guard fields.count > 1, let pages = Int64(fields[1]) else { return 0 }
        return pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Processors that are online.
    public static var processors: Int { ProcessInfo.processInfo.activeProcessorCount }

    /// A random name of 16 hexadecimal digits.
    public static func randomName() -> String {
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
