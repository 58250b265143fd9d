import Artifacts
import HDF5
import ImageDecoding
import Kafka
import NetworkExchange
import PipelineMessages

/// What this build is.
enum BuildFacts {
    /// The version, as in the changelog.
    static let version = "0.1.0"

    /// The libraries that are loaded, `name version` each, and HDF5's if it is installed: only Keras's files need it.
    static var libraries: [String] {
        [
            "librdkafka \(Kafka.LibraryVersion.rdkafka)", "LZ4 \(LibraryVersions.lz4)",
            "xxHash \(LibraryVersions.xxHash)", "OpenSSL \(Artifacts.LibraryVersion.openSSL)",
        ] + ImageDecoder.libraryVersions + ["protobuf-c \(NetworkExchange.LibraryVersion.protobufC)"]
            + (HDF5Reader.libraryVersion.map { ["HDF5 \($0)"] } ?? [])
    }
}
