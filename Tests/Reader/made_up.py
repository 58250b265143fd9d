"""Topics that are made up, for the tests of the reader: everything in them is right until a test plants something."""
import json

from judgement import Judgement
from records import ENVELOPE

FIRST, SECOND, CANARY = "a" * 64, "b" * 64, "c" * 64


class Message:
    """What confluent-kafka hands out."""

    def __init__(self, kind, partition, offset, key, value, headers=None):
        self.place = f"hashiflex.{kind}", partition, offset
        self.content = key.encode(), value if isinstance(value, bytes) else json.dumps(value).encode(), headers

    def error(self): return None
    def topic(self): return self.place[0]
    def partition(self): return self.place[1]
    def offset(self): return self.place[2]
    def key(self): return self.content[0]
    def value(self): return self.content[1]
    def headers(self): return self.content[2]
    def timestamp(self): return 1, 1_000 + self.place[2]


class MadeUp:
    """A deployment of one partition: shards of stream s before, between and behind the markers of three cut-overs."""

    def __init__(self):
        self.records = {"control": [Message("control", 0, 0, "head/x/chunk/0", b"\xa0\x00")], "shards": [],
                        "predictions": [], "dead-letters": []}
        self.cutover(1, "r1", FIRST, marker=1)
        # What comes behind the announcement, changes nothing.
        self.cutover(10, "r10", SECOND, states=("requested", "committing", "aborted", "committed"), marker=3)
        self.cutover(20, "r20", CANARY, "stream:t", marker=5)
        self.shard(0, "s", 2)  # before any marker: the first one's head
        self.marker(1, 1, FIRST)
        self.shard(2, "s", 1)
        self.marker(3, 10, SECOND)
        self.marker(4, 1, FIRST)  # repeated, and late: changes nothing
        self.marker(5, 20, CANARY, slot="stream:t")
        self.shard(7, "s", 1)
        self.shard(8, "t", 1)
        for offset, index, head, number in (
                (0, 0, FIRST, 1), (0, 1, FIRST, 1), (2, 0, FIRST, 1), (7, 0, SECOND, 10), (8, 0, CANARY, 20)):
            self.prediction(offset, index, head, number)

    def cutover(self, number, request, head, slot="default", states=("requested", "committing", "committed"), marker=0):
        for step, state in enumerate(states):
            record = {"request": request, "state": state, "slot": slot, "head": head, "label": "h@v",
                      "requested_at_ms": 1_000, "updated_at_ms": 1_000 + 50 * step}
            if state != "requested":
                record.update(number=number, token=f"token-{request}", scan_from=[{"partition": 0, "offset": 0}])
            if state == "committed":
                record["offsets"] = [{"partition": 0, "offset": marker}]
            key = f"cutover/{request}" if state == "requested" else f"decision/{request}/{step}"
            self.records["control"].append(Message("control", 0, number + step, key, record))

    def marker(self, offset, number, head, slot="default", request=None, token=None):
        self.records["shards"].append(Message("shards", 0, offset, f"marker/{number}", {
            "number": number, "request": request or f"r{number}", "slot": slot, "head": head, "label": "h@v",
            "token": token or f"token-r{number}"}, [("hsf-kind", b"marker")]))

    def shard(self, offset, stream, images, sequence=None, ids=None):
        names = ids or [f"{stream}-{offset}-{index}" for index in range(images)]
        header = json.dumps({"stream": stream, "sequence": offset if sequence is None else sequence,
                             "images": [{"id": name} for name in names]}).encode()
        self.record(offset, ENVELOPE.pack(b"HSFSHARD", 1, 0, len(header), 0, 0, 0) + header, stream)

    def record(self, offset, value, key="s", kind=b"shard"):
        self.records["shards"].append(Message("shards", 0, offset, key, value, [("hsf-kind", kind)]))

    def prediction(self, offset, index, head, number, key=None, **more):
        stream = "t" if offset == 8 else "s"
        record = {"schema": "prediction/1", "topic": "hashiflex.shards", "partition": 0, "offset": offset, "index": index,
                  "id": f"{stream}-{offset}-{index}", "stream": stream, "head": head, "cutover": number, **more}
        address = key or f"hashiflex.shards/0@{offset}#{index}"
        place = len(self.records["predictions"])
        self.records["predictions"].append(Message("predictions", 0, place, address, record))

    def dead_letter(self, offset, code):
        letter = json.dumps({"partition": 0, "offset": offset, "code": code}).encode()
        self.records["dead-letters"].append(Message("dead-letters", 0, 0, "s", b"", [("hsf-dead-letter", letter)]))

    def forget(self, kind, *places):
        self.records[kind] = [message for place, message in enumerate(self.records[kind]) if place not in places]

    def replace(self, place, *arguments, **more):
        """Another prediction instead of the one at a place."""
        self.forget("predictions", place)
        self.prediction(*arguments, **more)

    def judged(self, kinds=("predictions", "dead-letters", "shards", "control"), **demands):
        """The figures and the faults."""
        judgement = Judgement()
        for kind in kinds:
            for message in self.records[kind]:
                judgement.take(kind, message)
        return judgement.result(**{"images": 5, **demands})
