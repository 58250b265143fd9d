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
            Every node of the cluster is asked by itself. A line begins with ok, with BAD, or with ??? for what could not \
            be known; BAD alone makes the exit code 1. On a broker with users also which roles this one may play: each \
            right is tried but Write on transactional ids, and nothing is written. With --data also how the pictures of a source fare: how many are \
            stretched, or carry an EXIF orientation that is ignored.
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

    func run() throws {
        try runCommand {
            try requireOptions()
            var checks = machine()
            do {
                let link = try connection.connect(as: "doctor")
                checks += broker(link)
                checks += cluster(link)
            } catch let error as CommandError {
                checks.append(DoctorCheck(what: "broker", ok: false, found: error.text))
            } catch {
                checks += try undescribed(error)
            }
            if let data { checks.append(pictures(data)) }
            for check in checks { show(check) }
            guard !checks.contains(where: \.isBad) else { throw Exit.mismatch }
        }
    }

    /// What is wrong with the command line is no fault of the broker.
    private func requireOptions() throws {
        do {
            _ = try (connection.topics, connection.configuration())
        } catch let error as CommandError where error.code == Exit.unavailable {
            // That there is none is a finding, said with the others.
        }
    }

    /// What a cluster that answers has to say; what can not be asked holds up nothing else.
    private func cluster(_ link: Connection) -> [DoctorCheck] {
        let nodes = nodes(link)
        // All the rest is asked for in large answers, and would be waited for in vain.
        guard !nodes.losesLargePackets else {
            return nodes.checks
                + [
                    .unknown(
                        "settings, transactions, rights, fleet", "not asked: large answers do not arrive")
                ]
        }
        return nodes.checks + attempt("settings") { try settings(link, nodes) }
            + attempt("open transactions") { try transactions(link) }
            + attempt("rights") { try rights(link) } + attempt("fleet") { try fleet(link) }
    }

    private func attempt(_ what: String, _ body: () throws -> [DoctorCheck]) -> [DoctorCheck] {
        do {
            return try body()
        } catch let error as CommandError {
            return [DoctorCheck(what: what, ok: false, found: error.text)]
        } catch {
            return [DoctorCheck(what: what, ok: false, found: "\(error)")]
        }
    }

    /// What can be said of a cluster that does not describe itself: its addresses may still answer small questions.
    private func undescribed(_ error: any Error) throws -> [DoctorCheck] {
        let plain = try connection.configuration()
        let broker = DoctorCheck(
            what: "broker", ok: false, found: "\(error)",
            advice: "check the address and the credentials; settings in force:\n\(plain)")
        guard let error = error as? KafkaError, error.mayPass else { return [broker] }
        return [broker] + nodes(behind: plain, try connection.topics).checks
    }

    private func show(_ check: DoctorCheck) {
        if json { return Terminal.printJSON(check) }
        Terminal.print(Terminal.oneLine(check.line))
        if let advice = check.advice { Terminal.print("       -> \(advice)") }
    }

    private func machine() -> [DoctorCheck] {
        var checks = [
            DoctorCheck(
                what: "libraries", ok: true, found: BuildFacts.libraries.joined(separator: ", ")),
            DoctorCheck(what: "processor", ok: true, found: MachineFacts.cpu),
        ]
        do {
            let best = try ISATier.best()
            checks.append(
                DoctorCheck(
                    what: "instruction-set tier", ok: true,
                    found: "\(best) of \(ISATier.supported.map(\.rawValue).joined(separator: ", "))",
                    advice: best == .scalar
                        ? "this processor has no fast tier; expect a fraction of the speed" : nil))
        } catch {
            checks.append(
                DoctorCheck(
                    what: "instruction-set tier", ok: false, found: "\(error)", advice: "unset HASHIFLEX_ISA")
            )
        }
        do {
            let loaded = try model.load()
            let head = loaded.frozen.map { ", head \($0.label) frozen" } ?? ""
            checks.append(
                DoctorCheck(
                    what: "backbone", ok: true,
                    found: "\(loaded.digest.short), \(loaded.backbone.description)\(head)"))
        } catch {
            checks.append(
                DoctorCheck(what: "backbone", ok: false, found: "\(error)", advice: "pass another --model"))
        }
        return checks
    }

    /// What the model's preprocessing does to the pictures of a source.
    private func pictures(_ path: String) -> DoctorCheck {
        do {
            return try look(at: path)
        } catch {
            let problem = (error as? CommandError)?.text ?? "\(error)"
            return DoctorCheck(what: "pictures", ok: false, found: problem, advice: "pass another --data")
        }
    }

    private func look(at path: String) throws -> DoctorCheck {
        let artifact = try model.backbone()
        var source = try ImageSourceFactory.open(path)
        var pictures = PictureTally()
        while pictures.seen < 10_000, let outcome = try source.next() {
            if case .image(let image) = outcome { pictures.add(image) }
        }
        let warnings = artifact.statedPreprocessing.preprocessing.map { pictures.warnings($0) } ?? []
        return DoctorCheck(
            what: "pictures", ok: warnings.isEmpty,
            found:
                "\(path): \(Format.count(pictures.seen)) looked at, \(Format.count(pictures.wide)) wider than 3:2 or "
                + "taller than 2:3, \(Format.count(pictures.oriented)) with an EXIF orientation; preprocessing "
                + artifact.preprocessing,
            advice: warnings.isEmpty ? nil : warnings.joined(separator: "\n       -> "))
    }

    private func broker(_ link: Connection) -> [DoctorCheck] {
        var checks = [
            DoctorCheck(
                what: "broker", ok: true,
                found: "\(link.kafka.brokers), \(link.cluster.brokers.count) nodes"
                    + (link.isEmbedded ? ", embedded: in memory, 5 MB a partition, no transactions" : ""))
        ]
        for plan in TopicPlan.all(link.topics, partitions: 1) {
            let (count, problem) = look(for: plan.name, link)
            let fits =
                plan.partitions > 1 || plan.name == link.topics.shards || count == nil || count == 1
                || [link.topics.predictions, link.topics.receipts].contains(plan.name)
            checks.append(
                DoctorCheck(
                    what: "topic \(plan.name)", ok: count != nil && fits,
                    found: count.map { "\($0) partitions" } ?? problem,
                    advice: count == nil || fits ? nil : "it must have one partition: recreate it"))
        }
        let bulk = [link.topics.shards, link.topics.predictions, link.topics.receipts]
            .compactMap { look(for: $0, link).count }
        if Set(bulk).count > 1 {
            checks.append(
                DoctorCheck(
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
}
