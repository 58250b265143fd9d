import Kafka
import Testing
import Threads

extension OnBroker {
    @Suite struct NodeProbe {
        @Test func aNodeIsAskedAtItsAddressAndAtNoOther() throws {
            try withBroker([("t", 1)]) { broker in
                KafkaLog.setHandler { _ in }
                defer { KafkaLog.setHandler(nil) }
                try KafkaProducer(broker.configuration).deliver("t", (0..<3).map { bytes("\($0)") })
                let place = TopicPartition(topic: "t", partition: 0)
                let node = try #require(
                    try KafkaAdmin(broker.configuration).metadata(timeoutMs: 10_000).brokers.first)
                var probes = NodeProbes(broker.configuration)
                var end = try probes.end(of: place, knownTo: node, timeoutMs: 10_000)
                #expect(end == 3)
                end = try probes.end(of: place, knownTo: node.id, timeoutMs: 10_000)
                #expect(end == 3)
                // Nobody is there; the broker that the configuration names would answer.
                let away = ClusterDescription.Broker(id: node.id + 1, host: "127.0.0.1", port: 1)
                #expect(throws: KafkaError.self) {
                    try probes.end(of: place, knownTo: away, timeoutMs: 500)
                }
                // Of one in two nobody knows whether it is behind.
                let go = Signal()
                let one = probes.highestEnd(of: place, knownTo: [node], timeoutMs: 10_000, until: go)
                let half = probes.highestEnd(of: place, knownTo: [node, away], timeoutMs: 500, until: go)
                let most = probes.highestEnd(
                    of: place, knownTo: [node, away, node], timeoutMs: 500, until: go)
                #expect(one == 3 && half == nil && most == 3)
            }
        }
    }
}
