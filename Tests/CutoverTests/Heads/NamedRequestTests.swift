import Cutover
import PipelineMessages
import Testing

/// Which request a person means who wants to give one up.
@Suite struct NamedRequestTests {
    private func log(_ records: CutoverRecord...) -> ActivationLog {
        var log = ActivationLog()
        for (offset, record) in records.enumerated() { log.apply(record, at: Int64(offset)) }
        return log
    }

    /// A request of another name for the head of `label`.
    private func again(_ name: String, _ label: String) -> CutoverRecord {
        var record = request(label)
        record.request = name
        return record
    }

    private func names(_ log: ActivationLog, _ name: String?) -> [String] {
        log.requests(named: name).map(\.request)
    }

    @Test func withoutANameItIsWhateverIsUndecided() {
        #expect(names(log(), nil).isEmpty)
        #expect(names(log(request("a"), request("b").with(.aborted)), nil) == ["a"])
        #expect(names(log(request("b"), request("a")), nil) == ["b", "a"])
        #expect(names(log(request("a"), request("a").with(.committing), request("b")), nil) == ["b"])
        #expect(names(log(request("a"), request("a").with(.committing)), nil) == ["a"])
        #expect(names(log(request("a").with(.committed, offsets: [:])), nil).isEmpty)
    }

    @Test func aRequestIsNamedInWhateverState() {
        let log = log(request("a"), request("b").with(.committed, offsets: [:]), request("c").with(.aborted))
        for name in ["a", "b", "c"] { #expect(names(log, name) == [name]) }
        #expect(names(log, "d").isEmpty && names(log, "").isEmpty)
    }

    @Test func aLabelNamesItsUndecidedRequestsElseItsLast() {
        let both = log(request("a"), again("b", "a"), request("c"))
        #expect(names(both, "head@a") == ["a", "b"])
        var one = both
        one.apply(request("a").with(.aborted), at: 9)
        #expect(names(one, "head@a") == ["b"])
        one.apply(again("b", "a").with(.committing), at: 10)
        #expect(names(one, "head@a") == ["b"])
        #expect(names(one, "head@d").isEmpty)
    }

    /// A request can not hide behind the name of a head.
    @Test func aRequestsOwnNameComesFirst() {
        let log = log(request("a"), again("head@a", "c"))
        #expect(names(log, "head@a") == ["head@a"])
    }
}
