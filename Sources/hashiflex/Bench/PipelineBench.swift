import ArgumentParser
import Foundation
import HardenedBackbone
import HardenedModel
import ImageDecoding
import Ingest
import Kafka
import PipelineMessages
import Synchronization
import Threads

extension BenchCommand {
    /// `hashiflex bench pipeline`.
    struct Pipeline: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Images/s through Kafka over images/s of the bare engine, on the same cores.",
            discussion: """
                Starts an embedded broker, a coordinator, worker processes with one replica a processor in all, and \
                a load generator. Windows of the pipeline and of the bare engine take turns, so that a machine that \
                changes its speed changes both; the efficiency is the median of the ratios pair by pair. With \
                --brokers the broker is a real one, and its topics are new ones that are of no use afterwards.
                """)

        @OptionGroup var tuning: WorkerTuning
        @Option(help: "Worker processes.") var workers = 1
        @Option(help: "Images in a shard.") var shardImages = 32
        @Option(help: "Partitions of the topics.") var partitions = 16
        @Option(
            help: ArgumentHelp(
                "A broker to measure with, host:port; topics create makes the topics.",
                discussion: "Default: an embedded broker, started for the measurement."))
        var brokers: String?
        @Option(help: "What the names of the topics there begin with.") var topicPrefix = "hashiflex"
        @Option(help: "Windows to measure (at least 3).") var windows = 7
        @Option(help: "Length of a window, seconds.") var seconds = 2.0
        @Option(help: "A head to score with. Default: the built-in one for ten classes.") var head =
            "builtin:v2"
        @Flag(help: "Print JSON.") var json = false

        struct Report: Codable {
            let pipeline: Windows
            let engine: Windows
            let efficiency: Windows
            let workers: Int
            let replicas: Int
            let isa: String
            let cpu: String
            let residentBytesMax: Int64
            let version: String
        }

        func validate() throws {
            try requireRange("--windows", windows, in: OptionRange.windows)
            try requireRange("--seconds", seconds, in: 0.5...3_600)
            try requireRange("--workers", workers, in: 1...64)
            try requireRange("--shard-images", shardImages, in: 1...ShardLimits.imagesMax)
            try requireRange("--partitions", partitions, in: OptionRange.embeddedPartitions)
            _ = try ConnectionOptions.topics(under: topicPrefix)
        }

        func run() throws {
            try runCommand {
                let plan = try tuning.plan()
                let artifact = try tuning.model.backbone()
                let preparation = try artifact.preparation()
                let images = try BenchImages.tensors(preparation, count: 256)
                try BenchImages.checkExact(artifact, plan, Array(images.prefix(3)))
                let replicas = (tuning.replicas ?? max(1, ProcessFacts.processors / workers)) * workers
                let (pipeline, engine, resident) = try measure(plan, preparation, images, replicas: replicas)
                let measured = Windows(pipeline)
                report(
                    Report(
                        pipeline: measured, engine: Windows(engine),
                        efficiency: Windows(zip(pipeline, engine).map { $0 / $1 }),
                        workers: workers, replicas: replicas, isa: plan.tier.rawValue,
                        cpu: MachineFacts.cpu, residentBytesMax: resident, version: BuildFacts.version))
            }
        }

        private func report(_ report: Report) {
            if json { return Terminal.printJSON(report) }
            Terminal.print("pipeline (measured): \(report.pipeline.text)")
            Terminal.print("engine   (measured): \(report.engine.text), in turns")
            let ratio = report.efficiency
            Terminal.print(
                "efficiency: \(String(format: "%.3f (min %.3f, max %.3f)", ratio.median, ratio.min, ratio.max)), "
                    + "\(report.workers) workers, \(report.replicas) replicas, \(report.isa), \(report.cpu)")
            Terminal.print("worker memory at most \(Format.megabytes(report.residentBytesMax)) resident")
        }

        private func measure(
            _ plan: BackbonePlan, _ preparation: TensorPreparation, _ images: [[UInt8]], replicas: Int
        ) throws -> (pipeline: [Double], engine: [Double], resident: Int64) {
            let deployment = try deploy()
            defer { deployment.stop() }
            try deployment.waitForWorkers(workers, seconds: 60)
            // A frozen model has its head already, and takes no other.
            if try tuning.model.load().frozenHead == nil { try push(deployment.link) }
            var options = IngestOptions(
                kafka: deployment.link.kafka, topics: deployment.link.topics, preparation: preparation)
            options.recordBytesMax = ShardLimits.recordBytesMaxEmbedded
            options.backlogBytesMax = 2_000_000
            options.shardImages = shardImages
            let load = LoadGenerator(options, tensors: images)
            let failure = Mutex<(any Error)?>(nil)
            let thread = PlatformThread("load") {
                do { _ = try load.run() } catch { failure.withLock { $0 = error } }
            }
            defer {
                load.requestStop()
                thread.join()
            }
            try waitForFirstImages(deployment.link)
            var rates: [Double] = []
            var bare: [Double] = []
            var resident: Int64 = 0
            for _ in 0..<windows {
                load.pause(false)
                usleep(1_000_000)  // queues fill
                let (rate, bytes) = try window(deployment.link)
                rates.append(rate)
                resident = max(resident, bytes)
                load.pause(true)
                try waitUntilIdle(deployment.link)
                bare += EngineLoop.measure(plan, images, threads: replicas, windows: 1, seconds: seconds)
                if let error = failure.withLock({ $0 }) { throw error }
            }
            return (rates, bare, resident)
        }

        private func deploy() throws -> LocalDeployment {
            guard let brokers else {
                return try LocalDeployment(
                    partitions: partitions, workers: workers, tuning: tuning, quiet: true)
            }
            try requireAddresses(brokers)
            var kafka = KafkaConfiguration(brokers: brokers)
            kafka.nameClients("bench")
            let link = try Connection(kafka, topics: ConnectionOptions.topics(under: topicPrefix)) { $0 }
            try tuning.requireDelivery(isEmbedded: link.isEmbedded)
            try tuning.requireTopK(link.kafka, link.topics)
            try link.requireWorkerTopics()
            try requireNew(link)
            return try LocalDeployment(on: link, workers: workers, tuning: tuning, quiet: true)
        }

        /// Checks that nobody uses the topics: a head is pushed there, and images are sent without end.
        private func requireNew(_ link: Connection) throws {
            let reader = try KafkaConsumer(
                link.kafka, groupID: link.topics.workerGroup, options: ConsumerOptions(offsetReset: .error))
            defer { _ = reader.close() }
            let partitions = (0..<Int32(try link.partitions)).map {
                TopicPartition(topic: link.topics.shards, partition: $0)
            }
            let extents = try reader.extents(partitions, timeoutMs: 10_000)
            guard extents.count == partitions.count, extents.values.allSatisfy({ $0.high == 0 }) else {
                throw CommandError(
                    Exit.refused,
                    "\(link.topics.shards) is in use; make new topics for the measurement: "
                        + "hashiflex topics create --topic-prefix NAME")
            }
        }

        private func waitUntilIdle(_ link: Connection) throws {
            let deadline = Clock.steadyMs + 30_000
            while Clock.steadyMs < deadline {
                if try CommittedProgress.isWhole(link) { return }
                usleep(300_000)
            }
            throw CommandError(Exit.late, "the backlog did not drain in 30 s")
        }

        private func push(_ link: Connection) throws {
            let place = ["--brokers", link.kafka.brokers, "--topic-prefix", link.topics.prefix]
            let child = try ChildProcess(["head", "push", head] + place)
            guard child.wait(seconds: 60), child.exitStatus == 0 else {
                throw CommandError(Exit.fault, "the head could not be pushed; try hashiflex head push")
            }
        }

        private func waitForFirstImages(_ link: Connection) throws {
            let deadline = Clock.steadyMs + 30_000
            while try committed(link).images == 0 {
                guard Clock.steadyMs < deadline else {
                    throw CommandError(Exit.late, "no image came through in 30 s")
                }
                usleep(100_000)
            }
        }

        /// Committed images a second over one window, from the group's own offsets: independent of heartbeats.
        private func window(_ link: Connection) throws -> (Double, Int64) {
            let begin = try committed(link)
            usleep(UInt32(seconds * 1e6))
            let end = try committed(link)
            let live = try FleetSnapshot.read(link, listeningFor: [.worker]).liveWorkers
            let resident = live.map(\.residentBytes).max() ?? 0
            return (Double(end.images - begin.images) * 1e9 / Double(end.ns - begin.ns), resident)
        }

        private func committed(_ link: Connection) throws -> (ns: Int64, images: Int64) {
            let progress = try CommittedProgress.read(link)
            return (Clock.steadyNs, progress.values.map(\.images).saturatingSum)
        }
    }
}

