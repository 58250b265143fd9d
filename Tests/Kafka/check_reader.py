#!/usr/bin/env python3
"""Plants faults in topics that are made up, and checks that reader.py finds each, and nothing where there is none.

usage: check_reader.py

Ends with 0, or with 1 and what was not found. Needs no broker.
"""
import argparse
import json
import pathlib
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import reader  # noqa: E402

FIRST, SECOND, CANARY = "a" * 64, "b" * 64, "c" * 64


class Message:
    def __init__(self, partition, offset, key, value, headers=None):
        self.place = partition, offset
        self.content = key.encode(), value if isinstance(value, bytes) else json.dumps(value).encode(), headers

    def topic(self): return "hashiflex.any"
    def partition(self): return self.place[0]
    def offset(self): return self.place[1]
    def key(self): return self.content[0]
    def value(self): return self.content[1]
    def headers(self): return self.content[2]
    def timestamp(self): return 1, 1_000 + self.place[1]


class Topics:
    """A deployment of one partition: shards of stream s before, between and behind the markers of three cut-overs."""

    def __init__(self):
        self.records = {"control": [], "shards": [], "predictions": [], "dead-letters": []}
        self.cutover(0, "r0", FIRST)
        # What comes behind the announcement, changes nothing.
        self.cutover(10, "r10", SECOND, states=("requested", "committing", "aborted", "committed"))
        self.cutover(20, "r20", CANARY, "stream:t")
        self.shard(0, "s", 2)  # before any marker: the first one's head
        self.marker(1, 0, FIRST)
        self.shard(2, "s", 1)
        self.marker(3, 10, SECOND)
        self.marker(4, 0, FIRST)  # repeated, and late: changes nothing
        self.marker(5, 20, CANARY, slot="stream:t")
        self.marker(6, 25, FIRST, request="r20", token="token-r20")  # announced by nobody
        self.shard(7, "s", 1)
        self.shard(8, "t", 1)
        for offset, index, head, number in (
                (0, 0, FIRST, 0), (0, 1, FIRST, 0), (2, 0, FIRST, 0), (7, 0, SECOND, 10), (8, 0, CANARY, 20)):
            self.prediction(offset, index, head, number)

    def cutover(self, number, request, head, slot="default", states=("requested", "committing", "committed")):
        for step, state in enumerate(states):
            record = {"request": request, "state": state, "slot": slot, "head": head, "label": "h@v",
                      "requested_at_ms": 1_000, "updated_at_ms": 1_000 + 50 * step}
            if state != "requested":
                record.update(number=number, token=f"token-{request}", scan_from=[{"partition": 0, "offset": 0}])
            key = f"cutover/{request}" if state == "requested" else f"decision/{request}/{step}"
            self.records["control"].append(Message(0, number + step, key, record))

    def marker(self, offset, number, head, slot="default", request=None, token=None):
        self.records["shards"].append(Message(0, offset, f"marker/{number}", {
            "number": number, "request": request or f"r{number}", "slot": slot, "head": head, "label": "h@v",
            "token": token or f"token-r{number}"}, [("hsf-kind", b"marker")]))

    def shard(self, offset, stream, images):
        header = json.dumps({"stream": stream, "sequence": offset, "images": [
            {"id": f"{stream}-{offset}-{index}"} for index in range(images)]}).encode()
        self.records["shards"].append(Message(0, offset, stream, struct.pack(
            "<8sHHIIIQ", b"HSFSHARD", 1, 0, len(header), 0, 0, 0) + header, [("hsf-kind", b"shard")]))

    def prediction(self, offset, index, head, number, key=None, **more):
        record = {"schema": "prediction/1", "topic": "hashiflex.shards", "partition": 0, "offset": offset,
                  "index": index, "id": f"{'t' if offset == 8 else 's'}-{offset}-{index}", "head": head,
                  "cutover": number, **more}
        address = key or f"hashiflex.shards/0@{offset}#{index}"
        self.records["predictions"].append(Message(0, len(self.records["predictions"]), address, record))

    def counted(self, exactly_once=False, images=5):
        count = reader.Count()
        for name in ("predictions", "dead-letters", "shards", "control"):
            for message in self.records[name]:
                count.take(name, message)
        return count.result(argparse.Namespace(
            topic_prefix="hashiflex", isolation="read_committed", exactly_once=exactly_once, images=images))


def forget(topics, topic, place):
    del topics.records[topic][place]


def replaced(topics, place, *arguments, **more):
    forget(topics, "predictions", place)
    topics.prediction(*arguments, **more)


# What is planted, how, and the number that must show it.
FAULTS = [
    ("an image without a prediction", lambda t: forget(t, "predictions", 2), "lost"),
    ("the same record again", lambda t: t.prediction(2, 0, FIRST, 0), "repeats_same_bytes"),
    ("another record again", lambda t: t.prediction(2, 0, FIRST, 0, top=[]), "repeats_differing"),
    ("another head", lambda t: replaced(t, 3, 7, 0, FIRST, 10), "wrong_heads"),
    ("another cut-over of the same head", lambda t: replaced(t, 2, 2, 0, FIRST, 10), "wrong_heads"),
    ("the default head in a stream with its own", lambda t: replaced(t, 4, 8, 0, SECOND, 10), "wrong_heads"),
    ("the second head before the first marker", lambda t: replaced(t, 0, 0, 0, SECOND, 10), "wrong_heads"),
    ("a prediction of no image", lambda t: t.prediction(2, 1, FIRST, 0), "of_no_image"),
    ("a prediction under another's address",
     lambda t: t.prediction(2, 0, FIRST, 0, key="hashiflex.shards/0@7#0"), "of_no_image"),
    ("another image's name", lambda t: replaced(t, 2, 2, 0, FIRST, 0, id="s-0-0"), "of_no_image"),
    ("an image that could not be read", lambda t: replaced(t, 2, 2, 0, None, None, error="no image"), "unreadable"),
    ("a dead letter", lambda t: t.records["dead-letters"].append(Message(0, 0, "s", b"", [
        ("hsf-dead-letter", json.dumps({"partition": 0, "offset": 9, "code": "bad-header"}).encode())])), "dead_letters"),
    ("a push that nobody decided", lambda t: t.cutover(30, "r30", FIRST, states=("requested",)), "pushes_open"),
]


def main() -> int:
    numbers, faults = Topics().counted(exactly_once=True)
    missed = [f"nothing was planted: {fault}" for fault in faults]
    expected = {"images": 5, "predictions": 5, "pushes": 3, "pushes_in_force": 3, "markers": 5, "longest_push_ms": 150}
    missed += [f"{name} is {numbers[name]}, not {value}" for name, value in expected.items() if numbers[name] != value]
    for what, plant, shown in FAULTS:
        topics = Topics()
        plant(topics)
        numbers, faults = topics.counted(exactly_once=True)
        if not faults or not numbers[shown]:
            missed.append(f"{what}: {shown} is {numbers[shown]}, {len(faults)} faults")
    # What is no fault.
    for what, plant in (("a repeat at least once", FAULTS[1][1]),
                        ("an aborted push", lambda t: t.cutover(30, "r30", FIRST, states=("requested", "aborted"))),
                        ("a decision behind another", lambda t: t.cutover(10, "r10", FIRST, states=("aborted",)))):
        topics = Topics()
        plant(topics)
        missed += [f"{what}: {fault}" for fault in topics.counted()[1]]
    if not Topics().counted(images=6)[1]:
        missed.append("an image that was sent and is not there")
    for line in missed:
        print(line)
    print(f"{len(FAULTS) + 5 - len(missed)} of {len(FAULTS) + 5} right")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
