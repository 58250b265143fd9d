internal import CLZ4
internal import CXXHash

/// The versions of the libraries that pack and check shards, as loaded.
public enum LibraryVersions {
    /// LZ4, such as `1.9.4`.
    public static var lz4: String { String(cString: LZ4_versionString()) }

    /// xxHash, such as `0.8.1`.
    public static var xxHash: String {
        let number = XXH_versionNumber()
        return "\(number / 10_000).\(number / 100 % 100).\(number % 100)"
    }
}
