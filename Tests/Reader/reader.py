#!/usr/bin/env python3
"""Counts what a deployment made of its shards, by schemas/README.md alone: no line of it is HaShiFlex's.

usage: reader.py BROKERS [--topic-prefix P] [--images N] [--exactly-once] [--sent-once] [--isolation LEVEL] [--wait S]
                 [--json] [--summary-json FILE]

Reads the control, shards, predictions and dead-letters topics from their beginning to where they end now, and computes
itself which head each shard demands (head_rule.py). With --wait it goes on reading for at most S seconds, until every
image has a prediction and every cut-over is decided.

Wrong is: an image without a prediction, a prediction that comes twice with other bytes, one of another head or cut-over,
one of no image, a dead letter, an image that could not be read, a marker that nobody announced or that is not where its
cut-over says, a cut-over that nobody decided, another number of images than --images; with --exactly-once also a
prediction that comes twice, with --sent-once a shard or a marker that does. Ends with 0, with 1 if anything is wrong, 64
for wrong usage, 69 if the broker can not be read, 74 if FILE can not be written. Needs confluent-kafka: apt-get install
python3-confluent-kafka, or pip. What it remembers, judgement.py says.
"""
import argparse
import json
import os
import sys
import time

sys.dont_write_bytecode = True
import confluent_kafka  # noqa: E402
from judgement import KINDS, Judgement  # noqa: E402
from topics import Topics, Unreadable  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("brokers")
    parser.add_argument("--topic-prefix", default="hashiflex")
    parser.add_argument("--images", type=int, help="how many images there must be in the shards")
    parser.add_argument("--exactly-once", action="store_true", help="a repeat is wrong, whatever its bytes")
    parser.add_argument("--sent-once", action="store_true", help="a shard or a marker that comes twice is wrong")
    parser.add_argument("--isolation", choices=["read_committed", "read_uncommitted"], default="read_committed")
    parser.add_argument("--wait", type=float, default=0, metavar="S", help="go on for at most S seconds")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--summary-json", metavar="FILE", help="write that object into a file, too")
    parser.add_argument("-X", dest="properties", action="append", default=[], type=pair, metavar="NAME=VALUE",
                        help="a librdkafka property")
    return parser.parse_args()


def pair(text):
    name, sign, value = text.partition("=")
    if not sign:
        raise argparse.ArgumentTypeError(f"NAME=VALUE, not {text}")
    return name, value


def read(options):
    """The judgement of all that is in the topics."""
    judgement, deadline = Judgement(options.topic_prefix), time.monotonic() + options.wait
    Topics(options.brokers, options.topic_prefix, KINDS, **{
        "isolation.level": options.isolation, **dict(options.properties)}).read(
            judgement.take, lambda: judgement.is_settled and judgement.awaited >= (options.images or 0)
            or time.monotonic() >= deadline)
    return judgement


def count(options, summary):
    judgement = read(options)
    numbers, faults = judgement.result(options.images, options.exactly_once, options.sent_once)
    numbers = {"isolation": options.isolation, **numbers}
    requests = {request: record["state"] for request, record in judgement.rule.cutovers.items()}
    text = json.dumps({**numbers, "requests": requests, "faults": faults})
    print(text, file=summary, flush=True)
    if options.json:
        print(text)
    else:
        for name, value in numbers.items():
            print(f"{name:20} {value}")
        for fault in faults:
            print(f"WRONG {fault}")
        print("PASS" if not faults else "FAIL")
    return 1 if faults else 0


def main():
    try:
        options = arguments()
    except SystemExit as exit:
        return 64 if exit.code else 0
    try:
        # The file first: to read may take minutes.
        with open(options.summary_json or os.devnull, "w") as summary:
            return count(options, summary)
    except OSError as failure:
        print(f"reader.py: {options.summary_json or 'standard output'}: {failure.strerror}", file=sys.stderr)
        return 74
    except (Unreadable, confluent_kafka.KafkaException) as failure:
        print(f"reader.py: {failure}", file=sys.stderr)
        return 69


if __name__ == "__main__":
    sys.exit(main())
