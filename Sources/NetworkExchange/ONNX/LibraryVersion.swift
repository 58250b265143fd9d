internal import COnnx

/// The protobuf-c that is loaded.
public enum LibraryVersion {
    /// Major, minor and patch: `1.4.1`.
    public static var protobufC: String { String(cString: protobuf_c_version()) }
}
