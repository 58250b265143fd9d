import ArgumentParser
import ControlPlane
import Foundation
import Kafka
import PipelineMessages
import Threads

/// `hashiflex positions`.
struct PositionsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "positions",
        abstract: "Show how far the workers' group has come, and move a partition that can not go on.",
        subcommands: [Show.self, Move.self])

    /// `hashiflex positions show`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Show begin, end, committed offset and waiting records of each partition, and all moves.")

        @OptionGroup var connection: ConnectionOptions
        @Flag(help: "Print JSON, one partition a line, then one move a line.") var json = false

        func run() throws {
            try runCommand {
                let link = try connection.connect(as: "positions", \.shards, \.control)
                if !json { try link.require([link.topics.status]) }
                let view = try PositionsView(link)
                defer { view.close() }
                let control = try ControlView(link)
                let places = try view.read((0..<Int32(try link.partitions)).map { $0 }, beside: control)
                let moves = control.moves
                if json {
                    for place in places { Terminal.printJSON(place) }
                    for move in moves { Terminal.printJSON(move.move) }
                } else {
                    show(
                        places, moves, try FleetSnapshot.read(link, listeningFor: [.worker]).liveWorkers)
                }
            }
        }

        private func show(
            _ places: [PositionsView.Place], _ moves: [(move: PositionMove, offset: Int64)],
            _ live: [WorkerStatus]
        ) {
            var rows = [["PARTITION", "BEGIN", "COMMITTED", "END", "WAITING", "ABOUT", "IMAGES", "WORKER"]]
            let sizes = ShardSizes(live)
            for place in places {
                let owner = live.first { $0.partitions.contains { $0.partition == place.partition } }
                rows.append([
                    "\(place.partition)", "\(place.begin)", place.committed.map { "\($0)" } ?? "-",
                    "\(place.end)",
                    Format.count(place.waiting),
                    sizes.bytes(place.waiting, of: place.partition).map(Format.megabytes) ?? "-",
                    place.images.map { Format.count($0) } ?? "-",
                    owner?.worker ?? "-",
                ])
            }
            for line in Format.table(rows) { Terminal.print(line) }
            for (move, offset) in moves {
                let state =
                    places.first { $0.partition == move.partition }.map { place in
                        if let done = move.done { return done ? "done" : "void: the offset was another" }
                        if place.moved ?? -1 >= offset { return "done, or replaced by a later one" }
                        if move.settled != nil { return "settled; whether it was done nobody can tell" }
                        return place.committed == move.from
                            ? "waits for a worker" : "void: the offset was another"
                    } ?? "of a partition that is not there"
                let line =
                    "moved: partition \(move.partition) from \(move.from.map { "\($0)" } ?? "nothing") to \(move.to), "
                    + "\(Format.count(Int64(move.passedOver.count))) offsets passed over (\(state)); \(move.by): "
                    + move.reason
                Terminal.print(Terminal.oneLine(line))
            }
        }
    }
}

/// Who asks, for people who read it later.
func personHere() -> String { RecordBounds.cut("\(NSUserName())@\(ProcessFacts.host)", bytes: 256) }

/// Checks a reason that is written down.
func requireReason(_ reason: String) throws {
    guard !reason.isEmpty, reason.utf8.count <= RecordBounds.reasonBytesMax,
        reason.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
    else {
        throw ValidationError(
            "--reason is one line of 1 to \(RecordBounds.reasonBytesMax) bytes without control characters")
    }
}
