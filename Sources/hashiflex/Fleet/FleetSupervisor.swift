import ArgumentParser
import ControlPlane
import FleetMachines
import Foundation
import Kafka
import PipelineMessages
import Synchronization
import Threads

/// Keeps a number of worker processes running on this machine.
struct FleetSupervisor {
    private struct Slot {
        let name: String
        var child: ChildProcess
        var startedAtMs: Int64
        var policy = RestartPolicy()
        /// Dead, and to be started again then.
        var restartAtMs: Int64?
        var leaving = false
    }

    /// Workers have so long to finish what they took, and to leave what nobody answers, milliseconds. Below the minute that units and
    /// manifests wait.
    private static let drainMs: Int64 = 58_000
    /// After a worker that could not even be started none is for so long, milliseconds.
    private static let startPauseMs: Int64 = 5_000

    private let name: String
    private let arguments: [String]
    private let environment: [String: String]
    private let link: Connection
    private let stop: Signal
    private let target: Mailbox<Int>
    private var slots: [Int: Slot] = [:]
    private var restarts = 0
    /// Numbers whose worker was drained by itself; they stay empty until the fleet is scaled again.
    private var retired: Set<Int> = []
    private let scaled = Mailbox<Bool>()
    /// No worker is started before, by the steady clock.
    private var startsAtMs: Int64 = 0

    init(
        name: String, target: Int, arguments: [String], environment: [String: String], link: Connection,
        stop: Signal
    ) {
        self.name = name
        self.arguments = arguments
        self.environment = environment
        self.link = link
        self.stop = stop
        self.target = Mailbox()
        self.target.value = target
    }

    /// Runs until stopped, then drains.
    ///
    /// - Throws: when another supervisor runs a fleet of this name: its workers would bear the same names.
    mutating func run() throws {
        if let other = try FleetSnapshot.other(fleet: name, link) {
            throw CommandError(
                Exit.refused,
                "fleet \(name) runs already, on \(other.host) (pid \(other.pid)): its workers have the names that these "
                    + "would have; give this one another --name")
        }
        let writer = try RecordWriter(link.kafka)
        let listener = try FleetListener(link, fleet: name, until: stop) { [target, scaled, stop] command in
            if let workers = command.workers {
                target.value = workers
                scaled.value = true
            }
            if command.drain == true { stop.set() }
        }.run()
        var beatAtMs: Int64 = 0
        func beatIfDue() throws {
            guard Clock.steadyMs - beatAtMs >= 1_000 else { return }
            beatAtMs = Clock.steadyMs
            try beat(writer)
        }
        var failure: (any Error)?
        do {
            while !stop.isSet {
                try adjust()
                try beatIfDue()
                _ = stop.wait(milliseconds: 100)
            }
        } catch {
            // The workers are drained all the same: nobody else would tell them.
            failure = error
            stop.set()
        }
        // One that drains already would end at once at a second signal.
        for slot in slots.values where !slot.leaving { slot.child.terminate() }
        // As long as a worker runs its name is taken, and that is said.
        let endMs = Clock.steadyMs + Self.drainMs
        while slots.values.contains(where: \.child.isRunning), Clock.steadyMs < endMs {
            try? beatIfDue()
            usleep(20_000)
        }
        for slot in slots.values { slot.child.kill() }
        slots = [:]
        listener.join()
        guard let failure else { return try beat(writer) }
        try? beat(writer)
        throw failure
    }

    private mutating func adjust() throws {
        let wanted = target.value ?? 0
        if scaled.value == true {
            scaled.value = nil
            retired = []
        }
        for number in slots.keys.sorted() {
            guard var slot = slots[number] else { continue }
            if !slot.child.isRunning {
                try replace(number, slot, wanted: wanted)
            } else if number > wanted, !slot.leaving {
                Terminal.note("fleet \(name): draining \(slot.name)")
                slot.child.terminate()
                slot.leaving = true
                slots[number] = slot
            }
        }
        for number in 1...max(1, wanted)
        where number <= wanted && slots[number] == nil && !retired.contains(number) {
            slots[number] = start(number)
        }
    }

    private mutating func replace(_ number: Int, _ slot: Slot, wanted: Int) throws {
        // A worker ends with 0 only when it was asked to: by a command, by a signal, or by us.
        guard slot.child.exitStatus != 0, number <= wanted else {
            slots[number] = nil
            if number <= wanted, !slot.leaving { retired.insert(number) }
            return
        }
        var slot = slot
        if slot.restartAtMs == nil { try plan(&slot) }
        slots[number] = slot
        guard let atMs = slot.restartAtMs, Clock.steadyMs >= atMs, !stop.isSet, var next = start(number)
        else { return }
        next.policy = slot.policy
        slots[number] = next
    }

    /// Decides when a worker that died is started again; the others are looked after meanwhile.
    private mutating func plan(_ slot: inout Slot) throws {
        guard slot.child.endedBySignal || slot.child.exitStatus != 64 else {
            throw CommandError(
                ExitCode(64),
                "\(slot.name) was told what can not be, as all others are; see its message above")
        }
        let life = Clock.steadyMs - slot.startedAtMs
        guard let pause = slot.policy.died(afterMs: life, wasKilled: slot.child.wasKilled) else {
            throw CommandError(
                Exit.unavailable,
                "\(slot.name) died \(RestartPolicy.failedStartsMax) times right after its start, last with code "
                    + "\(slot.child.exitStatus); see its messages above")
        }
        restarts += 1
        slot.restartAtMs = Clock.steadyMs + pause
        Terminal.note(
            "fleet \(name): \(slot.name) (pid \(slot.child.pid)) died \(slot.child.endedBySignal ? "by signal" : "with code") \(slot.child.exitStatus); "
                + "starting it again" + (pause == 0 ? "" : " in \(Format.rate(Double(pause) / 1_000)) s"))
    }

    /// Starts a worker; `nil` where the system has no room for another process now: it is tried again later, and the others go on.
    private mutating func start(_ number: Int) -> Slot? {
        guard Clock.steadyMs >= startsAtMs else { return nil }
        let worker = "\(name)-\(number)"
        do {
            let child = try ChildProcess(arguments + ["--name", worker], environment: environment)
            Terminal.note("fleet \(name): \(worker) is pid \(child.pid)")
            return Slot(name: worker, child: child, startedAtMs: Clock.steadyMs)
        } catch {
            startsAtMs = Clock.steadyMs + Self.startPauseMs
            Terminal.complain(
                "fleet \(name): \(worker) can not be started, it is tried again in \(Self.startPauseMs / 1_000) s: \(error)"
            )
            return nil
        }
    }

    private func beat(_ writer: RecordWriter) throws {
        let running = slots.values.filter { $0.child.isRunning }.map(\.name).sorted()
        let status = FleetStatus(
            fleet: name, host: ProcessFacts.host, pid: ProcessFacts.pid,
            target: (target.value ?? 0) - retired.count,
            workers: running, restarts: restarts, atMs: Clock.wallMs)
        do {
            try writer.write(
                RecordWriter.Record(
                    topic: link.topics.status, key: Array("fleet/\(name)".utf8),
                    value: JSONRecord.encode(status)), timeoutMs: 2_000)
        } catch {
            // One that can not be written now is replaced by the next one; one that may not be written is not.
            if error.isRefusedAccess { throw error }
        }
    }
}
