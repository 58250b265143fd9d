"""What the records of the topics say, by schemas/README.md alone: nothing of hashiflex is asked.

A record is (partition, offset, key, value, whether it is a marker).
"""
import json
import struct

ENVELOPE = struct.Struct("<8sHHIIIQ")
FIGURES = (
    "repeats",  # predictions under a key that had one before
    "differing",  # of these, with other bytes
    "wrong_heads",  # predictions whose head is not that of their offset
    "unscored",  # images without a prediction
    "strangers",  # predictions of images that are in no shard
    "second_markers",  # markers of a cut-over whose marker the partition has already
    "misplaced_markers",  # markers elsewhere than where the control topic says
    "sent_twice")  # shards of a stream and number that another has


def shard_header(value):
    magic, _, _, length, _, _, _ = ENVELOPE.unpack_from(value)
    if magic != b"HSFSHARD":
        raise ValueError("not a shard")
    return json.loads(value[ENVELOPE.size:ENVELOPE.size + length])


def json_record(value):
    """An empty one for what is none: a tombstone, a chunk of a head."""
    try:
        record = json.loads(value or b"{}")
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def announced(control):
    """The cut-overs that the control topic announces, by number, and the state of each request.

    It counts in its order: requested, then committing and committed, or aborted. What does not follow is ignored.
    """
    records, states = {}, {}
    for _, _, _, value, _ in sorted(control, key=lambda record: record[1]):
        record = json_record(value)
        request, state = record.get("request"), record.get("state")
        before = {"requested": None, "committing": "requested", "committed": "committing", "aborted": "requested"}
        if request is None or state not in before or states.get(request) != before[state]:
            continue
        states[request] = state
        if state in ("committing", "committed"):
            records[record["number"]] = record
    return records, states


def timeline(partition, markers, records, result):
    """The heads of a partition: from where, and which. A marker counts if the control topic announces it."""
    heads, last, met = [], -1, set()
    for offset, marker in sorted(markers, key=lambda marker: marker[0]):
        record = records.get(marker["number"])
        if record is None or any(marker.get(name) != record.get(name) for name in ("slot", "head", "token")):
            continue
        result["second_markers"] += marker["number"] in met
        met.add(marker["number"])
        if marker["number"] <= last:
            continue
        named = {place["partition"]: place["offset"] for place in record.get("offsets", [])}
        result["misplaced_markers"] += named.get(partition, offset) != offset
        last = marker["number"]
        heads.append((offset, marker["head"]))
    return heads


def judge(found):
    """The figures of all records by topic."""
    records, states = announced(found.get("control", []))
    result = dict.fromkeys(FIGURES, 0)
    shards, markers, sequences = {}, {}, set()
    for partition, offset, _, value, is_marker in found.get("shards", []):
        if is_marker:
            markers.setdefault(partition, []).append((offset, json.loads(value)))
            continue
        header = shard_header(value)
        shards[partition, offset] = len(header["images"])
        place = (header["stream"], header["sequence"])
        result["sent_twice"] += place in sequences
        sequences.add(place)
    heads = {partition: timeline(partition, its, records, result) for partition, its in markers.items()}
    first = {}
    for _, _, key, value, _ in found.get("predictions", []):
        result["repeats"] += key in first
        result["differing"] += first.setdefault(key, value) != value
    for value in first.values():
        record = json.loads(value)
        partition, offset = record["partition"], record["offset"]
        result["strangers"] += not 0 <= record["index"] < shards.get((partition, offset), 0)
        its = heads.get(partition, [])
        # Below the first marker the head of the first marker holds.
        below = [head for at, head in its if at < offset] or [head for _, head in its[:1]]
        result["wrong_heads"] += "error" not in record and (not below or record.get("head") != below[-1])
    result["images"], result["shards"] = sum(shards.values()), len(shards)
    result["predicted"] = len(first) - result["strangers"]
    result["unscored"] = result["images"] - result["predicted"]
    result["dead_letters"] = len({
        (partition, json_record(value).get("offset")) for partition, _, _, value, _ in found.get("receipts", [])
        if "dead_letter" in json_record(value)})
    result["committed"] = sum(state == "committed" for state in states.values())
    return result
