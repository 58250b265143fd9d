#!/usr/bin/env python3
"""Counts what a deployment made of its shards, by schemas/README.md alone: no line of it is HaShiFlex's.

usage: reader.py BROKERS [--topic-prefix P] [--images N] [--exactly-once] [--isolation LEVEL] [--wait S] [--json]

Reads the shards, control, predictions and dead-letters topics from their beginning to where they end now, and computes
itself which head each shard demands (head_rule.py). With --wait it goes on reading for at most S seconds, until every image has a prediction and every cut-over is decided.

Wrong is: an image without a prediction, a prediction that comes twice with other bytes, one of another head or cut-over,
one of no image, a dead letter, an image that could not be read, a cut-over that nobody decided, another number of images
than --images; with --exactly-once also a prediction that comes twice. Ends with 0, with 1 if anything is wrong, 64 for
wrong usage, 69 if the broker can not be read. Needs confluent-kafka: apt-get install python3-confluent-kafka, or pip.
It remembers about 400 bytes an image.
"""
import argparse
import hashlib
import json
import struct
import sys
import time

import confluent_kafka

from head_rule import HeadRule

# Magic, version, reserved, header bytes, body bytes, reserved, sum: the envelope of a shard.
ENVELOPE = struct.Struct("<8sHHIIIQ")
SILENCE_MAX = 60  # seconds without any answer, after which the broker counts as gone
SHOWN = 5  # examples of each fault


class Unreadable(Exception):
    """The topics can not be read."""


class Topics:
    """Every partition of the deployment's topics, read from the beginning."""

    def __init__(self, options):
        self.consumer = confluent_kafka.Consumer({
            "bootstrap.servers": options.brokers, "group.id": "unused", "enable.auto.commit": False,
            "auto.offset.reset": "error", "enable.partition.eof": True, "isolation.level": options.isolation,
            "client.id": "chaos-reader", **dict(text.split("=", 1) for text in options.properties)})
        self.prefix = options.topic_prefix
        self.unread = set()
        places = []
        for name in ("control", "shards", "predictions", "dead-letters"):
            for partition in self.partitions(f"{self.prefix}.{name}"):
                place = (f"{self.prefix}.{name}", partition)
                self.unread.add(place)
                places.append(confluent_kafka.TopicPartition(*place, confluent_kafka.OFFSET_BEGINNING))
        self.consumer.assign(places)

    def partitions(self, topic):
        for _ in range(30):
            found = self.consumer.list_topics(topic, timeout=30).topics[topic]
            if found.error is None:
                return list(found.partitions)
            time.sleep(1)
        raise Unreadable(f"{topic}: {found.error}")

    def read(self, take, until):
        """Hands every record to `take(name, message)` until all ends were reached and `until()` holds."""
        last = time.monotonic()
        while self.unread or not until():
            messages = self.consumer.consume(1_000, timeout=0.2)
            if messages:
                last = time.monotonic()
            elif self.unread and time.monotonic() - last > SILENCE_MAX:
                topic, partition = min(self.unread)
                raise Unreadable(f"{topic}/{partition} has not answered for {SILENCE_MAX} s")
            for message in messages:
                error = message.error()
                if error is None:
                    take(message.topic()[len(self.prefix) + 1:], message)
                elif error.code() == confluent_kafka.KafkaError._PARTITION_EOF:
                    self.unread.discard((message.topic(), message.partition()))
                elif error.code() != confluent_kafka.KafkaError.GROUP_AUTHORIZATION_FAILED and (
                        error.fatal() or not error.retriable() and error.code() > 0):
                    raise Unreadable(str(error))


