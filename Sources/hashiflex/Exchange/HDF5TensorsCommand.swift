import ArgumentParser
import Artifacts
import Foundation
import HDF5
import NetworkExchange

/// `hashiflex hdf5-tensors`: one HDF5 file in, safetensors out, in a process that ``HDF5Process`` starts.
struct HDF5TensorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hdf5-tensors",
        abstract: "Write the arrays of an HDF5 file from standard input as safetensors to standard output.",
        discussion: """
            harden, import and evaluate start it for Keras's files: the HDF5 library has crashed on damaged ones, and \
            then only this process ends. It takes at most 3 GiB of memory and two minutes of processor time.
            """,
        shouldDisplay: false)

    func run() throws {
        try runCommand {
            // Whoever asked is gone: nobody reads the answer.
            HDF5Reader.endWithParent()
            limit(RLIMIT_AS, to: 3 << 30)
            limit(RLIMIT_CPU, to: 120)
            limit(RLIMIT_CORE, to: 0)
            let bytesMax = NetworkImporter.maximumFileByteCount
            let input = try FileHandle.standardInput.read(upToCount: bytesMax + 1) ?? Data()
            guard input.count <= bytesMax else {
                throw CommandError(Exit.badInput, "larger than \(bytesMax) bytes")
            }
            let file: SafetensorsFile
            do throws(HDF5Error) {
                file = try HDF5Reader.tensors(of: Array(input), elementsMax: bytesMax / 4)
            } catch {
                if case .library = error { throw CommandError(Exit.unavailable, "\(error)") }
                throw CommandError(Exit.badInput, "\(error)")
            }
            do {
                try FileHandle.standardOutput.write(contentsOf: Data(file.encoded()))
            } catch {
                throw CommandError(Exit.output, "can not write what was read: \(error.localizedDescription)")
            }
        }
    }

    /// Lowers a bound of this process.
    private func limit(_ resource: __rlimit_resource, to value: UInt) {
        let resource = __rlimit_resource_t(resource.rawValue)
        var bounds = rlimit()
        guard getrlimit(resource, &bounds) == 0 else { return }
        bounds.rlim_cur = min(bounds.rlim_max, value)
        setrlimit(resource, &bounds)
    }
}
