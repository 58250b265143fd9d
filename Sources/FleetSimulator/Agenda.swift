/// What will happen, by time; at equal times in the order in which it was put down.
struct Agenda {
    struct Entry {
        let atMs: Int64
        let serial: UInt64
        let body: () -> Void

        func comes(before other: Entry) -> Bool {
            atMs == other.atMs ? serial < other.serial : atMs < other.atMs
        }
    }

    private var heap: [Entry] = []
    private var serial: UInt64 = 0

    mutating func add(atMs: Int64, _ body: @escaping () -> Void) {
        serial += 1
        heap.append(Entry(atMs: atMs, serial: serial, body: body))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].comes(before: heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func next() -> Entry? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].comes(before: heap[smallest]) {
                smallest = child
            }
            guard smallest != parent else { return first }
            heap.swapAt(parent, smallest)
            parent = smallest
        }
    }

    mutating func clear() { heap = [] }
}
