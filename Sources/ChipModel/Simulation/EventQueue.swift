/// Something that happens on the chip in a cycle.
struct ChipEvent: Hashable, Sendable {
    /// What happens, in the order in which events of one cycle are seen.
    enum Kind: UInt8, Sendable {
        /// Unit `unit` of `layer` has ended a row.
        case rowEnd
        /// Datapath `unit` has a new input row for `layer`.
        case row
        /// Datapath `unit` has the features of its oldest image.
        case features
        /// NPU `unit` has ended an image.
        case served
        /// Datapath `unit`, or the input link, may take an image.
        case ready
    }

    let cycle: Int
    let kind: Kind
    var layer: Int32 = 0
    let unit: Int32

    /// Earlier, or in the same cycle seen first.
    func precedes(_ other: ChipEvent) -> Bool {
        if cycle != other.cycle { return cycle < other.cycle }
        if kind != other.kind { return kind.rawValue < other.kind.rawValue }
        return layer != other.layer ? layer < other.layer : unit < other.unit
    }
}

/// Events to come, earliest first: a binary heap.
struct EventQueue: Sendable {
    private var heap: [ChipEvent] = []

    /// The cycle of the earliest event; `nil` when there is none.
    var nextCycle: Int? { heap.first?.cycle }

    /// Adds an event.
    mutating func push(_ event: ChipEvent) {
        heap.append(event)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].precedes(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the earliest event if it is due at `cycle`.
    mutating func pop(at cycle: Int) -> ChipEvent? {
        guard let first = heap.first, first.cycle == cycle else { return nil }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        return first
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = parent
            let left = 2 * parent + 1
            if left < heap.count, heap[left].precedes(heap[least]) { least = left }
            if left + 1 < heap.count, heap[left + 1].precedes(heap[least]) { least = left + 1 }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
