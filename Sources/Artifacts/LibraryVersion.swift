internal import CCrypto

/// The OpenSSL that is loaded, whose libcrypto makes the digests: `3.0.17`.
public enum LibraryVersion {
    /// Major, minor and patch.
    public static var openSSL: String { String(cString: OpenSSL_version(OPENSSL_VERSION_STRING)) }
}
