internal import FleetMachines
internal import PipelineMessages

/// The writing hand, and the client library's side of transactions.
extension SimulatedWorker {
    /// Returns whether there was something to write.
    func writerTurn() -> Bool {
        let isWanted = !writing.isEmpty
        while !isWriterBusy, !writing.isEmpty, isAlive { perform(writing.removeFirst()) }
        if !isWriterBusy { tell(.tick) }
        return isWanted
    }

    private func perform(_ action: Machine.Action) {
        switch action {
        case .publish(let publication, let flight): publish(publication, flight)
        case .commit(let commits, let serial, _): commit(commits, serial)
        case .beginTransaction:
            isWriterBusy = true
            after(world.random.within(0...(world.fails(10) ? 80 : 3))) { [self] in
                isWriterBusy = false
                guard takeOver() else { return tell(.transactionEnded(.begin, noAnswer)) }
                transaction = SimulatedBroker.Transaction(begunAtMs: world.nowMs)
                let isCurrent = producerIsCurrent
                if isCurrent { broker.producers[name]?.transaction = transaction }
                tell(.transactionEnded(.begin, isCurrent ? nil : fenced()))
            }
        case .sendOffsets(let commits, let generation): sendOffsets(commits, generation)
        case .commitTransaction:
            call(.commit) { [self] transaction in
                guard transaction.state != .aborted else { return CallFailure(.abortable, "was aborted") }
                guard world.replacedAtMs ?? .min <= transaction.begunAtMs else { return nil }
                world.commit(transaction, by: self)
                return nil
            }
        case .abortTransaction:
            abort()
        default: world.complain("\(name): the writer was given \(action)")
        }
    }

    // MARK: Records

    /// Predictions and receipt leave one after the other, and either may stay behind.
    private func publish(
        _ publication: Publication<SimulatedMessage, SimulatedScores>, _ flight: UInt64
    ) {
        let ticket = publication.ticket
        let place = (partition: ticket.lane.partition, offset: ticket.offset)
        var outcome: SimulatedBroker.Outcome
        var records = 1
        switch publication.outcome {
        case .scored(let scores, let images):
            outcome = .init(
                head: scores.stamp.head, number: scores.stamp.cutover, imagesBefore: publication.imagesBefore,
                images: images, isDead: false, transaction: transaction)
            records = images
        case .dead:
            outcome = .init(
                head: nil, number: nil, imagesBefore: publication.imagesBefore, images: 0, isDead: true,
                transaction: transaction)
        case .passed: return world.complain("\(name): a passed record was published")
        }
        let receipt = Receipt(
            topic: "t", partition: place.partition, offset: place.offset, stream: "s", images: outcome.images,
            errors: 0, imagesBefore: outcome.imagesBefore, deadLetter: outcome.isDead ? "bad" : nil,
            head: nil,
            worker: name, incarnation: "\(life)", serviceUs: 0, scoredAtMs: world.nowMs)
        tell(.queued(flight: flight, records: records + 1))
        // Now and then the client library's queue is full.
        if world.fails(60) {
            isWriterBusy = true
            after(world.random.within(30...300)) { [self] in isWriterBusy = false }
        }
        send(flight, records, of: place.partition) { [broker, world] in
            broker.outcomes[Int(place.partition)][place.offset, default: []].append(outcome)
            world.judge(outcome, partition: place.partition, offset: place.offset)
        }
        send(flight, 1, of: place.partition) { [broker] in
            broker.receipts[Int(place.partition)].append(
                .init(receipt: receipt, transaction: outcome.transaction))
        }
    }

    // MARK: At least once

