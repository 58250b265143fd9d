/// What a pickle builds, as far as it is understood: lists and dictionaries are numbers into ``PickleHeap``, so that
/// nothing nests and nothing is freed recursively.
enum PickleValue: Hashable {
    case none
    case bool(Bool)
    case integer(Int)
    case text(String)
    /// Index of a tuple or list.
    case list(Int)
    /// Index of a dictionary.
    case dictionary(Int)
    /// A class or function, by module and name.
    case global(String)
    /// Numbers of a tensor, kept elsewhere.
    case storage(PickledStorage)
    /// Index of a tensor.
    case tensor(Int)
    /// What a call to this function would give; it is not called.
    case unknown(String)
}

/// Names a run of numbers beside the pickle.
struct PickledStorage: Hashable {
    /// Name of the member or of the run.
    let key: String
    /// PyTorch's name of the class, `FloatStorage`, ...
    let type: String
    /// How many numbers.
    let count: Int
}

/// Where a tensor's numbers are in a storage.
struct PickledTensor: Hashable {
    let storage: PickledStorage
    /// Of the first number.
    let offset: Int
    let shape: [Int]
    /// Numbers from one index to the next, for each dimension.
    let strides: [Int]
}

/// Everything that a pickle's values refer to.
struct PickleHeap {
    var lists: [[PickleValue]] = []
    var dictionaries: [[(key: PickleValue, value: PickleValue)]] = []
    var tensors: [PickledTensor] = []

    /// The elements of a tuple or list.
    func elements(_ value: PickleValue) -> [PickleValue]? {
        if case .list(let index) = value { lists[index] } else { nil }
    }

    /// The tensors of a dictionary by name; `nil` if it is none, or has none.
    func tensors(in value: PickleValue) -> [(name: String, tensor: PickledTensor)]? {
        guard case .dictionary(let index) = value else { return nil }
        var found: [(String, PickledTensor)] = []
        for entry in dictionaries[index] {
            if case .text(let name) = entry.key, case .tensor(let tensor) = entry.value {
                found.append((name, tensors[tensor]))
            }
        }
        return found.isEmpty ? nil : found
    }

    /// An entry of a dictionary; the last of equal names counts, as in Python.
    func entry(_ name: String, of value: PickleValue) -> PickleValue? {
        guard case .dictionary(let index) = value else { return nil }
        return dictionaries[index].last { $0.key == .text(name) }?.value
    }
}
