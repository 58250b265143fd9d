#!/usr/bin/env python3
"""The lab's independent reader: it knows schemas/README.md and confluent-kafka, and nothing of hashiflex.

usage: reader.py nodes N BROKER...              waits until each of them, asked by itself, knows N nodes
       reader.py follow PREFIX FILE BROKER...   writes what comes, and when, as lines into a file, until it is ended
       reader.py count PREFIX BROKERS           reads the topics from their beginnings, judges, prints JSON
"""
import json
import sys
import threading
import time

import confluent_kafka
from confluent_kafka import TopicPartition
from judge import json_record, judge, shard_header

# A node that does not answer is left soon: the reader must not be what waits.
CLIENT = {
    "group.id": "unused", "enable.auto.commit": False, "auto.offset.reset": "error", "isolation.level": "read_committed",
    "socket.timeout.ms": 4_000, "socket.connection.setup.timeout.ms": 2_000, "reconnect.backoff.max.ms": 500,
    "fetch.wait.max.ms": 100, "fetch.error.backoff.ms": 100, "socket.nagle.disable": True, "log_level": 0}


def now_ms():
    return int(time.time() * 1000)


def is_marker(message):
    return ("hsf-kind", b"marker") in (message.headers() or [])


def nodes(count, brokers):
    for broker in brokers:
        while True:
            try:
                client = confluent_kafka.Consumer({**CLIENT, "bootstrap.servers": broker})
                if len(client.list_topics(timeout=3).brokers) == int(count):
                    break
            except confluent_kafka.KafkaException:
                pass
            time.sleep(0.3)


def partitions(prefix, brokers):
    """Where to begin: every partition of what this reader reads."""
    client = confluent_kafka.Consumer({**CLIENT, "bootstrap.servers": brokers})
    topics = client.list_topics(timeout=30).topics
    client.close()
    return {
        (topic, number): confluent_kafka.OFFSET_BEGINNING
        for topic in (f"{prefix}.{kind}" for kind in ("control", "status", "shards", "predictions", "receipts"))
        for number in topics[topic].partitions}


class Follower:
    """Reads all topics, and takes a new client of another node whenever something is due that does not come."""

    def __init__(self, prefix, file, brokers):
        self.prefix, self.brokers = prefix, brokers
        self.out = open(file, "w", buffering=1)
        self.positions = {
            place: offset for place, offset in partitions(prefix, ",".join(brokers)).items()
            if not place[0].endswith(".receipts")}
        self.pending = {}  # shard: when it was seen and how many images have no prediction
        self.shard_at = self.status_at = self.renewed_at = time.monotonic()
        self.turn, self.client = 0, None

    def renew(self):
        if self.client is not None:
            # Closing may wait for a node that does not answer.
            threading.Thread(target=self.client.close, daemon=True).start()
        self.client = confluent_kafka.Consumer(
            {**CLIENT, "bootstrap.servers": self.brokers[self.turn % len(self.brokers)]})
        self.client.assign([TopicPartition(topic, number, at) for (topic, number), at in self.positions.items()])
        self.turn += 1
        self.renewed_at = time.monotonic()

    def is_due(self):
        now = time.monotonic()
        if now - self.renewed_at < 2.5:
            return False
        oldest = next(iter(self.pending.values()), None)
        return now - self.shard_at > 2.5 or now - self.status_at > 3 or (oldest and now - oldest[0] > 2.5)

    def run(self):
        self.renew()
        while True:
            message = self.client.poll(0.1)
            if message is not None and message.error() is None:
                self.positions[message.topic(), message.partition()] = message.offset() + 1
                self.note(message)
            elif message is not None:
                self.line("E", message.error().name())
            if self.is_due():
                self.renew()

    def line(self, kind, *fields):
        print(kind, now_ms(), *fields, sep="\t", file=self.out)

    def note(self, message):
        kind, place = message.topic().rsplit(".", 1)[1], (message.partition(), message.offset())
        stamp = message.timestamp()[1]
        if kind == "shards":
            if is_marker(message):
                return self.line("M", *place, stamp)
            header = shard_header(message.value())
            self.shard_at = time.monotonic()
            self.pending[place] = (self.shard_at, len(header["images"]))
            return self.line("S", *place, stamp, header["created_at_ms"], len(header["images"]), header["sequence"])
        record = json_record(message.value())
        if kind == "predictions":
            place = (record["partition"], record["offset"])
            if place in self.pending:
                at, left = self.pending.pop(place)
                if left > 1:
                    self.pending[place] = (at, left - 1)
            self.line("P", *place, record["index"], stamp)
        elif kind == "status":
            self.status_at = time.monotonic()
            if record.get("schema", "").startswith("worker-status"):
                owned = ",".join(str(owned["partition"]) for owned in record["partitions"])
                self.line("W", record["at_ms"], record["worker"], record["state"], owned)
            elif record.get("schema", "").startswith("coordinator-status"):
                self.line("L", record["at_ms"], record["coordinator"])
        elif "request" in record and "state" in record:
            self.line("C", message.offset(), record["request"], record["state"], record["label"])


def read_all(prefix, brokers):
    """Every record of the topics that count, by topic, as they are now."""
    places = {place: at for place, at in partitions(prefix, brokers).items() if not place[0].endswith(".status")}
    client = confluent_kafka.Consumer({**CLIENT, "bootstrap.servers": brokers, "enable.partition.eof": True})
    client.assign([TopicPartition(topic, number, at) for (topic, number), at in places.items()])
    found, open_places, silent = {}, set(places), 0
    while open_places:
        message = client.poll(1.0)
        silent = silent + 1 if message is None else 0
        if silent == 30:
            sys.exit(f"reader.py: nothing came for 30 s from {sorted(open_places)}")
        if message is None:
            continue
        if message.error() is None:
            found.setdefault(message.topic().rsplit(".", 1)[1], []).append(message)
        elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
            open_places.discard((message.topic(), message.partition()))
    return found


def count(prefix, brokers):
    """The records as `judge` takes them: partition, offset, key, value, whether it is a marker."""
    found = {
        kind: [(message.partition(), message.offset(), message.key(), message.value(), is_marker(message))
               for message in messages] for kind, messages in read_all(prefix, brokers).items()}
    print(json.dumps(judge(found)))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["nodes", number, *given]:
            nodes(number, given)
        case ["follow", name, file, *given]:
            Follower(name, file, given).run()
        case ["count", name, given]:
            count(name, given)
        case _:
            print(__doc__.strip(), file=sys.stderr)
            sys.exit(64)
