import ArgumentParser
import ImageDecoding
import Ingest
import Kafka
import PipelineMessages

/// How images become shards; shared by `ingest`, `bench pipeline` and `demo`.
struct IngestTuning: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Side of the tensors, pixels: the backbone's input size.",
            discussion:
                "Default: what --preprocess names says; else 224 for a preset, the built-in model's without.")
    )
    var size: Int?

    @Option(help: "auto (files as they are, pixels as tensors), tensors, or files.")
    var encoding: IngestEncoding = .auto

    @Option(help: "Most images in a shard.")
    var shardImages = 32

    @Option(help: "Largest record, bytes. Default: 1000000, on the embedded broker 524288.")
    var recordBytesMax: Int?

    @Option(
        help: ArgumentHelp(
            "Most bytes of a partition that the workers have not committed; 0 for no bound.",
            discussion:
                "Default: 3000000 on the embedded broker, which drops what exceeds 5 MB; none elsewhere."))
    var backlogMax: Int?

    @Option(help: "Longest time an image waits for its shard to fill, milliseconds.")
    var lingerMs: Int64 = 200

    @Option(help: "Images a second and stream. Default: as fast as it goes.")
    var fps: Double?

    @Option(help: "Most images of each stream. Default: all.")
    var images: Int?

    func validate() throws {
        try requireRange("--shard-images", shardImages, in: 1...ShardLimits.imagesMax)
        try requireRange("--size", size, in: 1...ShardLimits.sideMax)
        try requireRange("--fps", fps, in: OptionRange.fps)
        try requireRange("--images", images, in: OptionRange.positiveCount)
        try requireRange("--record-bytes-max", recordBytesMax, in: 4_096...ShardLimits.bodyBytesMax)
        try requireRange("--backlog-max", backlogMax, in: 0...1 << 50)
        try requireRange("--linger-ms", lingerMs, in: OptionRange.milliseconds)
    }

    /// The options for a broker.
    func options(_ link: Connection, _ preparation: TensorPreparation) throws -> IngestOptions {
        var options = IngestOptions(kafka: link.kafka, topics: link.topics, preparation: preparation)
        options.patience = link.patience
        options.encoding = encoding
        options.shardImages = shardImages
        options.lingerMs = lingerMs
        options.fps = fps
        options.imagesMax = images
        let recordDefault =
            link.isEmbedded ? ShardLimits.recordBytesMaxEmbedded : ShardLimits.recordBytesMaxDefault
        options.recordBytesMax = recordBytesMax ?? recordDefault
        if link.isEmbedded {
            let most = EmbeddedBrokerLimits.partitionBytes - 4 * options.recordBytesMax
            let wanted = backlogMax ?? min(3_000_000, most)
            guard wanted > 0, wanted <= most, options.recordBytesMax <= wanted else {
                throw CommandError(
                    ExitCode(64),
                    "the embedded broker drops what exceeds 5 MB a partition: --backlog-max must be between "
                        + "--record-bytes-max (\(options.recordBytesMax)) and \(most), not \(wanted)")
            }
            options.backlogBytesMax = wanted
        } else {
            options.backlogBytesMax = backlogMax == 0 ? nil : backlogMax
        }
        return options
    }
}

extension IngestEncoding: ExpressibleByArgument {}
