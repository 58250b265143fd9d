/// Bounds of a shard, checked before anything is allocated for it.
public enum ShardLimits {
    /// Largest JSON header, bytes.
    public static let headerBytesMax = 1 << 20
    /// Largest body as sent, bytes.
    public static let bodyBytesMax = 64 << 20
    /// Largest body after decompression, bytes.
    public static let rawBytesMax = 256 << 20
    /// Most images in one shard.
    public static let imagesMax = 4_096
    /// Largest height or width of a tensor, pixels.
    public static let sideMax = 4_096
    /// Longest image id or stream name, UTF-8 bytes.
    public static let nameBytesMax = 256
    /// Largest shard record unless the topic was created for more, bytes. Kafka's own default for a
    /// batch is 1 MiB (`message.max.bytes`), overhead included.
    public static let recordBytesMaxDefault = 1_000_000
    /// Largest shard record on the embedded broker, bytes: small against its 5 MB a partition.
    public static let recordBytesMaxEmbedded = 512 << 10
}
