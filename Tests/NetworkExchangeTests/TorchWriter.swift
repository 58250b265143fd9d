import Artifacts

/// Writes tensors as `torch.save` does: a ZIP archive, or the older run of pickles.
struct TorchWriter {
    /// A tensor, and how its numbers lie in its storage.
    struct Entry {
        var name: String
        var tensor: SafetensorsFile.Tensor
        var strides: [Int]
        var offset = 0
        var numbers: [UInt8]
        var storage: String?
    }

    var entries: [Entry] = []
    /// Whether sizes are written in the 64-bit extension, as PyTorch writes them.
    var is64Bit = true
    /// Puts the state dict into an entry of this name.
    var entry: String?
    var byteOrder = "little"
    /// Marks every tensor as one whose sign is to be turned when it is read.
    var isNegated = false

    init(_ tensors: [SafetensorsFile.Tensor]) {
        entries = tensors.map { tensor in
            var stride = 1
            let strides = tensor.shape.reversed().map { size -> Int in
                defer { stride *= max(size, 1) }
                return stride
            }
            return Entry(
                name: tensor.name, tensor: tensor, strides: strides.reversed(), numbers: tensor.bytes)
        }
    }

    // MARK: Pickle

    private static func text(_ text: String) -> [UInt8] {
        [UInt8(ascii: "X")] + little(UInt32(text.utf8.count)) + Array(text.utf8)
    }

    private static func integer(_ value: Int) -> [UInt8] {
        if let small = Int32(exactly: value) {
            return [UInt8(ascii: "J")] + little(UInt32(bitPattern: small))
        }
        return [0x8A, 8] + little(UInt64(bitPattern: Int64(value)))
    }

    private static func global(_ module: String, _ name: String) -> [UInt8] {
        Array("c\(module)\n\(name)\n".utf8)
    }

    private static func tuple(_ parts: [[UInt8]]) -> [UInt8] {
        [UInt8(ascii: "(")] + parts.joined() + [UInt8(ascii: "t")]
    }

    static func little<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    private static let storages: [SafetensorsFile.ElementType: String] = [
        .f32: "FloatStorage", .f64: "DoubleStorage", .f16: "HalfStorage", .bf16: "BFloat16Storage",
        .i64: "LongStorage",
    ]

    private func pickle(isOld: Bool) -> [UInt8] {
        var bytes: [UInt8] = [0x80, 2]
        if let entry {
            // What training loops add is passed over.
            bytes += [UInt8(ascii: "}"), UInt8(ascii: "(")] + Self.text("epoch") + Self.integer(3)
            bytes += Self.text("optimizer") + Self.global("builtins", "set") + [0x5D, 0x85, 0x52]
            // An accuracy, a tensor beside the state dict.
            if let first = entries.first {
                bytes += Self.text("best_acc1") + pickled(first, index: 0, isOld: isOld)
            }
            bytes += Self.text(entry)
        }
        bytes += Self.global("collections", "OrderedDict") + [0x29, 0x52, UInt8(ascii: "(")]
        for (index, item) in entries.enumerated() {
            bytes += Self.text(item.name) + pickled(item, index: index, isOld: isOld)
        }
        bytes += [UInt8(ascii: "u")]
        // State of the OrderedDict itself: `_metadata`.
        bytes += [UInt8(ascii: "}")] + Self.text("_metadata") + [UInt8(ascii: "N"), UInt8(ascii: "s"), 0x62]
        if entry != nil { bytes.append(UInt8(ascii: "u")) }
        return bytes + [UInt8(ascii: ".")]
    }