/// What the workers' group has committed, partition by partition.
enum CommittedProgress {
    /// Whether everything that lies in the shards is committed: a moment without a commit says nothing.
    static func isWhole(_ link: Connection) throws -> Bool {
        let reader = try KafkaConsumer(
            link.kafka, groupID: link.topics.workerGroup, options: ConsumerOptions(offsetReset: .error))
        defer { _ = reader.close() }
        let partitions = (0..<Int32(try link.partitions)).map {
            TopicPartition(topic: link.topics.shards, partition: $0)
        }
        let saved = try reader.committed(partitions, timeoutMs: 10_000)
        let extents = try reader.extents(partitions, timeoutMs: 10_000)
        return partitions.allSatisfy { place in
            extents[place].map { (saved[place]?.offset ?? 0) >= $0.high } ?? false
        }
    }

    static func read(_ link: Connection) throws -> [Int32: PartitionProgress] {
        let reader = try KafkaConsumer(
            link.kafka, groupID: link.topics.workerGroup, options: ConsumerOptions(offsetReset: .error))
        defer { _ = reader.close() }
        let partitions = (0..<Int32(try link.partitions)).map {
            TopicPartition(topic: link.topics.shards, partition: $0)
        }
        var progress: [Int32: PartitionProgress] = [:]
        for (tp, saved) in try reader.committed(partitions, timeoutMs: 10_000)
        where saved.offset != nil {
            progress[tp.partition] = try PartitionProgress(text: saved.metadata)
        }
        return progress
    }
}
