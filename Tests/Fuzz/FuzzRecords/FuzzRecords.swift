import ControlPlane
import FleetMachines
import Foundation
import RecordFuzzing

/// Any records in any topic: refused or taken, never a trap, and what follows is readable and fit to be shown.
@c(LLVMFuzzerTestOneInput)
public func fuzzRecords(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    var snapshot = FleetSnapshot()
    let start = Moment(steadyMs: 0, wallMs: 0)
    snapshot.take(.caughtUp, nil, atMs: start.steadyMs)
    let view = RecordView(
        lines: { heartbeat in
            snapshot.take(heartbeat, nil, atMs: start.steadyMs)
            return snapshot.lines(at: start)
        }, escape: Terminal.noted)
    let problems = RecordStage.play(input, view: view)
    guard problems.isEmpty else {
        // An optimised build says nothing of the reason for a trap.
        for problem in problems { Terminal.complain(problem) }
        abort()
    }
    return 0
}

/// The mutator: libFuzzer's own knows neither JSON nor the ends of integers.
@c(LLVMFuzzerCustomMutator)
public func mutateRecords(
    _ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int, _ countMax: Int, _ seed: CUnsignedInt
) -> Int {
    var mutator = RecordMutator(seed: UInt64(seed))
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    let output = mutator.mutate(input, bytesMax: countMax)
    bytes?.update(from: output, count: output.count)
    return output.count
}
