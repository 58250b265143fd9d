import Foundation
import Testing

extension Deployment {
    /// Writes a record as another program would.
    func produce(
        topic: String, partition: Int = 0, key: String, header: String? = nil, _ value: [UInt8]
    ) throws {
        let folder = try TemporaryFolder()
        let path = folder.file("record")
        try Data(value).write(to: URL(fileURLWithPath: path))
        let sent = try Program.run(
            ["-P", "-b", brokers, "-t", topic, "-p", "\(partition)", "-k", key]
                + (header.map { ["-H", $0] } ?? []) + [path], executable: "/usr/bin/kcat")
        try #require(sent.code == 0, "\(sent.errors)")
    }

    /// Why a shard was refused.
    struct DeadLetter: Decodable {
        let code: String, reason: String, partition: Int, offset: Int
    }

    /// The whole topic of dead letters.
    func deadLetters() throws -> [DeadLetter] {
        let read = try Program.run(
            [
                "-C", "-b", brokers, "-t", "hashiflex.dead-letters", "-o", "beginning", "-e", "-q", "-f",
                "%h\n",
            ], executable: "/usr/bin/kcat")
        try #require(read.code == 0, "\(read.errors)")
        return try read.lines.map { line in
            // Behind it stand the record's own headers.
            let text = try #require(line.split(separator: "=", maxSplits: 1).last)
            let end = try #require(text.lastIndex(of: "}"))
            return try JSONDecoder().decode(DeadLetter.self, from: Data(text[...end].utf8))
        }
    }

    /// Starts a worker of one replica and waits until it owns partitions.
    func startWorker(_ model: String, name: String = "one") throws -> Background {
        let worker = try start("worker", "--model", model, "--name", name, "--replicas", "1")
        let isReady = try eventually(seconds: 40) {
            try workers().contains { $0.worker == name && !$0.partitions.isEmpty }
        }
        try #require(isReady, "\(worker.text)")
        return worker
    }
}
