import ArgumentParser
import ClassifierHead
import FloatNetwork
import HardenedBackbone
import Hardening
import NetworkExchange

/// What `hashiflex harden` was given: a float network, or integers that training found.
enum HardenInput {
    /// Mean and spread of a colour.
    typealias Colours = FloatNetwork.Normalization

    case float(ImportedNetwork)
    case trained(TrainedIntegers)

    /// Reads a network of any kind that is known.
    static func read(_ path: String, inputSize: Int?, normalization: Colours?) throws -> HardenInput {
        let bytes = try InputFile.read(path, bytesMax: NetworkImporter.maximumFileByteCount)
        do {
            if TrainedIntegers.isFormat(of: bytes) { return .trained(try TrainedIntegers(decoding: bytes)) }
            let options = ImportOptions(
                inputSize: inputSize, normalization: normalization, companion: CompanionFile.reader(of: path),
                hdf5: HDF5Process.tensors)
            return .float(
                try NetworkImporter.network(decoding: bytes, fileName: path, options: options))
        } catch {
            throw CommandError(Exit.badInput, "\(path): \(error)")
        }
    }

    /// What `--mean` and `--std` say.
    ///
    /// - Throws: `CommandError` 64 for anything but three numbers each, and for one without the other.
    static func colours(mean: String?, std: String?) throws -> Colours? {
        guard mean != nil || std != nil else { return nil }
        guard let mean, let std else {
            throw CommandError(ExitCode(64), "--mean and --std go together")
        }
        func three(_ text: String, _ option: String, above least: Float) throws -> [Float] {
            let values = text.split(separator: ",", omittingEmptySubsequences: false).compactMap { Float($0) }
            guard values.count == 3, values.allSatisfy({ $0.isFinite && $0 > least }) else {
                throw CommandError(
                    ExitCode(64), "\(option) is three numbers like 0.485,0.456,0.406, not '\(text)'")
            }
            return values
        }
        return Colours(
            mean: try three(mean, "--mean", above: -.infinity),
            standardDeviation: try three(std, "--std", above: 0))
    }

    /// Whether there is nothing left to calibrate.
    var isTrained: Bool {
        switch self {
        case .float: false
        case .trained: true
        }
    }

    /// What it is, for people.
    var source: String {
        let (what, network): (String, NetworkDescription) =
            switch self {
            case .float(let imported): (imported.source + Self.epsilon(imported), imported.network.network)
            case .trained(let trained): ("trained integers", trained.artifact.network)
            }
        return "\(what), MobileNetV2 width \(Double(network.widthPercent) / 100), "
            + "\(network.inputSize)x\(network.inputSize)x3, \(Format.count(network.weightCount)) weights"
    }

    /// The constant that weights do not state, in words.
    private static func epsilon(_ imported: ImportedNetwork) -> String {
        imported.batchNormEpsilon.map { ", batch norm epsilon \($0)" } ?? ""
    }

    /// Rows and columns of the images that it wants.
    var inputSize: Int {
        switch self {
        case .float(let imported): imported.network.network.inputSize
        case .trained(let trained): trained.artifact.network.inputSize
        }
    }

    /// What the file calls its classes.
    var classNames: [String]? {
        switch self {
        case .float(let imported): imported.classNames
        case .trained(let trained): trained.classNames
        }
    }

    /// Classes of the final layer, if there is one.
    var classCount: Int? {
        switch self {
        case .float(let imported): imported.network.classifier?.bias.count
        case .trained(let trained): trained.classifier?.bias.count
        }
    }

    /// Checks before the work what would fail after it.
    static func requireNames(_ names: [String]?, for input: HardenInput) throws {
        guard let names, let count = input.classCount else { return }
        guard names.count == count else {
            throw CommandError(
                Exit.badInput, "\(HardeningError.wrongClassCount(found: names.count, expected: count))")
        }
        if let index = names.firstIndex(where: { !ClassifierHead.isClassName($0) }) {
            throw CommandError(Exit.badInput, "\(HeadError.badClassName(classIndex: index))")
        }
    }

    /// Hardens a float network, or seals integers.
    func harden(
        calibration: [[UInt8]], heldOut: [[UInt8]] = [], options: HardeningOptions, crew: WorkCrew,
        progress: (HardeningProgress) -> Void
    ) throws -> HardenedNetwork {
        do {
            switch self {
            case .float(let imported):
                return try Hardener.harden(
                    imported.network, calibration: calibration, heldOut: heldOut, options: options,
                    crew: crew, progress: progress)
            case .trained(let trained):
                return try Hardener.seal(
                    trained.artifact, classifier: trained.classifier, calibration: calibration,
                    options: options, crew: crew, progress: progress)
            }
        } catch {
            throw Self.failure(error)
        }
    }

    /// How the command ends for an error of hardening.
    static func failure(_ error: HardeningError) -> CommandError {
        switch error {
        case .constantAnswer: CommandError(ExitCode(1), "\(error)")
        case .illegalWeight, .executorDiffers: CommandError(Exit.fault, "\(error)")
        default: CommandError(Exit.badInput, "\(error)")
        }
    }
}
