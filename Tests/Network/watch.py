#!/usr/bin/env python3
"""What the lab's independent reader sees while it happens. What came of it all, Tests/Reader/reader.py counts.

usage: watch.py nodes N BROKER...              waits until each of them, asked by itself, knows N nodes
       watch.py follow PREFIX FILE BROKER...   writes what comes, and when, as lines into a file, until it is ended
"""
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Reader"))
import confluent_kafka  # noqa: E402
from confluent_kafka import OFFSET_BEGINNING, TopicPartition  # noqa: E402
from records import is_marker, json_record, shard_header  # noqa: E402
from topics import consumer, places  # noqa: E402


def now_ms():
    return int(time.time() * 1000)


def nodes(count, brokers):
    for broker in brokers:
        while True:
            try:
                if len(consumer(broker).list_topics(timeout=3).brokers) == int(count):
                    break
            except confluent_kafka.KafkaException:
                pass
            time.sleep(0.3)


class Follower:
    """Reads all topics, and takes a new client of another node whenever something is due that does not come."""

    def __init__(self, prefix, file, brokers):
        self.prefix, self.brokers = prefix, brokers
        self.out = open(file, "w", buffering=1)
        self.positions = dict.fromkeys(
            places(consumer(",".join(brokers)), prefix, ("control", "status", "shards", "predictions")), OFFSET_BEGINNING)
        self.pending = {}  # shard: when it was seen and how many images have no prediction
        self.shard_at = self.status_at = self.renewed_at = time.monotonic()
        self.turn, self.client = 0, None

    def renew(self):
        if self.client is not None:
            # Closing may wait for a node that does not answer.
            threading.Thread(target=self.client.close, daemon=True).start()
        self.client = consumer(self.brokers[self.turn % len(self.brokers)])
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


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["nodes", number, *given]:
            nodes(number, given)
        case ["follow", name, file, *given]:
            Follower(name, file, given).run()
        case _:
            print(__doc__.strip(), file=sys.stderr)
            sys.exit(64)
