"""What a deployment made of its shards: what was read, and what is wrong with it.

Of an image sums are kept, of 8 bytes over its stream and name and of 16 over its prediction: 36 bytes an image and about
300 a shard, however long names and predictions are. A million images are 72 MB in shards of eight, 320 MB in shards of one.
That two of them have the same sum by chance, nobody has to fear. Of each kind of fault there are a number and a few examples.
"""
import array
import hashlib
import struct
import sys

from head_rule import HeadRule
from records import IMAGES_MAX, headers, is_marker, json_record, shard_header

KINDS = ("control", "shards", "predictions", "dead-letters")
SHOWN = 5  # examples of each fault
NAME = 8  # bytes of the sum of a stream and a name
# Sum of stream and name, sum of the bytes, which head it states: all 0 where there is no prediction.
PREDICTED = struct.Struct("<8s16sI")


def digest(*parts, size=NAME):
    return hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=size).digest()


def repeated(sums):
    """How many of these sums came before, each of NAME bytes."""
    numbers = array.array("Q", b"".join(sums))
    # A set of all at once would be the largest thing here.
    return len(numbers) - sum(len({number for number in numbers if number % 16 == part}) for part in range(16))


def seconds(sums, places):
    """The places whose sum another one had before, and where that was."""
    first = {}
    return [(place, first[each]) for each, place in zip(sums, places)
            if each and first.setdefault(each, place) != place]


class Findings:
    """How often a fault was met, and its first examples: all of them could be as many as the records."""

    def __init__(self, found=()):
        self.count, self.examples = 0, []
        for text in found:
            self.add(text)

    def add(self, text):
        self.count += 1
        if len(self.examples) < SHOWN:
            self.examples.append(text)


class Shard:
    __slots__ = ("stream", "sent", "names", "said")

    def __init__(self):
        # What was read of it: its stream, the sum of stream and number, those of its images; and of its predictions.
        self.stream, self.sent, self.names, self.said = None, b"", b"", bytearray()


