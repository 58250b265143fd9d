"""Records as schemas/README.md describes them. Nothing here, or in what reads with it, is HaShiFlex's."""
import json
import struct

# Magic, version, reserved, header bytes, body bytes, reserved, sum: the envelope of a shard.
ENVELOPE = struct.Struct("<8sHHIIIQ")
IMAGES_MAX = 4_096  # in a shard


def json_record(value):
    """An empty one for what is none: a tombstone, a chunk of a head."""
    try:
        record = json.loads(value or b"{}")
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def headers(message):
    return dict(message.headers() or [])


def is_marker(message):
    return headers(message).get("hsf-kind") == b"marker"


def shard_header(value):
    """The header of a shard; ValueError for what is none."""
    if value is None or len(value) < ENVELOPE.size:
        raise ValueError("not a shard")
    magic, version, _, length, _, _, _ = ENVELOPE.unpack_from(value)
    header = json_record(value[ENVELOPE.size:ENVELOPE.size + length])
    if (magic, version) != (b"HSFSHARD", 1) or not {"stream", "sequence", "images"} <= header.keys():
        raise ValueError("not a shard")
    return header