class Count:
    """What was read, and what is wrong with it."""

    def __init__(self):
        self.shards = {}  # (partition, offset): stream, sequence, names of the images
        self.rule = HeadRule()
        self.predictions = {}  # (partition, offset, index): sum of the bytes, head, cut-over, id, error
        self.records = self.repeats = 0
        self.differing, self.strange, self.letters = [], [], {}
        self.times = []  # the broker's, of the first and the last prediction, milliseconds
        self.awaited = 0  # images of shards that were read

    def take(self, name, message):
        getattr(self, {"shards": "shard", "control": "control", "predictions": "prediction",
                       "dead-letters": "letter"}[name])(message)

    def shard(self, message):
        kind = dict(message.headers() or []).get("hsf-kind")
        if kind == b"marker":
            self.rule.marker(json.loads(message.value()), message.partition(), message.offset())
            return
        magic, version, _, size, _, _, _ = ENVELOPE.unpack_from(message.value())
        if (kind, magic, version) != (b"shard", b"HSFSHARD", 1):
            self.strange.append(f"{message.topic()}/{message.partition()}@{message.offset()} is no shard")
            return
        header = json.loads(message.value()[ENVELOPE.size:ENVELOPE.size + size])
        names = [image["id"] for image in header["images"]]
        self.shards[message.partition(), message.offset()] = header["stream"], header["sequence"], names
        self.awaited += len(names)

    def control(self, message):
        key = (message.key() or b"").decode()
        if key.startswith(("cutover/", "decision/")) and message.value() is not None:
            self.rule.cutover(json.loads(message.value()), message.offset())

    def prediction(self, message):
        self.records += 1
        at = message.timestamp()[1]
        self.times = [min([at, *self.times]), max([at, *self.times])]
        record = json.loads(message.value())
        place = record["partition"], record["offset"], record["index"]
        address = f"{record['topic']}/{place[0]}@{place[1]}#{place[2]}"
        if message.key().decode() != address or message.partition() != place[0] or record["schema"] != "prediction/1":
            self.strange.append(f"a record at {message.partition()}@{message.offset()} says {address}")
            return
        total = hashlib.blake2b(message.value(), digest_size=16).digest()
        known = self.predictions.get(place)
        if known is None:
            self.predictions[place] = (
                total, record.get("head"), record.get("cutover"), record["id"], record.get("error"))
        elif known[0] == total:
            self.repeats += 1
        else:
            self.differing.append(address)

    def letter(self, message):
        letter = json.loads(dict(message.headers() or [])["hsf-dead-letter"])
        self.letters[letter["partition"], letter["offset"]] = letter["code"]

    def is_settled(self):
        """Cheap: it is asked after every batch."""
        return len(self.predictions) >= self.awaited and all(
            record["state"] in ("committed", "aborted") for record in self.rule.cutovers.values())

    def result(self, options):
        heads = self.rule.demanded({place: stream for place, (stream, _, _) in self.shards.items()})
        lost, wrong, unreadable = [], [], []
        twice, seen = 0, set()
        for (partition, offset), (stream, sequence, names) in sorted(self.shards.items()):
            twice += sum((stream, name) in seen for name in names)
            seen.update((stream, name) for name in names)
            head = heads[partition, offset]
            for index, name in enumerate(names):
                address = f"{options.topic_prefix}.shards/{partition}@{offset}#{index}"
                found = self.predictions.pop((partition, offset, index), None)
                if found is None:
                    if (partition, offset) not in self.letters:
                        lost.append(address)
                elif found[3] != name:
                    self.strange.append(f"{address} is {found[3]}, not {name}")
                elif found[4] is not None:
                    unreadable.append(f"{address}: {found[4]}")
                elif head is None or (found[1], found[2]) != (head["head"], head["number"]):
                    demanded = "none" if head is None else f"{head['head'][:8]} of #{head['number']}"
                    wrong.append(f"{address} has {found[1][:8]} of #{found[2]}, demanded is {demanded}")
        self.strange += [f"{place[0]}@{place[1]}#{place[2]} is of no image" for place in self.predictions]
        asked = [record for record in self.rule.cutovers.values() if "restates" not in record]
        states = [record["state"] for record in asked]
        longest = max((record["updated_at_ms"] - record["requested_at_ms"] for record in asked
                       if record["state"] == "committed"), default=0)
        seconds = (self.times[1] - self.times[0]) / 1_000 if self.times else 0
        count = {
            "isolation": options.isolation, "shards": len(self.shards), "images": self.awaited,
            "images_sent_twice": twice, "prediction_records": self.records,
            "predictions": self.records - self.repeats - len(self.differing),
            "repeats_same_bytes": self.repeats, "repeats_differing": len(self.differing), "lost": len(lost),
            "wrong_heads": len(wrong), "of_no_image": len(self.strange), "unreadable": len(unreadable),
            "dead_letters": len(self.letters), "pushes": len(asked), "pushes_in_force": states.count("committed"),
            "pushes_aborted": states.count("aborted"),
            "pushes_open": len(states) - states.count("committed") - states.count("aborted"),
            "restated": len(self.rule.cutovers) - len(asked), "markers": sum(map(len, self.rule.markers.values())),
            "longest_push_ms": longest, "prediction_seconds": round(seconds, 3),
            "images_per_s": round(self.awaited / seconds, 1) if seconds > 0 else 0,
        }
        faults = []
        for what, places in (("lost", lost), ("differing", self.differing), ("wrong head", wrong),
                             ("of no image", self.strange), ("unreadable", unreadable),
                             ("dead letter", [f"{place[0]}@{place[1]}: {code}" for place, code in self.letters.items()])):
            if places:
                faults.append(f"{len(places)} {what}: " + "; ".join(places[:SHOWN]))
        if count["pushes_open"]:
            faults.append(f"{count['pushes_open']} pushes are not decided")
        if options.exactly_once and self.repeats:
            faults.append(f"{self.repeats} repeats under exactly-once")
        if options.images is not None and self.awaited != options.images:
            faults.append(f"{self.awaited} images are in the shards, {options.images} were sent")
        return count, faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("brokers")
    parser.add_argument("--topic-prefix", default="hashiflex")
    parser.add_argument("--images", type=int, help="how many images there must be in the shards")
    parser.add_argument("--exactly-once", action="store_true", help="a repeat is wrong, whatever its bytes")
    parser.add_argument("--isolation", choices=["read_committed", "read_uncommitted"], default="read_committed")
    parser.add_argument("--wait", type=float, default=0, metavar="S", help="go on for at most S seconds")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("-X", dest="properties", action="append", default=[], help="a librdkafka property, name=value")
    try:
        options = parser.parse_args()
    except SystemExit as exit:
        return 64 if exit.code else 0
    deadline = time.monotonic() + options.wait
    count = Count()
    try:
        Topics(options).read(count.take, lambda: count.is_settled() and count.awaited >= (options.images or 0)
                             or time.monotonic() >= deadline)
    except (Unreadable, confluent_kafka.KafkaException) as failure:
        print(f"reader.py: {failure}", file=sys.stderr)
        return 69
    numbers, faults = count.result(options)
    if options.json:
        requests = {request: record["state"] for request, record in count.rule.cutovers.items()}
        print(json.dumps({**numbers, "requests": requests, "faults": faults}))
    else:
        for name, value in numbers.items():
            print(f"{name:20} {value}")
        for fault in faults:
            print(f"WRONG {fault}")
        print("PASS" if not faults else "FAIL")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
