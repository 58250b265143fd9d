import Foundation
import NetworkExchange

/// Files in the folder of a model, which the model refers to by name.
enum CompanionFile {
    /// Reads files in the folder of `model`, links that lead out of it excepted.
    static func reader(of model: String) -> ImportOptions.Companion {
        let folder = URL(fileURLWithPath: model).deletingLastPathComponent().resolvingSymlinksInPath().path
        return { name, byteCountMax throws(NetworkImportError) in
            let path = URL(fileURLWithPath: folder).appendingPathComponent(name).resolvingSymlinksInPath()
                .path
            guard path.hasPrefix(folder == "/" ? folder : folder + "/") else {
                throw .companionFile(name: name, reason: "it is a link out of the model's folder")
            }
            var facts = stat()
            guard stat(path, &facts) == 0 else {
                throw .companionFile(name: name, reason: "it is not in \(folder)")
            }
            // A pipe would never end.
            guard facts.st_mode & S_IFMT == S_IFREG else {
                throw .companionFile(name: name, reason: "it is no file")
            }
            guard facts.st_size <= byteCountMax else {
                throw .companionFile(
                    name: name, reason: "\(facts.st_size) bytes, above the limit of \(byteCountMax)")
            }
            do {
                return try InputFile.read(path, bytesMax: byteCountMax)
            } catch {
                throw .companionFile(name: name, reason: "\(error)")
            }
        }
    }
}