    private func commit(_ commits: [PartitionCommit], _ serial: Int) {
        isWriterBusy = true
        let membershipThen = membership
        let (begun, isReplaced) = (life, world.isReplaced)
        let isLost = world.fails(25)
        let isApplied = !isLost || world.random.oneIn(2)
        world.after(world.random.within(1...(world.fails(15) ? 400 : 8))) { [self] in
            var failure = isLost ? world.failure("no answer") : nil
            if isCutOff {
                failure = noAnswer
            } else if isApplied {
                // The client names itself as it is when the request leaves, which may be long after the call.
                let membership = life == begun ? membership : membershipThen
                if let membership, broker.group.accepts(membership), world.isReplaced == isReplaced {
                    for commit in commits { world.store(commit, by: self) }
                } else {
                    failure = CallFailure(.stale, "the group has moved on")
                }
            }
            if isLost { world.report.lostCalls += 1 }
            // The answer is for the process that asked.
            guard life == begun else { return }
            after(world.random.within(1...8)) { [self] in
                isWriterBusy = false
                tell(.commitEnded(failure, serial: serial))
            }
        }
    }

    // MARK: Exactly once

    private var producerIsCurrent: Bool { broker.producers[name]?.epoch == producerEpoch }
    private var noAnswer: CallFailure { CallFailure(.retriable, "no answer") }

    /// The broker takes the producer for an old one, for nobody else has the name: it gave up a transaction. A new producer takes
    /// the name back, before anything else.
    private func fenced() -> CallFailure {
        isProducerNew = true
        world.report.renewals += 1
        return CallFailure(.abortable, "the broker gave a transaction up")
    }

    /// Whether the name is this producer's.
    private func takeOver() -> Bool {
        guard isProducerNew else { return true }
        guard !isCutOff, !world.fails(10) else { return false }
        isProducerNew = false
        takeOverTransactions()
        return true
    }

    /// Aborts; a producer that can not is replaced, and who takes its name over aborts what it left open.
    private func abort() {
        guard !isProducerNew else {
            isWriterBusy = true
            return after(world.random.within(1...10)) { [self] in
                isWriterBusy = false
                tell(.transactionEnded(.abort, takeOver() ? nil : noAnswer))
            }
        }
        call(.abort) { [self] transaction in
            if transaction.state == .open { transaction.state = .aborted }
            world.report.aborts += 1
            return nil
        }
    }

    /// What a predecessor left open is aborted, and whoever still believes to have the name is shut out.
    func takeOverTransactions() {
        var producer = broker.producers[name] ?? .init()
        if producer.transaction?.state == .open { producer.transaction?.state = .aborted }
        producer.epoch += 1
        producer.transaction = nil
        broker.producers[name] = producer
        producerEpoch = producer.epoch
    }

    private func sendOffsets(_ commits: [PartitionCommit], _ generation: Int) {
        let membership = memberships[generation]
        call(.sendOffsets) { [self] transaction in
            guard transaction.state == .open else { return CallFailure(.abortable, "was aborted") }
            guard let membership, broker.group.accepts(membership) else {
                return CallFailure(.stale, "the group has moved on")
            }
            for commit in commits { transaction.offsets[commit.partition] = commit }
            return nil
        }
    }

    /// A call that takes its time; its answer may be lost whether it was carried out or not.
    private func call(
        _ call: TransactionCall, _ body: @escaping (SimulatedBroker.Transaction) -> CallFailure?
    ) {
        guard let transaction else { return world.complain("\(name): \(call) without a transaction") }
        isWriterBusy = true
        let isLost = world.fails(25)
        let isApplied = !isLost || world.random.oneIn(2)
        let epoch = producerEpoch
        // A commit waits for what is on its way.
        world.after(max(0, appendedAtMs - world.nowMs) + world.random.within(1...8)) { [self] in
            var failure = isLost ? world.failure("no answer") : nil
            if isCutOff {
                failure = noAnswer
            } else if isApplied {
                let answer = broker.producers[name]?.epoch == epoch ? body(transaction) : fenced()
                if !isLost { failure = answer }
            }
            if isLost { world.report.lostCalls += 1 }
            after(world.random.within(1...8)) { [self] in
                isWriterBusy = false
                tell(.transactionEnded(call, failure))
            }
        }
    }
}
