import ArgumentParser
import ControlPlane
import Kafka
import PipelineMessages
import Threads

extension PositionsCommand {
    /// `hashiflex positions move`.
    struct Move: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a partition go on at another offset, and write down what is passed over.",
            discussion: """
                For a partition whose next records were deleted unread, whose committed offset was changed by another \
                program, or whose shards are to be scored again. The record stands in the control topic; the worker \
                that owns the partition carries it out, and only if nothing was committed there meanwhile. Exit code 0 \
                when it is carried out or a worker will find it, 76 when it is void, 75 when no worker did it in time.
                """)

        @OptionGroup var connection: ConnectionOptions
        @Option(help: "A partition. May be repeated.") var partition: [Int] = []
        @Flag(help: "Every partition whose next records were deleted unread.") var gaps = false
        @Option(
            help: ArgumentHelp(
                "Where to go on: earliest, latest, an offset, or a time.",
                discussion:
                    "A time is 2026-01-31T08:00:00Z, with a zone such as +01:00 instead of Z, or @ and milliseconds since "
                    + "1970: the first record that is not older, by the clock of its topic (the broker's, unless the topic "
                    + "has message.timestamp.type=CreateTime). Where no record is so late, the end."))
        var to = "earliest"
        @Option(help: "Why, for those who read it later.") var reason: String
        @Option(help: "How long a live worker may take, seconds.") var timeout = 30
        @Flag(help: "Print the move as JSON.") var json = false

        func validate() throws {
            try requireReason(reason)
            try requireRange("--timeout", timeout, in: 1...3_600)
            guard gaps != !partition.isEmpty else {
                throw ValidationError("name partitions with --partition, or pass --gaps")
            }
            for number in partition { try requireRange("--partition", number, in: 0...Int(Int32.max)) }
            _ = try MoveTarget(to)
        }

        func run() throws {
            try runCommand {
                let link = try connection.connect(
                    as: "positions", \.shards, \.control, \.status, \.receipts)
                if case .time = try MoveTarget(to), link.isEmbedded {
                    throw CommandError(
                        ExitCode(64), "--to: the embedded broker can not look for a time; name an offset")
                }
                let count = try link.partitions
                if let wrong = partition.first(where: { $0 >= count }) {
                    throw CommandError(
                        Exit.badInput,
                        "there is no partition \(wrong): \(link.topics.shards) has 0 to \(count - 1)")
                }
                let view = try PositionsView(link)
                defer { view.close() }
                let control = try ControlView(link)
                let live = try FleetSnapshot.read(link, listeningFor: [.worker]).liveWorkers
                let chosen = gaps ? Array(0..<count) : Set(partition).sorted()
                let places = try view.read(chosen.map { Int32($0) }, beside: control)
                    .filter { !gaps || !$0.deleted.isEmpty }
                if places.isEmpty { say("no partition has lost records that were not read") }
                guard places.count > 1 else {
                    for place in places { try ask(place, view, control, live, link) }
                    return
                }
                try askEach(places, view, control, live, link)
            }
        }

        /// Asks for one move after the other: one that can not be made leaves the others to be made.
        private func askEach(
            _ places: [PositionsView.Place], _ view: PositionsView, _ control: ControlView,
            _ live: [WorkerStatus], _ link: Connection
        ) throws {
            var failures: [CommandError] = []
            for known in places {
                do {
                    // The moves before it may have taken a while.
                    let place = try view.read([known.partition], beside: control).first ?? known
                    try ask(place, view, control, live, link)
                } catch let failure as CommandError {
                    Terminal.complain("partition \(known.partition): \(failure.text)")
                    failures.append(failure)
                } catch let failure as KafkaError where failure.mayPass {
                    Terminal.complain("partition \(known.partition): \(failure)")
                    failures.append(CommandError(Exit.unavailable, "\(failure)"))
                }
            }
            guard let first = failures.first else { return }
            throw CommandError(
                first.code,
                "\(failures.count) of \(places.count) partitions were not moved; see above")
        }

        private func ask(
            _ place: PositionsView.Place, _ view: PositionsView, _ control: ControlView,
            _ live: [WorkerStatus],
            _ link: Connection
        ) throws {
            guard let move = try move(place, view, control, link) else {
                return say("partition \(place.partition) is at offset \(place.committed ?? 0) already")
            }
            try place.refuseWhileRead(
                by: live.flatMap(\.partitions).first { $0.partition == place.partition })
            let key = ControlKey.move(partition: place.partition, name: ProcessFacts.randomName())
            let writer = try RecordWriter(link.kafka)
            func write(_ move: PositionMove) throws(KafkaError) {
                try writer.write(
                    RecordWriter.Record(
                        topic: link.topics.control, key: key.bytes, value: JSONRecord.encode(move)),
                    isRepeatable: false)
            }
            do throws(KafkaError) {
                try write(move)
            } catch {
                guard !error.isPermanent, !error.isRefusedAccess else { throw error }
                throw CommandError(
                    Exit.late,
                    "\(error): whether the move of partition \(place.partition) was written is not known; see positions show "
                        + "before you ask again")
            }
            if json { Terminal.printJSON(move) }
            try follow(move, view, control, isOwned: !live.isEmpty) { settled in
                // The coordinator writes it as well.
                do throws(KafkaError) {
                    try write(settled)
                } catch {
                    Terminal.complain(
                        "what became of the move could not be written down, a coordinator does it: \(error)")
                }
            }
        }

        private func move(
            _ place: PositionsView.Place, _ view: PositionsView, _ control: ControlView, _ link: Connection
        ) throws -> PositionMove? {
            let partition = place.partition
            let target = try target(place, view)
            guard (place.begin...place.end).contains(target) else {
                throw CommandError(
                    Exit.badInput,
                    "partition \(partition) begins at offset \(place.begin) and ends at \(place.end): it can not go on at "
                        + "\(target)")
            }
            if place.committed == target, place.images != nil { return nil }
            let done = control.moves.filter {
                $0.move.partition == partition && ($0.move.done ?? ($0.offset <= place.moved ?? -1))
            }
            if let last = done.last(where: {
                target < $0.move.passedOver.upperBound && !$0.move.passedOver.isEmpty
            }) {
                throw CommandError(
                    Exit.refused,
                    "offsets \(last.move.passedOver.lowerBound) to \(last.move.to - 1) of partition \(partition) were passed "
                        + "over by a move: nothing below \(last.move.to) can be scored again, its images have no place in "
                        + "the count any more")
            }
            let isBack = target < place.committed ?? 0
            // What is committed is known; only what was scored behind it has to be told by receipts.
            let since = isBack || place.images == nil ? 0 : place.committed ?? 0
            let told = try view.images(below: target, since: since, place)
            guard let images = isBack ? told : [told, place.images].compactMap({ $0 }).max() ?? 0 else {
                throw CommandError(
                    Exit.badInput,
                    "no receipt tells how many images of partition \(partition) lie below offset \(target); choose "
                        + "another")
            }
            return PositionMove(
                topic: link.topics.shards, partition: partition, from: place.committed, to: target,
                images: images,
                reason: reason, by: personHere(), atMs: Clock.wallMs)
        }

        private func target(_ place: PositionsView.Place, _ view: PositionsView) throws -> Int64 {
            switch try MoveTarget(to) {
            case .earliest: return place.begin
            case .latest: return place.end
            case .offset(let offset): return offset
            case .time(let time):
                guard let found = try view.offset(of: place.partition, notBeforeMs: time.milliseconds) else {
                    say(
                        "partition \(place.partition): no record is from \(to) or later, it ends at offset \(place.end)"
                    )
                    return place.end
                }
                // Records may have come and gone since the place was read: rather one too many than one too few.
                return min(max(found, place.begin), place.end)
            }
        }

        private func follow(
            _ move: PositionMove, _ view: PositionsView, _ control: ControlView, isOwned: Bool,
            settle: (PositionMove) -> Void
        ) throws {
            let words = "partition \(move.partition) from offset \(move.from ?? 0) to \(move.to)"
            guard isOwned else {
                return say(
                    "\(words): written; no worker is live, the next one that takes the partition moves it")
            }
            let deadline = Clock.steadyMs + Int64(timeout) * 1_000
            while Clock.steadyMs < deadline {
                let place: PositionsView.Place
                do {
                    try control.take(timeoutMs: 200)
                    guard control.moves.contains(where: { $0.move.asked == move }) else { continue }
                    place = try view.read([move.partition], beside: control)[0]
                } catch let error as KafkaError where error.mayPass {
                    // It is written, and goes on without this command.
                    continue
                }
                guard let own = control.moves.first(where: { $0.move.asked == move }) else { continue }
                // Somebody else's is there until it is moved; a later move may be read next.
                if place.isForeign { continue }
                if place.moved ?? -1 > own.offset, own.move.done != true {
                    if own.move.settled == nil { settle(move.settled(at: own.offset, done: nil)) }
                    throw CommandError(
                        Exit.refused,
                        "\(words): a later move was carried out, and whether this one was before it can not be told; "
                            + "see positions show")
                }
                if own.move.done == true || place.moved == own.offset {
                    if own.move.settled == nil { settle(move.settled(at: own.offset, done: true)) }
                    let passed = Format.count(Int64(move.passedOver.count))
                    return say(
                        "\(words): done, \(passed) offsets passed over, \(Format.count(move.images)) images below"
                    )
                }
                guard own.move.settled == nil, place.committed == move.from else {
                    // Without a worker's word beside an offset nobody can tell what was done before it was lost.
                    let done = place.committed == nil || place.images == nil ? nil : false
                    if own.move.settled == nil { settle(move.settled(at: own.offset, done: done)) }
                    throw CommandError(
                        Exit.refused, "\(words): void, something else was committed meanwhile; ask again")
                }
            }
            throw CommandError(
                Exit.late,
                "\(words): written, and no worker has done it in \(timeout) s; see fleet status and positions show"
            )
        }

        private func say(_ line: String) { if !json { Terminal.print(line) } }
    }
}
