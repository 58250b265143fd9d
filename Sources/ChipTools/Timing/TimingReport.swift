/// Reads what `report_checks -format full` of OpenSTA prints, in picoseconds.
struct TimingReport {
    /// What could not be read.
    struct Unreadable: Error { let what: String }

    /// The first path of the text; nil when it says that there is none.
    ///
    /// - Parameter originalName: Turns an instance's plain name into its own.
    static func path(
        _ lines: [Substring], period: Double, originalName: (String) -> String
    ) throws(Unreadable) -> TimingPath? {
        if lines.contains(where: { $0.hasPrefix("No paths found") }) { return nil }
        var start: String?
        var end: String?
        var arrival: Double?
        var setup: Double?
        var slack: Double?
        var stages: [TimingPath.Stage] = []
        var isCapture = false
        // Delay of the wire into the cell, which the line of its input pin carries.
        var pending = 0.0
        for line in lines where slack == nil {
            let words = line.split(separator: " ")
            if line.hasPrefix("Startpoint:"), words.count > 1 { start = String(words[1]) }
            if line.hasPrefix("Endpoint:"), words.count > 1 { end = String(words[1]) }
            if line.hasSuffix("data arrival time"), arrival == nil {
                arrival = words.first.flatMap(finite)
                isCapture = true
            } else if line.hasSuffix("library setup time") {
                setup = words.first.flatMap(finite).map { -$0 }
            } else if words.contains("slack") {
                slack = words.first.flatMap(finite)
            } else if !isCapture, words.count >= 5, words[2] == "^" || words[2] == "v",
                let delay = finite(words[0])
            {
                let place = words[3].split(separator: "/")
                guard place.count == 2, words[4].hasPrefix("(") else { continue }
                let cell = String(words[4].dropFirst().prefix { $0 != ")" })
                let instance = String(place[0])
                // The first line is the clock pin, the last the data pin: neither is an output.
                if let last = stages.last, last.instance == instance {
                    stages[stages.count - 1] = .init(
                        instance: instance, pin: String(place[1]), cell: cell, delay: pending + delay)
                    pending = 0
                } else {
                    stages.append(.init(instance: instance, pin: String(place[1]), cell: cell, delay: 0))
                    pending = delay
                }
            }
        }
        guard let start, let end, let arrival, let setup, let slack else {
            throw Unreadable(what: "no path with start, end, arrival, setup and slack")
        }
        // The end register was entered by its data pin only.
        if stages.last?.instance == end { stages.removeLast() }
        guard stages.first?.instance == start else { throw Unreadable(what: "a path without its first cell") }
        return TimingPath(
            start: originalName(start), end: originalName(end),
            stages: stages.map {
                .init(instance: originalName($0.instance), pin: $0.pin, cell: $0.cell, delay: $0.delay)
            },
            arrival: arrival, setup: setup, slack: slack, period: period)
    }

    private static func finite(_ text: Substring) -> Double? {
        Double(text).flatMap { $0.isFinite ? $0 : nil }
    }
}
