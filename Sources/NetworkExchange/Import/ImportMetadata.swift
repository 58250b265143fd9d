internal import FloatNetwork

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// The metadata entries that an imported file may have.
struct ImportMetadata {
    let entries: [String: String]

    /// Side of the image in pixels.
    func inputSize() throws(NetworkImportError) -> Int? {
        guard let text = entries["input_size"] else { return nil }
        guard let size = Int(text) else {
            throw .illegalMetadata(key: "input_size", found: text, expected: "one integer")
        }
        return size
    }

    /// `mean` and `std`, which come together.
    func normalization() throws(NetworkImportError) -> FloatNetwork.Normalization? {
        let mean = try numbers("mean", count: 3)
        let spread = try numbers("std", count: 3)
        switch (mean, spread) {
        case (nil, nil): return nil
        case (let mean?, let spread?): return .init(mean: mean, standardDeviation: spread)
        case (nil, _):
            throw .illegalMetadata(key: "mean", found: "", expected: "three numbers, as std is there")
        case (_, nil):
            throw .illegalMetadata(key: "std", found: "", expected: "three numbers, as mean is there")
        }
    }

    /// Where layers of stride 2 pad: `pytorch` or `tensorflow`.
    func padding() throws(NetworkImportError) -> LayerDraft.Padding? {
        switch entries["padding"] {
        case nil: return nil
        case "pytorch"?: return .around
        case "tensorflow"?: return .behind
        case let text?:
            throw .illegalMetadata(key: "padding", found: text, expected: "pytorch or tensorflow")
        }
    }

    /// Small constant under the root of batch normalisation.
    func batchNormEpsilon() throws(NetworkImportError) -> Double? {
        guard let text = entries["batch_norm_epsilon"] else { return nil }
        guard let value = Double(text), value.isFinite, value >= 0 else {
            throw .illegalMetadata(key: "batch_norm_epsilon", found: text, expected: "a number from 0")
        }
        return value
    }

    /// Names of the classes, one for each row of the classifier where there is one.
    func classNames(count: Int?) throws(NetworkImportError) -> [String]? {
        guard let text = entries["classes"] else { return nil }
        guard let names = try? JSONDecoder().decode([String].self, from: Data(text.utf8)), !names.isEmpty
        else {
            throw .illegalMetadata(key: "classes", found: text, expected: "a JSON list of names")
        }
        if let count, names.count != count {
            throw .illegalMetadata(
                key: "classes", found: "\(names.count) names", expected: "\(count), one for each output")
        }
        return names
    }

    private func numbers(_ key: String, count: Int) throws(NetworkImportError) -> [Float]? {
        guard let text = entries[key] else { return nil }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let values = parts.compactMap { Float($0.filter { $0 != " " }) }
        guard values.count == count, parts.count == count, values.allSatisfy(\.isFinite) else {
            throw .illegalMetadata(key: key, found: text, expected: "\(count) numbers, comma separated")
        }
        return values
    }
}
