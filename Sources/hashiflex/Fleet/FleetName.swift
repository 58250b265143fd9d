import ArgumentParser
import PipelineMessages
import Threads

/// What fleets are called. Two machines that run `fleet up` as it is must not have workers of the same names.
package enum FleetName {
    /// Longest name that is made of a host's, bytes: workers' names are longer by a number.
    private static let hostBytesMax = 64

    /// The fleet of this machine unless somebody says otherwise.
    package static var ofThisMachine: String { of(host: ProcessFacts.host) }

    /// A host's name in the letters of a fleet's.
    package static func of(host: String) -> String {
        let letters = host.utf8.prefix(hostBytesMax).map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"):
                byte
            default: UInt8(ascii: "-")
            }
        }
        let name = String(decoding: letters, as: UTF8.self)
        return TopicNames(prefix: name) == nil ? "fleet" : name
    }

    /// The fleet that an order without a name is for: this machine's if it runs, else the only one that does.
    ///
    /// - Throws: ``CommandError`` with 1 where none runs, with 64 where it can not be told which is meant.
    package static func choose(among running: [String], here: String) throws -> String {
        if running.contains(here) { return here }
        guard let only = running.first else {
            throw CommandError(
                Exit.mismatch,
                "no fleet sends heartbeats now; hashiflex fleet up starts one, --name reaches one that is silent"
            )
        }
        guard running.count == 1 else {
            throw CommandError(
                ExitCode(64),
                "\(running.count) fleets run, none of them is this machine's: say which with --name "
                    + running.prefix(8).joined(separator: "|"))
        }
        return only
    }
}

/// Which fleet an order is for; shared by `fleet scale` and `fleet drain`.
struct FleetChoice: ParsableArguments {
    @Option(help: "Name of the fleet. Default: this machine's if it runs, else the only one that does.")
    var name: String?

    func validate() throws {
        if let name { try requireName(name) }
    }

    /// The fleet's name.
    func resolve(_ link: Connection) throws -> String {
        if let name { return name }
        guard let running = try FleetSnapshot.runningFleets(link) else {
            throw CommandError(
                ExitCode(64),
                "which fleets run stands in topic \(link.topics.status), which this user may not read: say which with --name"
            )
        }
        // Anybody may write heartbeats; what no fleet can be called is none.
        return try FleetName.choose(
            among: running.filter { TopicNames(prefix: $0) != nil }, here: FleetName.ofThisMachine)
    }
}
