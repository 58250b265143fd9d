/// The state of a chip simulation, and what each event does to it.
struct ChipEngine {
    /// One datapath with its feature FIFO; images by their number.
    private struct Datapath {
        /// Images whose features are not there yet, oldest first.
        var inBackbone: [Int] = []
        /// Images whose features wait for an NPU, oldest first.
        var waiting: [Int] = []
        /// Images under way, the one being served included.
        var underWay = 0
        /// From when the next image may enter.
        var free = 0
    }

    private let setup: ChipSetup
    private let arrivals: [Int]
    private let isSaturated: Bool
    /// Cycles by which a slow link must be ahead of the entry, so that no row comes late.
    private let lead: Int
    private var rows: RowPipelines?
    private var events = EventQueue()
    private var datapaths: [Datapath]
    /// The datapath and image that each NPU serves.
    private var npus: [(datapath: Int, image: Int)?]
    private var queue: [Int] = []
    private var queueHead = 0
    private var arrived = 0
    private var inBackbones = 0
    private var waiting = 0
    /// When the link has taken in all images so far, in cycles with their fraction.
    private var linkFree = 0.0
    private var linkWake = 0
    private var isLastArrivalSeen = false
    /// The cycle up to which all units are booked.
    private var accounted = 0
    private var entryTurn = 0
    private var grantTurn = 0
    private var run: ChipRun

    init(_ setup: ChipSetup, rows: RowPipelines?, arrivals: [Int], saturated: Bool) {
        (self.setup, self.rows, self.arrivals, isSaturated) = (setup, rows, arrivals, saturated)
        lead = max(0, Int(setup.linkCycles.rounded(.up)) - setup.plan.cyclesPerImage)
        datapaths = Array(repeating: Datapath(), count: setup.datapaths)
        npus = Array(repeating: nil, count: setup.head.cycles == 0 ? 0 : setup.npus)
        run = ChipRun(
            datapaths: datapaths.count, npus: npus.count, round: setup.datapaths * setup.credits)
    }

    /// Until the last of `images` images has left or was dropped.
    mutating func run(images: Int) -> ChipRun {
        if isSaturated { for image in 0..<images { arrive(image, at: 0) } }
        var cycle = 0
        settle(at: 0)
        while run.departures.count + run.dropped < images {
            let arrival = arrived < arrivals.count ? arrivals[arrived] : nil
            guard let next = [events.nextCycle, arrival].compactMap(\.self).min() else { break }
            account(next - cycle)
            cycle = next
            while let event = events.pop(at: cycle) { handle(event) }
            settle(at: cycle)
            while arrived < arrivals.count, arrivals[arrived] == cycle { arrive(arrived, at: cycle) }
            settle(at: cycle)
        }
        run.cycles = cycle
        (run.inputRows, run.residualRows) = (rows?.inputRows, rows?.residualRows)
        return run
    }

    private var queued: Int { queue.count - queueHead }

    private mutating func arrive(_ image: Int, at cycle: Int) {
        arrived += 1
        run.images.append(ChipRun.Image(arrival: cycle))
        if let limit = setup.queueLimit, !isSaturated, queued >= limit {
            run.dropped += 1
        } else {
            queue.append(image)
        }
    }

    private mutating func handle(_ event: ChipEvent) {
        switch event.kind {
        case .row: rows?.receive(event, &events)
        case .rowEnd: rows?.end(event, &events)
        case .ready: break
        case .features:
            let datapath = Int(event.unit)
            let image = datapaths[datapath].inBackbone.removeFirst()
            inBackbones -= 1
            guard !npus.isEmpty else { return depart(image, from: datapath, at: event.cycle) }
            datapaths[datapath].waiting.append(image)
            waiting += 1
        case .served:
            guard let done = npus[Int(event.unit)] else { return }
            npus[Int(event.unit)] = nil
            depart(done.image, from: done.datapath, at: event.cycle)
        }
    }

