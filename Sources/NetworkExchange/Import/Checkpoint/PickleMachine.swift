/// Follows a pickle without running it: it builds dictionaries, lists, numbers, texts and PyTorch's tensors, and calls
/// nothing. Whatever a function would have made becomes ``PickleValue/unknown(_:)`` with that function's name.
///
/// Work and memory grow with the pickle alone.
///
/// - Source: Python's `pickletools` (protocols 2 to 5) and PyTorch's `torch/serialization.py`, for the opcodes that
///   `torch.save` writes.
struct PickleMachine {
    private(set) var heap = PickleHeap()
    private var cursor: ByteCursor
    private var stack: [PickleValue] = []
    /// Heights of the stack at the open marks.
    private var marks: [Int] = []
    private var memo: [Int: PickleValue] = [:]

    /// The longest pickle that is followed, in bytes; a MobileNetV2's has 50,000. A byte may cost 200 of memory.
    static let bytesMax = 1 << 20

    /// The longest name of a tensor, class or storage.
    private static let nameBytesMax = 256

    /// A machine at the start of `bytes`.
    init(_ bytes: ArraySlice<UInt8>) { cursor = ByteCursor(bytes.prefix(Self.bytesMax)) }

    /// Where the byte behind the pickle is.
    var end: Int { cursor.position }

    /// Runs to the end of one pickle and gives what it built.
    mutating func run() throws(NetworkImportError) -> PickleValue {
        stack = []
        marks = []
        memo = [:]
        while true {
            let code = try cursor.number(UInt8.self)
            if code == UInt8(ascii: ".") { return try pop() }
            try step(code)
        }
    }

    private mutating func step(_ code: UInt8) throws(NetworkImportError) {
        switch Character(UnicodeScalar(code)) {
        case "(": marks.append(stack.count)
        case "0": _ = try pop()
        case "1": _ = try popMark()
        case "2": stack.append(try top())
        case "N": stack.append(.none)
        case "\u{88}": stack.append(.bool(true))
        case "\u{89}": stack.append(.bool(false))
        case "J": stack.append(.integer(Int(Int32(bitPattern: try cursor.number(UInt32.self)))))
        case "K": stack.append(.integer(Int(try cursor.number(UInt8.self))))
        case "M": stack.append(.integer(Int(try cursor.number(UInt16.self))))
        case "\u{8A}": try long(count: Int(try cursor.number(UInt8.self)))
        case "G":
            _ = try cursor.take(8)
            stack.append(.unknown("float"))
        case "X": try text(count: Int(try cursor.number(UInt32.self)))
        case "\u{8C}": try text(count: Int(try cursor.number(UInt8.self)))
        case "U", "C": try skip(Int(try cursor.number(UInt8.self)), as: "bytes")
        case "B", "T": try skip(Int(try cursor.number(UInt32.self)), as: "bytes")
        case "\u{80}": _ = try cursor.take(1)
        case "\u{95}": _ = try cursor.take(8)
        case "q", "r", "h", "j", "\u{94}": try remember(code)
        case "c", "\u{93}": try global(code)
        case "Q": try persistent()
        case "R", "\u{81}": try call()
        case "b": _ = try pop()
        default: try collect(code)
        }
    }

    /// Opcodes of tuples, lists and dictionaries.
    private mutating func collect(_ code: UInt8) throws(NetworkImportError) {
        switch Character(UnicodeScalar(code)) {
        case ")", "]": push([])
        case "}": pushDictionary([])
        case "\u{8F}": push([])
        case "t", "l": push(try popMark())
        case "\u{85}", "\u{86}", "\u{87}":
            var elements: [PickleValue] = []
            for _ in 0..<Int(code) - 0x84 { elements.insert(try pop(), at: 0) }
            push(elements)
        case "a":
            let value = try pop()
            try append([value])
        case "e", "\u{90}": try append(try popMark())
        case "s":
            let value = try pop()
            try set([try pop(), value])
        case "u": try set(try popMark())
        case "d":
            let pairs = try popMark()
            pushDictionary([])
            try set(pairs)
        default:
            throw damage("opcode \(code), which torch.save does not write")
        }
    }

    private mutating func push(_ elements: [PickleValue]) {
        stack.append(.list(heap.lists.count))
        heap.lists.append(elements)
    }

    private mutating func pushDictionary(_ entries: [(key: PickleValue, value: PickleValue)]) {
        stack.append(.dictionary(heap.dictionaries.count))
        heap.dictionaries.append(entries)
    }

    private func top() throws(NetworkImportError) -> PickleValue {
        guard stack.count > marks.last ?? 0, let value = stack.last else { throw damage("an empty stack") }
        return value
    }

    private mutating func pop() throws(NetworkImportError) -> PickleValue {
        let value = try top()
        stack.removeLast()
        return value
    }

    private mutating func popMark() throws(NetworkImportError) -> [PickleValue] {
        guard let mark = marks.popLast() else { throw damage("an empty stack") }
        let values = Array(stack[mark...])
        stack.removeSubrange(mark...)
        return values
    }

    private mutating func append(_ values: [PickleValue]) throws(NetworkImportError) {
        // What a function would have made takes anything.
        guard case .list(let index) = try top() else { return }
        heap.lists[index] += values
    }

