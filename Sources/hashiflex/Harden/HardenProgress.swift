import ArgumentParser
import Foundation
import Hardening
import Threads

/// Tells people how far hardening is.
enum HardenProgress {
    /// Says what is held out, and where that is too little to tell anything.
    static func note(heldOut count: Int, of all: Int) {
        Terminal.note("\(count) of \(all) images are held out: compared on, not calibrated on (--hold-out)")
        if count < HeldOutReport.imagesAdvised {
            Terminal.note(
                "only \(count) held-out images: what they say is unsure below \(HeldOutReport.imagesAdvised)")
        }
    }

    static func show(_ progress: HardeningProgress) {
        switch progress {
        case .evaluated(let images, let count):
            let line = "float network: \(images) of \(count) images"
            if Terminal.isInteractive, images < count { return Terminal.draw([line]) }
            if images == count { Terminal.note(line) }
        case .hardened(let index, let count, let layer, let sqnrDb):
            Terminal.note(
                String(
                    format: "layer %d of %d, %@: output %.1f dB", index + 1, count, layer as NSString, sqnrDb)
            )
        case .verified(let images):
            Terminal.note(
                "verified: every weight is 0, a power of two or, with --terms, a sum of two; executor equals reference on \(images) images"
            )
        }
    }
}

/// Threads for hardening.
enum HardenCrew {
    static func make(threads: Int?) throws -> WorkCrew {
        let count = threads ?? ProcessFacts.processors
        guard (1...256).contains(count) else {
            throw CommandError(ExitCode(64), "--threads is 1 to 256, not \(count)")
        }
        return WorkCrew(workerCount: count) { workerCount, body in
            let threads = (0..<workerCount).map { worker in
                PlatformThread("harden-\(worker)") { body(worker) }
            }
            for thread in threads { thread.join() }
        }
    }
}
