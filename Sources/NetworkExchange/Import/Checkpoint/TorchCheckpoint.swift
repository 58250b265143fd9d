internal import Artifacts

/// Reads the tensors of a file that `torch.save` wrote: a state dict, or a training loop's checkpoint around one.
///
/// Both forms are known: a ZIP archive (since PyTorch 1.6), and the older run of pickles with numbers behind them. A
/// pickle is a program, and none is run here; see ``PickleMachine``.
struct TorchCheckpoint {
    /// The tensors as a weight file's.
    let file: SafetensorsFile
    /// In which entry the state dict was; empty for the file itself.
    let entry: String

    /// Where training loops put the state dict, the preferred place first.
    private static let entries = [
        "state_dict", "model_state_dict", "model_state", "model", "net", "network", "state_dict_ema",
    ]

    /// Whether `bytes` begin as such files do.
    static func isFormat(of bytes: [UInt8]) -> Bool {
        isArchive(bytes) || bytes.starts(with: legacyMagic)
    }

    /// Whether `bytes` begin as a ZIP archive does.
    static func isArchive(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x50, 0x4B, 3, 4]) }

    /// A pickle of the number that old files begin with.
    private static let legacyMagic: [UInt8] = [
        0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, UInt8(ascii: "."),
    ]

    /// Reads `bytes`, believing nothing that they say.
    init(decoding bytes: [UInt8]) throws(NetworkImportError) {
        let (root, heap, numbers) =
            bytes.starts(with: Self.legacyMagic) ? try Self.legacy(bytes) : try Self.archive(bytes)
        let (entry, tensors) = try Self.stateDict(root, heap)
        var reader = StorageReader(bytes: bytes, numbers: numbers)
        var result: [String: SafetensorsFile.Tensor] = [:]
        for (name, tensor) in tensors {
            let read = try reader.tensor(name, tensor)
            guard result.updateValue(read, forKey: name) == nil else {
                throw .checkpoint(reason: "two tensors are called \(shown(name))")
            }
        }
        file = SafetensorsFile(metadata: [:], tensors: Array(result.values))
        self.entry = entry
    }

    /// Numbers by the names of their storages, and where they are in the file.
    typealias Numbers = [String: Range<Int>]

    private static func archive(
        _ bytes: [UInt8]
    ) throws(NetworkImportError) -> (PickleValue, PickleHeap, Numbers) {
        let members = try ZipDirectory(bytes).members
        let ending = "/data.pkl"
        let names = members.keys.filter { $0.hasSuffix(ending) }
        guard names.count < 2 else {
            throw .checkpoint(
                reason: "the ZIP archive has \(names.count) of data.pkl; save one checkpoint a file")
        }
        guard let name = names.first, let pickle = members[name] else {
            throw .checkpoint(
                reason:
                    "the ZIP archive has neither a data.pkl, as torch.save writes, nor a config.json and a "
                    + "model.weights.h5, as Keras does, or has them packed; save it again, or give ONNX, safetensors or "
                    + "TensorFlow Lite")
        }
        let root = name.dropLast(ending.count)
        if let order = members["\(root)/byteorder"], !bytes[order].elementsEqual("little".utf8) {
            throw .checkpoint(reason: "its numbers are not little endian; save it on another machine")
        }
        var numbers: Numbers = [:]
        let prefix = "\(root)/data/"
        for (name, range) in members where name.hasPrefix(prefix) {
            numbers[String(name.dropFirst(prefix.count))] = range
        }
        var machine = PickleMachine(bytes[pickle])
        let value = try machine.run()
        return (value, machine.heap, numbers)
    }

    /// Magic number, version, facts of the machine, the object, the names of its storages; then each storage's count
    /// of numbers and the numbers.
    private static func legacy(
        _ bytes: [UInt8]
    ) throws(NetworkImportError) -> (PickleValue, PickleHeap, Numbers) {
        var machine = PickleMachine(bytes[...])
        for _ in 0..<3 { _ = try machine.run() }
        let root = try machine.run()
        let names = try machine.run()
        var sizes: [String: Int] = [:]
        for tensor in machine.heap.tensors {
            sizes[tensor.storage.key] = StorageReader.size(ofType: tensor.storage.type)
        }
        var cursor = ByteCursor(bytes[machine.end...])
        var numbers: Numbers = [:]
        for case .text(let name) in machine.heap.elements(names) ?? [] {
            let count = try cursor.number(UInt64.self)
            guard count < 1 << 40, let size = sizes[name] else {
                throw .checkpoint(reason: "storage \(shown(name)) has numbers of an unknown type")
            }
            let start = cursor.position
            _ = try cursor.take(Int(count) * size)
            numbers[name] = start..<cursor.position
        }
        return (root, machine.heap, numbers)
    }

    private static func stateDict(
        _ root: PickleValue, _ heap: PickleHeap
    ) throws(NetworkImportError) -> (entry: String, tensors: [(name: String, tensor: PickledTensor)]) {
        // Entries first: beside a state dict, accuracies and counters may be tensors as well.
        for entry in entries {
            if let value = heap.entry(entry, of: root), let tensors = heap.tensors(in: value) {
                return (entry, tensors)
            }
        }
        if let tensors = heap.tensors(in: root) { return ("", tensors) }
        if case .unknown(let type) = root {
            throw .checkpoint(
                reason: "it holds an object of class \(shown(type)), which only its own code can read; save "
                    + "model.state_dict()")
        }
        throw .checkpoint(
            reason: "it has no tensors by name, nor in an entry \(entries.joined(separator: ", ")); save "
                + "model.state_dict()")
    }
}
