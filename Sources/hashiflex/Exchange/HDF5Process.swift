import ArgumentParser
import Foundation
import NetworkExchange

/// Reads HDF5 in a process of its own.
enum HDF5Process {
    /// Longer than two minutes of processor time on a machine that is not starved.
    private static let secondsMax = 600.0

    /// The arrays in `bytes` as safetensors; see ``HDF5TensorsCommand``.
    static func tensors(_ bytes: [UInt8]) throws(NetworkImportError) -> [UInt8] {
        do {
            let input = try unlinkedFile()
            let output = try unlinkedFile()
            let errors = try unlinkedFile()
            try input.write(contentsOf: Data(bytes))
            try input.seek(toOffset: 0)
            let child = try ChildProcess(["hdf5-tensors"], output: output, inputFile: input, errors: errors)
            guard child.wait(seconds: secondsMax) else {
                child.kill()
                throw NetworkImportError.keras(reason: "reading it took more than \(Int(secondsMax)) seconds")
            }
            let result = try contents(of: output, most: 2 * NetworkImporter.maximumFileByteCount)
            if child.endedBySignal {
                throw NetworkImportError.keras(
                    reason:
                        "the HDF5 library ended with signal \(child.exitStatus) on it: it is damaged; save it again"
                )
            }
            guard child.exitStatus == 0 else {
                let text = String(decoding: try contents(of: errors, most: 1024), as: UTF8.self)
                throw NetworkImportError.keras(reason: reason(text))
            }
            return result
        } catch let error as NetworkImportError {
            throw error
        } catch {
            throw .keras(reason: "its HDF5 can not be read: \(error.localizedDescription)")
        }
    }

    /// What the other process said, without its name.
    private static func reason(_ text: String) -> String {
        let line = text.split(separator: "\n").first.map(String.init) ?? "its HDF5 can not be read"
        return line.hasPrefix("hashiflex: ") ? String(line.dropFirst("hashiflex: ".count)) : line
    }

    private static func unlinkedFile() throws -> FileHandle {
        guard let file = tmpfile() else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        // The handle has a descriptor of its own, which it closes.
        let descriptor = dup(fileno(file))
        fclose(file)
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    private static func contents(of file: FileHandle, most: Int) throws -> [UInt8] {
        try file.seek(toOffset: 0)
        return Array(try file.read(upToCount: most) ?? Data())
    }
}
