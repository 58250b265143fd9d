import ArgumentParser
import Artifacts
import Foundation
import HardenedBackbone
import HardenedModel
import ImageDecoding
import Ingest
import Kafka
import PipelineMessages
import Threads

/// `hashiflex doctor`.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check this machine, the broker, the topics and the fleet, and say what to do.",
        discussion: """
            On a broker with users also which roles this one may play: each right is tried, and nothing is written. With \
            --data also how the pictures of a source fare: how many are stretched, or carry an EXIF orientation that is \
            ignored.
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var model: ModelOptions
    @Option(help: "Pictures to look at, any source that ingest reads; at most 10000 of them.")
    var data: String?
    @Option(
        help: ArgumentHelp(
            "The role whose rights this user must have.",
            discussion: "Default: all are tried, and what is missing is said.")) var role: Role?
    @Flag(help: "Print JSON, one check a line.") var json = false

    struct Check: Codable {
        let what: String
        let ok: Bool
        let found: String
        let advice: String?
    }

    func run() throws {
        try runCommand {
            var checks = machine()
            do {
                let link = try connection.connect(as: "doctor")
                checks += broker(link)
                checks += try settings(link)
                checks += try rights(link)
                if checks.allSatisfy(\.ok) { checks += try fleet(link) }
            } catch let error as CommandError {
                checks.append(Check(what: "broker", ok: false, found: error.text, advice: nil))
            } catch {
                checks.append(
                    Check(
                        what: "broker", ok: false, found: "\(error)",
                        advice: "check the address and the credentials; settings in force:\n"
                            + (try connection.configuration().description)))
            }
            if let data { checks.append(pictures(data)) }
            for check in checks { show(check) }
            guard checks.allSatisfy(\.ok) else { throw Exit.mismatch }
        }
    }

    private func show(_ check: Check) {
        if json { return Terminal.print(JSONRecord.text(check)) }
        Terminal.print("\(check.ok ? "ok  " : "BAD ") \(check.what): \(check.found)")
        if let advice = check.advice { Terminal.print("       -> \(advice)") }
    }

    private func machine() -> [Check] {
        var checks = [
            Check(
                what: "libraries", ok: true, found: BuildFacts.libraries.joined(separator: ", "), advice: nil),
            Check(what: "processor", ok: true, found: MachineFacts.cpu, advice: nil),
        ]
        do {
            let best = try ISATier.best()
            checks.append(
                Check(
                    what: "instruction-set tier", ok: true,
                    found: "\(best) of \(ISATier.supported.map(\.rawValue).joined(separator: ", "))",
                    advice: best == .scalar
                        ? "this processor has no fast tier; expect a fraction of the speed" : nil))
        } catch {
            checks.append(
                Check(
                    what: "instruction-set tier", ok: false, found: "\(error)", advice: "unset HASHIFLEX_ISA")
            )
        }
        do {
            let loaded = try model.load()
            let head = loaded.frozen.map { ", head \($0.label) frozen" } ?? ""
            checks.append(
                Check(
                    what: "backbone", ok: true,
                    found: "\(loaded.digest.short), \(loaded.backbone.description)\(head)",
                    advice: nil))
        } catch {
            checks.append(
                Check(what: "backbone", ok: false, found: "\(error)", advice: "pass another --model"))
        }
        return checks
    }

    /// What the model's preprocessing does to the pictures of a source.
    private func pictures(_ path: String) -> Check {
        do {
            return try look(at: path)
        } catch {
            let problem = (error as? CommandError)?.text ?? "\(error)"
            return Check(what: "pictures", ok: false, found: problem, advice: "pass another --data")
        }
    }

    private func look(at path: String) throws -> Check {
        let artifact = try model.backbone()
        var source = try ImageSourceFactory.open(path)
        var pictures = PictureTally()
        while pictures.seen < 10_000, let outcome = try source.next() {
            if case .image(let image) = outcome { pictures.add(image) }
        }
        let warnings = artifact.statedPreprocessing.preprocessing.map { pictures.warnings($0) } ?? []
        return Check(
            what: "pictures", ok: warnings.isEmpty,
            found:
                "\(path): \(Format.count(pictures.seen)) looked at, \(Format.count(pictures.wide)) wider than 3:2 or "
                + "taller than 2:3, \(Format.count(pictures.oriented)) with an EXIF orientation; preprocessing "
                + artifact.preprocessing,
            advice: warnings.isEmpty ? nil : warnings.joined(separator: "\n       -> "))
    }

    private func broker(_ link: Connection) -> [Check] {
        var checks = [
            Check(
                what: "broker", ok: true,
                found: "\(link.kafka.brokers), \(link.cluster.brokers.count) nodes"
                    + (link.isEmbedded ? ", embedded: in memory, 5 MB a partition, no transactions" : ""),
                advice: nil)
        ]
        for plan in TopicPlan.all(link.topics, partitions: 1) {
            let (count, problem) = look(for: plan.name, link)
            let fits =
                plan.partitions > 1 || plan.name == link.topics.shards || count == nil || count == 1
                || [link.topics.predictions, link.topics.receipts].contains(plan.name)
            checks.append(
                Check(
                    what: "topic \(plan.name)", ok: count != nil && fits,
                    found: count.map { "\($0) partitions" } ?? problem,
                    advice: count == nil || fits ? nil : "it must have one partition: recreate it"))
        }
        let bulk = [link.topics.shards, link.topics.predictions, link.topics.receipts]
            .compactMap { look(for: $0, link).count }
        if Set(bulk).count > 1 {
            checks.append(
                Check(
                    what: "partitions", ok: false, found: "shards, predictions and receipts differ: \(bulk)",
                    advice: "give all three the same number"))
        }
        return checks
    }

    /// A topic's partitions, or why there is nothing to see.
    private func look(for name: String, _ link: Connection) -> (count: Int?, problem: String) {
        do {
            return (try link.topic(name).partitions.count, "")
        } catch {
            return (nil, (error as? CommandError)?.text ?? "\(error)")
        }
    }

    private func fleet(_ link: Connection) throws -> [Check] {
        let snapshot = try FleetSnapshot.read(link)
        let now = Clock.wallMs
        let leads = snapshot.coordinator.map { now - $0.atMs < FleetSnapshot.freshMs } ?? false
        let alarms = snapshot.coordinator?.alarms ?? []
        var checks = [
            Check(
                what: "coordinator", ok: true,
                found: leads ? "\(snapshot.coordinator?.coordinator ?? "") leads" : "none is running",
                advice: leads ? nil : "start hashiflex coordinator, or heads can not be switched"),
            Check(
                what: "workers", ok: true, found: "\(snapshot.liveWorkers.count) live",
                advice: snapshot.liveWorkers.isEmpty ? "start hashiflex fleet up" : nil),
            Check(
                what: "alarms", ok: alarms.isEmpty,
                found: alarms.isEmpty ? "none" : alarms.joined(separator: "; "), advice: nil),
            Check(what: "backlog", ok: true, found: snapshot.waiting, advice: nil),
        ]
        for worker in snapshot.liveWorkers {
            for partition in worker.partitions {
                guard let blocked = partition.blocked else { continue }
                checks.append(
                    Check(
                        what: "partition \(partition.partition) of \(worker.worker)", ok: false,
                        found: blocked,
                        advice: nil))
            }
        }
        return checks
    }
}