    private func pickled(_ item: Entry, index: Int, isOld: Bool) -> [UInt8] {
        let count = item.numbers.count / item.tensor.elementType.byteCount
        let storage = Self.storages[item.tensor.elementType] ?? "ComplexFloatStorage"
        var parts = [
            Self.text("storage"), Self.global("torch", storage), Self.text(item.storage ?? "\(index)"),
            Self.text("cpu"), Self.integer(count),
        ]
        if isOld { parts.append([UInt8(ascii: "N")]) }
        var arguments = [
            Self.tuple(parts) + [UInt8(ascii: "Q")], Self.integer(item.offset),
            Self.tuple(item.tensor.shape.map(Self.integer)),
            Self.tuple(item.strides.map(Self.integer)), [0x89],
            Self.global("collections", "OrderedDict") + [0x29, 0x52],
        ]
        if isNegated {
            arguments.append([UInt8(ascii: "}")] + Self.text("neg") + [0x88, UInt8(ascii: "s")])
        }
        return Self.global("torch._utils", "_rebuild_tensor_v2") + Self.tuple(arguments) + [UInt8(ascii: "R")]
    }

    // MARK: Files

    /// The older form.
    func old() -> [UInt8] {
        var bytes: [UInt8] = [
            0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, UInt8(ascii: "."),
        ]
        bytes += [0x80, 2, UInt8(ascii: "M"), 0xE9, 3, UInt8(ascii: ".")]
        bytes += [0x80, 2, UInt8(ascii: "}"), UInt8(ascii: ".")]
        bytes += pickle(isOld: true)
        bytes += [0x80, 2, 0x5D, UInt8(ascii: "(")]
        bytes += entries.indices.flatMap { Self.text("\($0)") } + [UInt8(ascii: "e"), UInt8(ascii: ".")]
        for entry in entries {
            bytes += Self.little(UInt64(entry.numbers.count / entry.tensor.elementType.byteCount))
            bytes += entry.numbers
        }
        return bytes
    }

    /// The archive.
    func archive() -> [UInt8] {
        var members: [(String, [UInt8])] = [
            ("net/data.pkl", pickle(isOld: false)), ("net/byteorder", Array(byteOrder.utf8)),
        ]
        for (index, entry) in entries.enumerated() where entry.storage == nil {
            members.append(("net/data/\(index)", entry.numbers))
        }
        return Self.zip(members, is64Bit: is64Bit)
    }

    /// A ZIP archive of stored members.
    static func zip(_ members: [(String, [UInt8])], is64Bit: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        var directory: [UInt8] = []
        for (name, content) in members {
            let size = little(UInt32(content.count))
            let wide =
                little(UInt16(1)) + little(UInt16(24)) + little(UInt64(content.count))
                + little(UInt64(content.count)) + little(UInt64(bytes.count))
            let none = little(UInt32.max)
            directory += [0x50, 0x4B, 1, 2] + little(UInt32(45)) + [UInt8](repeating: 0, count: 12)
            directory += is64Bit ? none + none : size + size
            directory += little(UInt16(name.utf8.count)) + little(UInt16(is64Bit ? wide.count : 0))
            directory += [UInt8](repeating: 0, count: 10)
            directory += is64Bit ? none : little(UInt32(bytes.count))
            directory += Array(name.utf8) + (is64Bit ? wide : [])
            bytes += [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 14) + size + size
            bytes += little(UInt16(name.utf8.count)) + little(UInt16(3)) + Array(name.utf8) + [0, 0, 0]
            bytes += content
        }
        let start = bytes.count
        bytes += directory
        if is64Bit {
            let end = bytes.count
            bytes += [0x50, 0x4B, 6, 6] + [UInt8](repeating: 0, count: 28)
            bytes += little(UInt64(members.count)) + little(UInt64(directory.count)) + little(UInt64(start))
            bytes += [0x50, 0x4B, 6, 7] + little(UInt32(0)) + little(UInt64(end)) + little(UInt32(1))
        }
        bytes += [0x50, 0x4B, 5, 6] + little(UInt32(0)) + little(UInt16(members.count))
        bytes += little(is64Bit ? UInt16.max : UInt16(members.count)) + little(UInt32(directory.count))
        return bytes + little(is64Bit ? UInt32.max : UInt32(start)) + little(UInt16(0))
    }
}
