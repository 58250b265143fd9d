import ArgumentParser
import ChipFlow
import ChipRTL
import Foundation
import HardenedBackbone
import HardenedModel

/// What a synthesis is of: an artefact, or the one inside a folder that `chip rtl` wrote.
struct SynthesisSource: ParsableArguments {
    @Argument(
        help:
            "The hardened backbone, a safetensors file, or a folder of `chip rtl`. Default: the built-in one."
    )
    var model: String?

    /// The artefact, and the layers that the folder holds; `nil` for all.
    ///
    /// A folder whose text is not what its artefact gives is refused: nothing else could be compared.
    /// - Throws: `CommandError` for a folder whose cores are not the artefact's.
    func load() throws -> (artifact: BackboneArtifact, layers: Range<Int>?) {
        var isFolder: ObjCBool = false
        guard let model, FileManager.default.fileExists(atPath: model, isDirectory: &isFolder),
            isFolder.boolValue
        else {
            var options = ModelOptions()
            (options.model, options.isa) = (model, nil)
            return (try options.load().backbone, nil)
        }
        let folder = try Cosimulation(path: model)
        guard let style = CoreStyle(rawValue: folder.manifest.style) else {
            throw CommandError(Exit.badInput, "\(model): a folder of another version; write it again")
        }
        for layer in folder.rtl.range {
            for file in folder.rtl.core(layer, style: style) {
                let bytes = FileManager.default.contents(atPath: "\(model)/\(file.name)").map { Array($0) }
                guard bytes == Array(file.bytes) else {
                    throw CommandError(
                        Exit.badInput,
                        "\(model)/\(file.name) is not what this version writes for its artefact: only such "
                            + "text is synthesised, since nothing else can be compared; write the folder again"
                    )
                }
            }
        }
        return (folder.rtl.artifact, folder.rtl.range)
    }
}