    private mutating func depart(_ image: Int, from datapath: Int, at cycle: Int) {
        datapaths[datapath].underWay -= 1
        run.images[image].logits = cycle
        run.departures.append(cycle)
    }

    /// Whatever can begin in this cycle begins: services first, then entries.
    private mutating func settle(at cycle: Int) {
        while waiting > 0, let npu = npus.firstIndex(where: { $0 == nil }) { grant(npu, at: cycle) }
        while queued > 0, let datapath = nextDatapath(at: cycle) {
            guard linkFree <= Double(cycle) else {
                let wake = Int(linkFree.rounded(.up))
                if wake > linkWake { events.push(ChipEvent(cycle: wake, kind: .ready, unit: -1)) }
                linkWake = wake
                break
            }
            enter(datapath, at: cycle)
        }
        if isSaturated { return }
        run.queuePeak = max(run.queuePeak, queued)
        if arrived == arrivals.count, !isLastArrivalSeen {
            isLastArrivalSeen = true
            run.queueAtLastArrival = queued
        }
    }

    private mutating func grant(_ npu: Int, at cycle: Int) {
        while datapaths[grantTurn].waiting.isEmpty { grantTurn = (grantTurn + 1) % datapaths.count }
        npus[npu] = (grantTurn, datapaths[grantTurn].waiting.removeFirst())
        waiting -= 1
        grantTurn = (grantTurn + 1) % datapaths.count
        events.push(ChipEvent(cycle: cycle + setup.head.cycles, kind: .served, unit: Int32(npu)))
    }

    /// The next datapath in turn that may take an image.
    private func nextDatapath(at cycle: Int) -> Int? {
        (0..<datapaths.count).lazy.map { (entryTurn + $0) % datapaths.count }.first {
            datapaths[$0].underWay < setup.credits && datapaths[$0].free <= cycle
        }
    }

    private mutating func enter(_ datapath: Int, at cycle: Int) {
        let image = queue[queueHead]
        queueHead += 1
        entryTurn = (datapath + 1) % datapaths.count
        // Back to back, the link does not lose the fraction of a cycle in which an image ends.
        linkFree = (linkFree > Double(cycle - 1) ? linkFree : Double(cycle)) + setup.linkCycles
        let entry = cycle + lead
        if isSaturated { run.images[image].arrival = entry }
        run.images[image].entry = entry
        datapaths[datapath].inBackbone.append(image)
        datapaths[datapath].underWay += 1
        datapaths[datapath].free = cycle + setup.plan.cyclesPerImage
        inBackbones += 1
        events.push(ChipEvent(cycle: datapaths[datapath].free, kind: .ready, unit: Int32(datapath)))
        if rows == nil {
            events.push(
                ChipEvent(cycle: entry + setup.latency, kind: .features, unit: Int32(datapath)))
        } else {
            rows?.enter(datapath, at: entry, &events)
        }
    }

    /// Books the cycles since the last event; nothing changed in them.
    private mutating func account(_ cycles: Int) {
        guard cycles > 0 else { return }
        let now = accounted
        accounted += cycles
        for (index, datapath) in datapaths.enumerated() {
            if datapath.free > now {
                run.datapaths[index].working += cycles
            } else if queued == 0 {
                run.datapaths[index].waitingForInput += cycles
            } else if datapath.underWay < setup.credits {
                run.datapaths[index].waitingForLink += cycles
            } else if datapath.waiting.isEmpty {
                run.datapaths[index].waitingForCredit += cycles
            } else {
                run.datapaths[index].waitingForNPU += cycles
            }
        }
        for index in npus.indices {
            if npus[index] != nil {
                run.npus[index].working += cycles
            } else if inBackbones > 0 {
                run.npus[index].waitingForFeatures += cycles
            } else {
                run.npus[index].waitingForInput += cycles
            }
        }
        while run.waitingFeatures.count <= waiting { run.waitingFeatures.append(0) }
        run.waitingFeatures[waiting] += cycles
    }
}