class Judgement:
    """Takes the records of all topics in any order; `result` says once what came of them."""

    def __init__(self, prefix="hashiflex"):
        self.prefix = prefix
        self.partitions = {}  # partition: offset: shard
        self.rule = HeadRule()
        self.heads, self.numbers = [None], {}  # head, cut-over, whether it is an error; by number and back
        self.records = self.predictions = self.repeats = 0
        self.differing, self.strange, self.errors = Findings(), Findings(), {}
        self.letters = {}  # (partition, offset): code
        self.first_at = self.last_at = None  # the broker's times of the predictions, milliseconds
        self.shards = self.awaited = 0  # shards that were read, and their images

    def take(self, kind, message):
        getattr(self, {"shards": "shard", "control": "control", "predictions": "prediction",
                       "dead-letters": "letter"}[kind])(message)

    def at(self, partition, offset):
        shards = self.partitions.setdefault(partition, {})
        if offset not in shards:
            shards[offset] = Shard()
        return shards[offset]

    def shard(self, message):
        place = message.partition(), message.offset()
        if is_marker(message):
            self.rule.marker(json_record(message.value()), *place)
            return
        try:
            if headers(message).get("hsf-kind") != b"shard":
                raise ValueError("not a shard")
            header = shard_header(message.value())
            stream = sys.intern(header["stream"])
            names = b"".join(digest(stream, image["id"]) for image in header["images"])
        except (ValueError, TypeError, KeyError):
            self.strange.add(f"{self.prefix}.shards/{place[0]}@{place[1]} is no shard")
            return
        shard = self.at(*place)
        shard.stream, shard.sent, shard.names = stream, digest(stream, header["sequence"]), names
        self.shards += 1
        self.awaited += len(header["images"])

    def control(self, message):
        key = (message.key() or b"").decode(errors="replace")
        record = json_record(message.value())
        if key.startswith(("cutover/", "decision/")) and "request" in record and "state" in record:
            self.rule.cutover(record, message.offset())

    def prediction(self, message):
        self.records += 1
        at = message.timestamp()[1]
        self.first_at = at if self.first_at is None else min(self.first_at, at)
        self.last_at = at if self.last_at is None else max(self.last_at, at)
        record = json_record(message.value())
        topic, partition, offset, index = map(record.get, ("topic", "partition", "offset", "index"))
        address = f"{topic}/{partition}@{offset}#{index}"
        if ((message.key() or b"").decode(errors="replace") != address or message.partition() != partition
                or topic != f"{self.prefix}.shards" or record.get("schema") != "prediction/1"
                or not isinstance(offset, int) or not isinstance(index, int) or not 0 <= index < IMAGES_MAX):
            self.strange.add(f"a record at {message.partition()}@{message.offset()} says {address}")
            return
        said, start = self.at(partition, offset).said, index * PREDICTED.size
        if len(said) < start + PREDICTED.size:
            said.extend(bytes(start + PREDICTED.size - len(said)))
        total = hashlib.blake2b(message.value(), digest_size=16).digest()
        _, known, head = PREDICTED.unpack_from(said, start)
        if head == 0:
            self.predictions += 1
            name = digest(record.get("stream"), record.get("id"))
            PREDICTED.pack_into(said, start, name, total, self.number(record, address))
        elif known == total:
            self.repeats += 1
        else:
            self.differing.add(address)

    def number(self, record, address):
        """What a prediction states of its head, as a number above 0."""
        error = record.get("error")
        if error is not None and len(self.errors) < SHOWN:
            self.errors[address] = error
        stated = record.get("head"), record.get("cutover"), error is not None
        if stated not in self.numbers:
            self.numbers[stated] = len(self.heads)
            self.heads.append(stated)
        return self.numbers[stated]

    def letter(self, message):
        letter = json_record(headers(message).get("hsf-dead-letter"))
        self.letters[letter.get("partition"), letter.get("offset")] = letter.get("code")

    @property
    def is_settled(self):
        """Whether every image has a prediction and every cut-over is decided. Cheap: it is asked after every record."""
        return self.predictions >= self.awaited and all(
            record["state"] in ("committed", "aborted") for record in self.rule.cutovers.values())

    def result(self, images=None, exactly_once=False, sent_once=False):
        """The figures, and the faults in words. It lets go of the shards: a second time there are none.

        images: how many there must be. exactly_once: a repeat is a fault. sent_once: a shard or a marker that came twice
        is one, too.
        """
        lost, wrong, unreadable = Findings(), Findings(), Findings()
        sent, names, places = [], [], []
        for partition in sorted(self.partitions):
            shards, timeline = self.partitions.pop(partition), self.rule.timeline(partition)
            for offset, shard in sorted(shards.items()):
                self.judge(partition, offset, shard, timeline, lost, wrong, unreadable)
                sent.append(shard.sent)
                names.append(shard.names)
                places.append((partition, offset, shard.stream))
        second, misplaced, false = map(Findings, self.rule.stray_markers())
        found = [
            ("lost", "lost", lost), ("repeats_differing", "differing", self.differing),
            ("wrong_heads", "wrong head", wrong), ("of_no_image", "of no image", self.strange),
            ("unreadable", "unreadable", unreadable), ("misplaced_markers", "misplaced marker", misplaced),
            ("false_markers", "false marker", false), ("dead_letters", "dead letter", Findings(
                f"{partition}@{offset}: {code}" for (partition, offset), code in self.letters.items()))]
        count = {
            "shards": self.shards, "images": self.awaited, "images_sent_twice": repeated(names),
            "shards_sent_twice": repeated(sent), "prediction_records": self.records, "predictions": self.predictions,
            "repeats_same_bytes": self.repeats, **{name: findings.count for name, _, findings in found},
            **self.pushes(), "second_markers": second.count, **self.speed()}
        faults = [f"{findings.count} {what}: " + "; ".join(findings.examples)
                  for _, what, findings in found if findings.count]
        if count["pushes_open"]:
            faults.append(f"{count['pushes_open']} pushes are not decided")
        if exactly_once and self.repeats:
            faults.append(f"{self.repeats} repeats under exactly-once")
        if sent_once and second.count:
            faults.append(f"{second.count} second markers: " + "; ".join(second.examples))
        twice = Findings(
            f"{self.prefix}.shards/{place[0]}@{place[1]} is {first[0]}@{first[1]} of {place[2]}"
            for place, first in (seconds(sent, places) if count["shards_sent_twice"] else ()))
        miscounted = images is not None and self.awaited != images
        if miscounted:
            faults.append(f"{self.awaited} images are in the shards, {images} were sent")
        if twice.count and (sent_once or miscounted):
            faults.append(f"{twice.count} shards were sent twice: " + "; ".join(twice.examples))
        return count, faults

    def judge(self, partition, offset, shard, timeline, lost, wrong, unreadable):
        """Holds the predictions of a shard against it."""
        images, said = len(shard.names) // NAME, shard.said
        demanded = timeline.head(offset, shard.stream) if images else None
        said.extend(bytes(max(0, images * PREDICTED.size - len(said))))
        for index, (name, _, number) in enumerate(PREDICTED.iter_unpack(said)):
            if number == 0 and (index >= images or (partition, offset) in self.letters):
                continue
            address = f"{self.prefix}.shards/{partition}@{offset}#{index}"
            if index >= images:
                self.strange.add(f"{address} is of no image")
                continue
            head, cutover, is_error = self.heads[number] or (None, None, False)
            if number == 0:
                lost.add(address)
            elif name != shard.names[index * NAME:(index + 1) * NAME]:
                self.strange.add(f"{address} states another image's stream and name")
            elif is_error:
                unreadable.add(f"{address}: {self.errors.get(address, 'an error')}")
            elif demanded is None or (head, cutover) != (demanded["head"], demanded["number"]):
                right = "none" if demanded is None else f"{demanded['head'][:8]} of #{demanded['number']}"
                wrong.add(f"{address} has {str(head)[:8]} of #{cutover}, demanded is {right}")

    def pushes(self):
        asked = [record for record in self.rule.cutovers.values() if "restates" not in record]
        states = [record["state"] for record in asked]
        return {
            "pushes": len(asked), "pushes_in_force": states.count("committed"), "pushes_aborted": states.count("aborted"),
            "pushes_open": len(states) - states.count("committed") - states.count("aborted"),
            "restated": len(self.rule.cutovers) - len(asked), "markers": sum(map(len, self.rule.markers.values())),
            "longest_push_ms": max((record["updated_at_ms"] - record["requested_at_ms"] for record in asked
                                    if record["state"] == "committed"), default=0)}

    def speed(self):
        seconds = 0 if self.first_at is None else (self.last_at - self.first_at) / 1_000
        return {"prediction_seconds": round(seconds, 3), "images_per_s": round(self.awaited / seconds, 1) if seconds else 0}
