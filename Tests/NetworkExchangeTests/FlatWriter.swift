/// FlatBuffers' format, front to back: every table has its directory before it and its parts behind it.
struct FlatWriter {
    /// What a field of a table holds.
    indirect enum Value {
        case byte(Int)
        case int32(Int)
        case int64(Int)
        case text(String)
        /// A list of numbers of `size` bytes, already in their bytes.
        case list([UInt8], size: Int)
        case table([Int: Value])
        case tables([[Int: Value]])

        static func int32s(_ values: [Int]) -> Value {
            .list(values.flatMap { FlatWriter.littleEndian($0, 4) }, size: 4)
        }

        static func int64s(_ values: [Int]) -> Value {
            .list(values.flatMap { FlatWriter.littleEndian($0, 8) }, size: 8)
        }

        static func reals(_ values: [Float]) -> Value { int32s(values.map { Int($0.bitPattern) }) }

        /// Bytes within the table; what is elsewhere has an offset there.
        fileprivate var size: Int {
            switch self {
            case .byte: 1
            case .int64: 8
            default: 4
            }
        }
    }

    private(set) var bytes: [UInt8] = []

    /// A file whose root has `fields`.
    init(root fields: [Int: Value]) {
        bytes = [0, 0, 0, 0] + Array("TFL3".utf8)
        point(0, to: table(fields))
    }

    static func littleEndian(_ value: Int, _ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private mutating func put(_ value: Int, _ size: Int, at position: Int) {
        bytes.replaceSubrange(position..<position + size, with: Self.littleEndian(value, size))
    }

    private mutating func point(_ position: Int, to target: Int) { put(target - position, 4, at: position) }

    private mutating func align(_ size: Int) {
        while !bytes.count.isMultiple(of: size) { bytes.append(0) }
    }

    private mutating func table(_ fields: [Int: Value]) -> Int {
        align(8)
        var offsets: [Int: Int] = [:]
        var end = 4
        for (field, value) in fields.sorted(by: { $0.key < $1.key }) {
            while !end.isMultiple(of: value.size) { end += 1 }
            offsets[field] = end
            end += value.size
        }
        let directory = bytes.count
        let count = (fields.keys.max() ?? -1) + 1
        bytes += Self.littleEndian(4 + 2 * count, 2) + Self.littleEndian(end, 2)
        for field in 0..<count { bytes += Self.littleEndian(offsets[field] ?? 0, 2) }
        align(8)
        let start = bytes.count
        bytes += [UInt8](repeating: 0, count: end)
        put(start - directory, 4, at: start)
        for (field, value) in fields.sorted(by: { $0.key < $1.key }) {
            let place = start + (offsets[field] ?? 0)
            switch value {
            case .byte(let number): put(number, 1, at: place)
            case .int32(let number): put(number, 4, at: place)
            case .int64(let number): put(number, 8, at: place)
            case .text(let text): point(place, to: list(Array(text.utf8), size: 1))
            case .list(let content, let size): point(place, to: list(content, size: size))
            case .table(let inner): point(place, to: table(inner))
            case .tables(let inner):
                let vector = list([UInt8](repeating: 0, count: 4 * inner.count), size: 4)
                point(place, to: vector)
                for (index, element) in inner.enumerated() {
                    point(vector + 4 + 4 * index, to: table(element))
                }
            }
        }
        return start
    }

    private mutating func list(_ content: [UInt8], size: Int) -> Int {
        align(8)
        // The count is before the elements, which are aligned.
        if size == 8 { bytes += [0, 0, 0, 0] }
        let start = bytes.count
        bytes += Self.littleEndian(content.count / size, 4) + content
        return start
    }
}
