import ImageDecoding
import Ingest
import Kafka
import PipelineMessages

/// What the live workers state of the pictures that their backbones were made for.
enum FleetPreprocessing {
    /// Why tensors of `preparation` would be refused by the fleet; `nil` if they would not, or no worker lives.
    static func refusal(of preparation: TensorPreparation, _ link: Connection) -> String? {
        refusal("these tensors", StatedPreprocessing(preparation.preprocessing), liveWorkers(link)) {
            "ingest with --preprocess and the backbone's file, or with --encoding files"
        }
    }

    /// Why something that states `found` does not fit the live workers, but for those that are ignored by name.
    static func refusal(
        _ name: String, _ found: StatedPreprocessing, _ live: [WorkerStatus], ignoring ignored: [String] = [],
        advice: () -> String
    ) -> String? {
        for worker in live where !ignored.contains(worker.worker) {
            guard let text = worker.preprocessing else { continue }
            let mismatch = PreprocessingMismatch(
                name, found, "the backbone of worker \(worker.worker)", StatedPreprocessing(text),
                advice: advice())
            if let mismatch { return "\(mismatch)" }
        }
        return nil
    }
}

extension FleetPreprocessing {
    /// The workers that live now. Where the status topic may not be read there is nothing to compare with, and that is
    /// said: workers compare by themselves.
    private static func liveWorkers(_ link: Connection) -> [WorkerStatus] {
        guard link.isVisible(link.topics.status) else { return [] }
        do {
            return try FleetSnapshot.read(link, listeningFor: [.worker]).liveWorkers
        } catch {
            let problem = (error as? CommandError)?.text ?? "\(error)"
            Terminal.note(
                "not compared with the fleet's preprocessing: \(problem); workers refuse what does not fit")
            return []
        }
    }
}

extension IngestSummary {
    /// The pictures as a tally.
    var pictures: PictureTally {
        PictureTally(seen: picturesSeen, wide: picturesWide, oriented: picturesOriented)
    }
}
