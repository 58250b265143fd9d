#!/usr/bin/env python3
"""Writes JPEG and PNG files as shards, by schemas/README.md alone: a camera that is not hashiflex.

usage: write_shards.py BROKERS STREAM FILE... [--topic-prefix P] [--shard-images N] [-X name=value ...]

Needs confluent-kafka and xxhash: apt-get install python3-confluent-kafka python3-xxhash, or pip. The right that it needs
is Write on the topic P.shards. Ends with 0 when Kafka has acknowledged every shard, else with 1.
"""
import argparse, json, os, struct, sys, time

import confluent_kafka
import xxhash

PREFIX = struct.Struct("<8sHHIIIQ")
BODY_BYTES = 700_000  # with header and key below the topic's max.message.bytes, 1,000,000 unless somebody said otherwise


def shard(stream, sequence, files):
    """One record: an envelope, a JSON header, and the files as they are, one after the other."""
    body = b"".join(content for _, _, content in files)
    header = json.dumps({
        "stream": stream, "sequence": sequence, "created_at_ms": int(time.time() * 1000),
        "encoding": "image-files", "compression": "none", "preprocessing": "", "raw_bytes": len(body),
        "file_bytes": [len(content) for _, _, content in files],
        "images": [{"id": name, "captured_at_ms": taken} for name, taken, _ in files],
    }).encode()
    checksum = xxhash.xxh3_64_intdigest(header + body)
    return PREFIX.pack(b"HSFSHARD", 1, 0, len(header), len(body), 0, checksum) + header + body


def batches(paths, most):
    """The files in groups, as many as fit into a record. A file that is too large alone fails when it is sent."""
    group, size = [], 0
    for path in paths:
        with open(path, "rb") as file:
            content = file.read()
        if group and (len(group) >= most or size + len(content) > BODY_BYTES):
            yield group
            group, size = [], 0
        group.append((os.path.basename(path), int(os.path.getmtime(path) * 1000), content))
        size += len(content)
    if group:
        yield group


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name, settings in {
            "brokers": {}, "stream": {}, "files": {"nargs": "+"}, "--topic-prefix": {"default": "hashiflex"},
            "--shard-images": {"type": int, "default": 16},
            "-X": {"dest": "properties", "action": "append", "default": []}}.items():
        parser.add_argument(name, **settings)
    options = parser.parse_args()
    # Every in-sync copy has a shard before it counts, and a repeated attempt writes it once.
    producer = confluent_kafka.Producer({
        "bootstrap.servers": options.brokers, "enable.idempotence": True, "delivery.timeout.ms": 60_000,
        **dict(text.split("=", 1) for text in options.properties)})
    count, failures = 0, []
    for files in batches(options.files, options.shard_images):
        record = shard(options.stream, count, files)
        count += 1
        try:  # the key is the stream: it chooses partition and head
            producer.produce(
                f"{options.topic_prefix}.shards", record, options.stream, headers=[("hsf-kind", b"shard")],
                on_delivery=lambda error, _: error and failures.append(error))
        except confluent_kafka.KafkaException as failure:
            failures.append(failure.args[0])
        while len(producer) > 20:
            producer.poll(1)
    left = producer.flush(90)
    for error in set(map(str, failures)):
        print(f"write_shards.py: {error}", file=sys.stderr)
    print(f"{len(options.files)} images in {count} shards, {count - left - len(failures)} acknowledged")
    return 0 if left == 0 and not failures else 1


if __name__ == "__main__":
    sys.exit(main())
