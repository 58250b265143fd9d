import ArgumentParser
import Artifacts
import ClassifierHead
import Foundation
import HardenedBackbone
import Hardening
import PipelineMessages

/// What `hashiflex harden` writes, and what it says of it.
extension HardenCommand {
    var headPath: String {
        if let headOutput { return headOutput }
        let suffix = ".safetensors"
        return (output.hasSuffix(suffix) ? String(output.dropLast(suffix.count)) : output) + ".head" + suffix
    }

    /// Minutes of work should not end at a folder that is not there.
    func requireWritable() throws {
        guard !InputFile.isSame(network, output), !InputFile.isSame(network, headPath),
            !InputFile.isSame(output, headPath)
        else {
            throw CommandError(
                ExitCode(64),
                "the network, --output and --head-output are three files; give each its own name")
        }
        for path in [output, headPath] {
            guard !Self.isFolder(path) else {
                throw CommandError(Exit.output, "can not write \(path): it is a folder; name a file in it")
            }
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            guard access(folder, W_OK) == 0 else {
                throw CommandError(
                    Exit.output, "can not write \(path): \(String(cString: strerror(errno)).lowercased())")
            }
            guard Self.isFolder(folder) else {
                throw CommandError(Exit.output, "can not write \(path): \(folder) is no folder")
            }
        }
        guard let report else { return }
        do {
            try FileManager.default.createDirectory(atPath: report, withIntermediateDirectories: true)
        } catch {
            throw CommandError(Exit.output, "can not make folder \(report): \(error.localizedDescription)")
        }
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }

    func write(_ hardened: HardenedNetwork, search: TermSearch.Result? = nil) throws {
        try InputFile.write(hardened.artifact.encoded(), to: output)
        if let head = hardened.head { try InputFile.write(head.encoded(), to: headPath) }
        if let report {
            let folder = URL(fileURLWithPath: report)
            for (name, text) in [
                ("report.json", hardened.report.json()), ("layers.csv", hardened.report.csv()),
                ("report.md", hardened.report.markdown()),
                ("terms.csv", search.map { TermSearchRun.csv($0, hardened.artifact.network) }),
            ] {
                guard let text else { continue }
                try InputFile.write(Array(text.utf8), to: folder.appendingPathComponent(name).path)
            }
        }
        let facts = Facts(
            backbone: output, backboneDigest: hardened.artifact.digest.hex,
            head: hardened.head.map { _ in headPath }, headDigest: hardened.head?.digest.hex,
            preprocessing: hardened.artifact.preprocessing, summary: hardened.report.summary,
            zeroShare: hardened.report.zeroShare,
            featureSqnrDb: hardened.report.featureSqnrDb,
            agreementOnCalibration: hardened.report.agreement,
            heldOut: hardened.report.heldOut.map(Facts.HeldOut.init),
            layersOfSums: zip(hardened.artifact.network.layers, hardened.artifact.layers)
                .filter { $1.terms > 1 }.map { $0.0.name },
            search: search.map { TermSearchRun.rows($0, hardened.artifact.network) })
        if json { return Terminal.printJSON(facts) }
        Terminal.print("\(output): \(hardened.artifact.digest)")
        if let head = hardened.head { Terminal.print("\(headPath): \(head.digest)") }
        Terminal.print(hardened.report.summary)
        Terminal.print("zero weights \(Format.percent(hardened.report.zeroShare))")
        if let search { Terminal.print(TermSearchRun.table(search)) }
        if let heldOut = hardened.report.heldOut {
            Terminal.print("\(heldOut.sentence), preprocessing \(hardened.artifact.preprocessing)")
            if let divergence = heldOut.divergence {
                Terminal.print("divergence from its class probabilities \(divergence.text) nats")
            }
        }
        if let agreement = hardened.report.agreement {
            // Whatever figure stands alone says what it holds for.
            let place =
                hardened.report.heldOut == nil ? ", preprocessing \(hardened.artifact.preprocessing)" : ""
            Terminal.print(
                "in sample, where it says too much: \(Format.percent(agreement)) of the "
                    + "\(hardened.report.imageCount) images that were calibrated on" + place)
        }
    }
}
