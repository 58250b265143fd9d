/// From a shard's offer to what became of it.
extension IngestMachine {
    // MARK: Room in a partition

    mutating func offered(_ number: UInt64, _ flight: Flight, _ now: Moment) {
        precondition(flights[number] == nil, "a flight is offered once")
        flights[number] = flight
        guard !send(number, now) else { return }
        guard endingSinceMs == nil else { return giveUp(number) }
        waiting.append(number)
        actions.append(.wait(flight: number))
    }

    /// Sends what waits and has room by now. A small shard may pass a large one: they are of different streams.
    mutating func sendWaiting(_ now: Moment) {
        guard !waiting.isEmpty else { return }
        for number in waiting where send(number, now) { waiting.removeAll { $0 == number } }
    }

    /// Reserves room in the first partition that has it, and sends the shard there; returns whether there was one.
    private mutating func send(_ number: UInt64, _ now: Moment) -> Bool {
        guard let flight = flights[number] else { return false }
        let partitions = meters.indices.map { (flight.first + $0) % meters.count }
        guard let partition = partitions.first(where: { hasRoom($0, for: flight.bytes) }) else {
            return false
        }
        meters[partition].sending(bytes: flight.bytes)
        flights[number]?.partition = partition
        flights[number]?.sentMs = now.steadyMs
        counts.pacedMs += now.steadyMs - flight.offeredMs
        actions.append(.send(flight: number, partition: Int32(partition)))
        return true
    }

    /// A shard that is larger than the bound goes alone: it would wait for ever.
    private func hasRoom(_ partition: Int, for bytes: Int) -> Bool {
        guard let most = settings.backlogBytesMax else { return true }
        let backlog = meters[partition].bytes
        return backlog + bytes <= most || backlog == 0
    }

    // MARK: Room in the client library

    mutating func queueFull(_ number: UInt64) {
        guard flights[number]?.partition != nil, endingSinceMs == nil else { return giveUp(number) }
        held.append(number)
        actions.append(.wait(flight: number))
    }

    /// Hands what the client library had no room for to it once more.
    mutating func resend() {
        for number in held {
            guard let partition = flights[number]?.partition else { continue }
            actions.append(.send(flight: number, partition: Int32(partition)))
        }
        held = []
    }

    // MARK: What became of it

    mutating func delivered(_ number: UInt64, _ offset: Int64?, _ now: Moment) {
        guard let flight = flights[number], let partition = flight.partition else { return }
        flights[number] = nil
        confirmedAgain(now)
        confirmedAtMs = now.steadyMs
        counts.images += Int64(flight.images)
        counts.shards += 1
        counts.bytes += Int64(flight.bytes)
        if settings.backlogBytesMax == nil {
            // Nobody asks what is not committed, and while nobody commits it would grow for ever.
            meters[partition].passed(bytes: flight.bytes)
        } else if let offset {
            meters[partition].delivered(offset: offset, bytes: flight.bytes)
        } else {
            // Somewhere below the partition's end; in flight until that is known.
            questions.unplaced[partition, default: []].append(flight.bytes)
        }
    }

    /// The client library refused it, or it was not delivered.
    mutating func lost(_ number: UInt64, _ text: String, _ now: Moment) {
        remove(number)
        fail(text, now)
    }

    /// Tells a stream that its shard will not be sent.
    mutating func giveUp(_ number: UInt64) {
        remove(number)
        actions.append(.giveUp(flight: number))
    }

    /// Forgets a shard that will not arrive: its room is free again.
    private mutating func remove(_ number: UInt64) {
        waiting.removeAll { $0 == number }
        held.removeAll { $0 == number }
        guard let flight = flights.removeValue(forKey: number) else { return }
        if let partition = flight.partition { meters[partition].failed(bytes: flight.bytes) }
        unsent.add(number, flight)
    }
}
