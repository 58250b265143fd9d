#!/usr/bin/env python3
"""The lab's independent reader: it knows schemas/README.md and confluent-kafka, and nothing of hashiflex.

usage: reader.py nodes N BROKER...              waits until each of them, asked by itself, knows N nodes
       reader.py follow PREFIX FILE BROKER...   writes what comes, and when, as lines into a file, until it is ended
       reader.py count PREFIX BROKERS           reads the topics from their beginnings, judges, prints JSON
"""
import json
import struct
import sys
import threading
import time

import confluent_kafka
from confluent_kafka import TopicPartition

# A node that does not answer is left soon: the reader must not be what waits.
CLIENT = {
    "group.id": "unused", "enable.auto.commit": False, "auto.offset.reset": "error", "isolation.level": "read_committed",
    "socket.timeout.ms": 4_000, "socket.connection.setup.timeout.ms": 2_000, "reconnect.backoff.max.ms": 500,
    "fetch.wait.max.ms": 100, "fetch.error.backoff.ms": 100, "socket.nagle.disable": True, "log_level": 0}
ENVELOPE = struct.Struct("<8sHHIIIQ")


def now_ms():
    return int(time.time() * 1000)


def shard_header(value):
    magic, _, _, length, _, _, _ = ENVELOPE.unpack_from(value)
    if magic != b"HSFSHARD":
        raise ValueError("not a shard")
    return json.loads(value[ENVELOPE.size:ENVELOPE.size + length])


def json_record(message):
    """An empty one for what is none: a tombstone, a chunk of a head."""
    try:
        record = json.loads(message.value() or b"{}")
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


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
        record = json_record(message)
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


def announced(control):
    """What the control topic decided of each cut-over, the first decision first: number: the record, its state."""
    decided, states = {}, {}
    for message in sorted(control, key=lambda message: message.offset()):
        record = json_record(message)
        request, state, before = record.get("request"), record.get("state"), states.get(record.get("request"))
        follows = {"requested": (None,), "committing": ("requested",), "committed": ("committing",),
                   "aborted": ("requested",)}.get(state, ())
        if request is None or before not in follows:
            continue
        states[request] = state
        if state in ("committing", "committed"):
            decided[record["number"]] = record
    return decided, states


def count(prefix, brokers):
    found = read_all(prefix, brokers)
    decided, states = announced(found.get("control", []))
    shards, markers, sequences = {}, {}, set()
    result = dict.fromkeys(
        ("images", "shards", "predicted", "repeats", "differing", "wrong_heads", "unscored", "strangers", "dead_letters",
         "second_markers", "misplaced_markers", "sent_twice"), 0)
    for message in found.get("shards", []):
        if is_marker(message):
            markers.setdefault(message.partition(), []).append((message.offset(), json.loads(message.value())))
            continue
        header = shard_header(message.value())
        shards[message.partition(), message.offset()] = (len(header["images"]), header["stream"])
        result["sent_twice"] += (header["stream"], header["sequence"]) in sequences
        sequences.add((header["stream"], header["sequence"]))
    timelines = {part: timeline(part, sorted(all, key=lambda m: m[0]), decided, result) for part, all in markers.items()}
    seen = {}
    for message in found.get("predictions", []):
        value = message.value()
        result["differing"] += seen.setdefault(message.key(), value) != value
    result["repeats"] = len(found.get("predictions", [])) - len(seen)
    for value in seen.values():
        record = json.loads(value)
        place = (record["partition"], record["offset"])
        images = shards.get(place, (0,))[0]
        result["strangers"] += not 0 <= record["index"] < images
        # Below the first marker the head of the first marker holds.
        heads = timelines.get(place[0], [])
        below = [head for offset, head in heads if offset < place[1]] or [head for _, head in heads[:1]]
        result["wrong_heads"] += "error" not in record and (not below or record.get("head") != below[-1])
    dead = {
        (record["partition"], record["offset"])
        for record in (json.loads(message.value()) for message in found.get("receipts", [])) if record.get("dead_letter")}
    result.update(
        images=sum(images for images, _ in shards.values()), shards=len(shards),
        predicted=len(seen) - result["strangers"], dead_letters=len(dead),
        committed=sum(state == "committed" for state in states.values()),
        open=sum(state in ("requested", "committing") for state in states.values()))
    result["unscored"] = result["images"] - result["predicted"]
    print(json.dumps(result))


def timeline(partition, markers, decided, result):
    """The heads of a partition by the rule: where, and which. A marker counts if the control topic announces it."""
    heads, last, met = [], -1, set()
    for offset, marker in markers:
        record = decided.get(marker["number"])
        if record is None or any(marker.get(name) != record.get(name) for name in ("slot", "head", "token")):
            continue
        if marker["number"] in met:
            result["second_markers"] += 1
        met.add(marker["number"])
        if marker["number"] <= last:
            continue
        named = {place["partition"]: place["offset"] for place in record.get("offsets", [])}
        result["misplaced_markers"] += named.get(partition, offset) != offset
        last = marker["number"]
        heads.append((offset, marker["head"]))
    return heads


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
