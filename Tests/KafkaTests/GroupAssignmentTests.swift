import Kafka
import Testing

/// A group that names changes only, told as a whole.
@Suite struct GroupAssignmentTests {
    private func places(_ numbers: Int32...) -> [TopicPartition] {
        numbers.map { TopicPartition(topic: "t", partition: $0) }
    }

    private func words(_ event: ConsumerEvent?) -> String {
        switch event {
        case .assigned(let partitions): "assigned \(partitions.map(\.partition))"
        case .revoked(let partitions, let lost):
            "\(lost ? "lost" : "revoked") \(partitions.map(\.partition))"
        default: "nothing"
        }
    }

    private func words(_ reaction: GroupAssignment.Reaction) -> String {
        switch reaction {
        case .tell(let event): words(event)
        case .answer: "answer"
        case .wait: "wait"
        }
    }

    /// A consumer that reads these.
    private func reading(_ numbers: Int32...) -> GroupAssignment {
        var group = GroupAssignment()
        let given = numbers.map { TopicPartition(topic: "t", partition: $0) }
        _ = group.added(given)
        _ = group.read(given)
        return group
    }

    @Test func theFirstPartitionsAreGivenAtOnce() {
        var group = GroupAssignment()
        #expect(!group.isIncremental)
        let first = group.added(places(2, 0))
        #expect(words(first) == "assigned [0, 2]" && group.isIncremental)
        let given = group.read(places(0, 2))
        #expect(given == [] && group.held == Set(places(0, 2)))
    }

    @Test func beforeSomethingIsAddedEverythingIsTakenBack() {
        var group = reading(0, 1)
        let word = group.added(places(3))
        #expect(words(word) == "revoked [0, 1]")
        let answer = group.givenBack()
        #expect(answer.held == places(0, 1) && words(answer.next) == "assigned [0, 1, 3]")
        let given = group.read(places(0, 1, 3))
        #expect(given == [], "nothing is held in between")
        let again = group.givenBack()
        #expect(again.held == places(0, 1, 3) && words(again.next) == "nothing")
    }

    @Test func whatStaysIsGivenAgainAfterSomethingWasTaken() {
        var group = reading(0, 1, 2)
        let taken = group.taken(places(1), lost: false)
        #expect(words(taken) == "revoked [0, 1, 2]")
        let answer = group.givenBack()
        #expect(answer.held == places(0, 1, 2) && words(answer.next) == "nothing")
        // The group ends each change by adding, be it nothing.
        let end = group.added([])
        #expect(words(end) == "assigned [0, 2]")
    }

    @Test func whatWasLostIsNotGivenAgain() {
        var group = reading(0, 1)
        let taken = group.taken(places(0, 1), lost: true)
        #expect(words(taken) == "lost [0, 1]")
        _ = group.givenBack()
        let joined = group.added(places(1))
        #expect(words(joined) == "assigned [1]")
    }

    @Test func nothingThatIsWantedBeforeTheAnswerIsRead() {
        var group = reading(0, 1)
        _ = group.taken(places(1), lost: false)
        let stale = group.read(places(0, 1))
        #expect(stale == nil && group.held == Set(places(0, 1)))
        _ = group.givenBack()
        #expect(group.held.isEmpty)
        _ = group.added([])
        let rest = group.read(places(0))
        #expect(rest == [])
    }

    @Test func readingElsewhereGivesUpWhatIsHeld() {
        var group = reading(0, 1)
        // A partition that can not be read is left out, and is still the consumer's own.
        let first = group.read(places(0))
        #expect(first == places(0, 1))
        let second = group.read(places(0))
        #expect(second == places(0))
        let word = group.added(places(2))
        #expect(words(word) == "revoked [0]")
        let answer = group.givenBack()
        #expect(words(answer.next) == "assigned [0, 1, 2]")
    }

    @Test func aChangeWithoutChangeIsAnsweredAndOneDuringAnAnswerWaits() {
        var group = reading(0)
        let none = group.added([])
        #expect(words(none) == "answer")
        _ = group.taken(places(0), lost: false)
        let early = group.added(places(4))
        #expect(words(early) == "wait")
        let answer = group.givenBack()
        #expect(answer.held == places(0) && words(answer.next) == "assigned [4]")
    }

    @Test func aLossWhileEverythingIsTakenBackIsTold() {
        var group = reading(0)
        _ = group.added(places(1))
        let lost = group.taken(places(0, 1), lost: true)
        #expect(words(lost) == "lost [0]")
        let answer = group.givenBack()
        #expect(words(answer.next) == "nothing")
    }
}
