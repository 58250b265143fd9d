"""Topics of a deployment, read from their beginnings to where they end, with confluent-kafka."""
import time

import confluent_kafka
from confluent_kafka import KafkaError, TopicPartition

# A node that does not answer is left soon: the reader must not be what waits. Of large shards little is fetched ahead.
CLIENT = {
    "group.id": "unused", "client.id": "independent-reader", "enable.auto.commit": False, "auto.offset.reset": "error",
    "isolation.level": "read_committed", "socket.timeout.ms": 4_000, "socket.connection.setup.timeout.ms": 2_000,
    "reconnect.backoff.max.ms": 500, "fetch.wait.max.ms": 100, "fetch.error.backoff.ms": 100,
    "socket.nagle.disable": True, "queued.max.messages.kbytes": 16_384, "log_level": 0}
SILENCE_MAX = 60  # seconds without any answer, after which the broker counts as gone


class Unreadable(Exception):
    """The topics can not be read."""


def consumer(brokers, **settings):
    return confluent_kafka.Consumer({**CLIENT, "bootstrap.servers": brokers, **settings})


def places(client, prefix, kinds):
    """Every partition of the topics, as (topic, partition). One that is new is not known to every node at once."""
    found = []
    for topic in (f"{prefix}.{kind}" for kind in kinds):
        for _ in range(30):
            facts = client.list_topics(topic, timeout=30).topics[topic]
            if facts.error is None:
                break
            time.sleep(1)
        else:
            raise Unreadable(f"{topic}: {facts.error}")
        found += [(topic, partition) for partition in facts.partitions]
    return found


def leaders(address, prefix):
    """Who leads each partition of the deployment, as one node says; None where it does not answer."""
    try:
        topics = consumer(address).list_topics(timeout=5).topics
    except confluent_kafka.KafkaException:
        return None
    return {(name, partition): facts.leader for name, topic in topics.items() if name.startswith(f"{prefix}.")
            for partition, facts in topic.partitions.items()}


def wait_until_agreed(client, prefix, seconds=SILENCE_MAX):
    """Until all nodes that answer name the same leaders. One that was cut off from its peers tells old ones when it is back, and
    a reader that believes it takes the log of a leader that was replaced for the whole."""
    deadline = time.monotonic() + seconds
    while True:
        nodes = [f"{node.host}:{node.port}" for node in client.list_topics(timeout=30).brokers.values()]
        told = [facts for facts in (leaders(node, prefix) for node in nodes) if facts is not None]
        if told and all(facts == told[0] for facts in told):
            return
        if time.monotonic() > deadline:
            raise Unreadable(f"the nodes do not agree on the leaders after {seconds} s")
        time.sleep(0.5)


class Topics:
    """Every partition of some topics, from the beginning. One record is held at a time."""

    def __init__(self, brokers, prefix, kinds, **settings):
        self.consumer = consumer(brokers, **{"enable.partition.eof": True, **settings})
        self.prefix = prefix
        wait_until_agreed(self.consumer, prefix)
        self.unread = set(places(self.consumer, prefix, kinds))
        self.consumer.assign(
            [TopicPartition(*place, confluent_kafka.OFFSET_BEGINNING) for place in sorted(self.unread)])

    def read(self, take, until):
        """Hands every record to `take(kind, message)` until all ends were reached and `until()` holds."""
        last = time.monotonic()
        while self.unread or not until():
            message = self.consumer.poll(0.2)
            if self.unread and time.monotonic() - last > SILENCE_MAX:
                topic, partition = min(self.unread)
                raise Unreadable(f"{topic}/{partition} has not answered for {SILENCE_MAX} s")
            if message is None:
                continue
            error = message.error()
            if error is None:
                last = time.monotonic()
                take(message.topic()[len(self.prefix) + 1:], message)
            elif error.code() == KafkaError._PARTITION_EOF:
                last = time.monotonic()
                self.unread.discard((message.topic(), message.partition()))
            elif error.code() != KafkaError.GROUP_AUTHORIZATION_FAILED and (
                    error.fatal() or not error.retriable() and error.code() > 0):
                raise Unreadable(str(error))