    private mutating func set(_ pairs: [PickleValue]) throws(NetworkImportError) {
        guard pairs.count.isMultiple(of: 2) else { throw damage("a key without a value") }
        guard case .dictionary(let index) = try top() else { return }
        for start in stride(from: 0, to: pairs.count, by: 2) {
            heap.dictionaries[index].append((pairs[start], pairs[start + 1]))
        }
    }

    private mutating func long(count: Int) throws(NetworkImportError) {
        let bytes = try cursor.take(count)
        guard count <= 8 else { return stack.append(.unknown("a long integer")) }
        var value: UInt64 = (bytes.last ?? 0) & 0x80 == 0 ? 0 : .max
        for (index, byte) in bytes.enumerated() {
            value = value & ~(0xFF << UInt64(8 * index)) | UInt64(byte) << UInt64(8 * index)
        }
        stack.append(.integer(Int(Int64(bitPattern: value))))
    }

    private mutating func text(count: Int) throws(NetworkImportError) {
        let bytes = try cursor.take(count)
        // No tensor's name is that long, and a long text may be referred to over and over.
        guard count <= Self.nameBytesMax else { return stack.append(.unknown("a long text")) }
        stack.append(.text(String(decoding: bytes, as: UTF8.self)))
    }

    private mutating func skip(_ count: Int, as name: String) throws(NetworkImportError) {
        _ = try cursor.take(count)
        stack.append(.unknown(name))
    }

    private mutating func remember(_ code: UInt8) throws(NetworkImportError) {
        switch Character(UnicodeScalar(code)) {
        case "q": memo[Int(try cursor.number(UInt8.self))] = try top()
        case "r": memo[Int(try cursor.number(UInt32.self))] = try top()
        case "\u{94}": memo[memo.count] = try top()
        default:
            let key =
                code == UInt8(ascii: "h")
                ? Int(try cursor.number(UInt8.self)) : Int(try cursor.number(UInt32.self))
            guard let value = memo[key] else { throw damage("a reference to nothing") }
            stack.append(value)
        }
    }

    private mutating func global(_ code: UInt8) throws(NetworkImportError) {
        if code == UInt8(ascii: "c") {
            let module = try cursor.line()
            let name = try cursor.line()
            guard module.utf8.count + name.utf8.count <= Self.nameBytesMax else {
                throw damage("a long class name")
            }
            stack.append(.global("\(module).\(name)"))
        } else {
            guard case .text(let name) = try pop(), case .text(let module) = try pop() else {
                throw damage("a class without a name")
            }
            stack.append(.global("\(module).\(name)"))
        }
    }

    func damage(_ what: String) -> NetworkImportError {
        .checkpoint(reason: "the pickle has \(what) before byte \(cursor.position); fetch the file again")
    }
}

extension PickleMachine {
    /// `('storage', class, key, place, count)`, with a view behind it in old files.
    private mutating func persistent() throws(NetworkImportError) {
        let parts = heap.elements(try pop()) ?? []
        // Old files name the source text of a module's class so.
        if parts.first == .text("module") { return stack.append(.unknown("a module")) }
        guard parts.count >= 5, parts[0] == .text("storage"), case .global(let type) = parts[1],
            case .text(let key) = parts[2], case .integer(let count) = parts[4], count >= 0,
            parts.count == 5 || parts[5] == .none
        else { throw damage("a storage of an unknown form") }
        let name = type.split(separator: ".").last.map(String.init) ?? type
        stack.append(.storage(PickledStorage(key: key, type: name, count: count)))
    }

    /// A call that is understood, or its name.
    private mutating func call() throws(NetworkImportError) {
        let arguments = heap.elements(try pop()) ?? []
        guard case .global(let function) = try pop() else { return stack.append(.unknown("a call")) }
        switch function {
        case "collections.OrderedDict":
            // torch.save fills it afterwards.
            guard arguments.isEmpty else { return stack.append(.unknown(function)) }
            pushDictionary([])
        case "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor":
            guard let tensor = tensor(arguments) else { throw damage("a tensor of an unknown form") }
            stack.append(.tensor(heap.tensors.count))
            heap.tensors.append(tensor)
        case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state":
            stack.append(arguments.first ?? .none)
        default: stack.append(.unknown(function))
        }
    }

    private func tensor(_ arguments: [PickleValue]) -> PickledTensor? {
        func sizes(_ value: PickleValue) -> [Int]? {
            guard let sizes = heap.elements(value), sizes.count <= 8 else { return nil }
            let numbers = sizes.map { element -> Int in
                if case .integer(let size) = element { size } else { -1 }
            }
            return numbers.allSatisfy { $0 >= 0 } ? numbers : nil
        }
        // A sign that is to be turned, or a conjugate, stands behind; what is not understood is not read.
        if arguments.count > 6, arguments[6] != .none {
            guard case .dictionary(let index) = arguments[6], heap.dictionaries[index].isEmpty else {
                return nil
            }
        }
        guard arguments.count >= 4, case .storage(let storage) = arguments[0],
            case .integer(let offset) = arguments[1], offset >= 0, let shape = sizes(arguments[2]),
            let strides = sizes(arguments[3]), shape.count == strides.count
        else { return nil }
        return PickledTensor(storage: storage, offset: offset, shape: shape, strides: strides)
    }
}
