#!/usr/bin/env python3
"""Prints predictions, each once, one JSON record a line, by schemas/README.md alone.

usage: read_predictions.py BROKERS [--topic-prefix P] [--follow] [-X name=value ...]

Needs confluent-kafka: apt-get install python3-confluent-kafka, or pip. The right that it needs is Read on the topic
P.predictions. Without --follow it ends where the topic ended when it came there. A record of another schema ends it with 1.
"""
import argparse
import json
import sys

import confluent_kafka


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("brokers")
    parser.add_argument("--topic-prefix", default="hashiflex")
    parser.add_argument("--follow", action="store_true", help="go on with what comes")
    parser.add_argument("-X", dest="properties", action="append", default=[])
    options = parser.parse_args()
    # Partitions are assigned by hand and nothing is committed: the client wants a group all the same, and never joins it.
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": options.brokers, "group.id": "unused", "enable.auto.commit": False,
        "auto.offset.reset": "earliest", "enable.partition.eof": True,
        # With workers that deliver exactly once, what a worker took back is not shown.
        "isolation.level": "read_committed",
        **dict(text.split("=", 1) for text in options.properties)})
    topic = f"{options.topic_prefix}.predictions"
    found = consumer.list_topics(topic, timeout=30).topics[topic]
    if found.error is not None:
        sys.exit(f"read_predictions.py: {topic}: {found.error}")
    beginning = confluent_kafka.OFFSET_BEGINNING
    consumer.assign([confluent_kafka.TopicPartition(topic, number, beginning) for number in found.partitions])
    unread, silence = set(found.partitions), 0
    # After a crash a record may come again under the same key, with the same bytes: the first one counts.
    seen = set()
    while options.follow or unread:
        message = consumer.poll(1.0)
        silence = silence + 1 if message is None else 0
        if silence == 60 and not options.follow:
            sys.exit("read_predictions.py: the broker has not answered for a minute")
        if message is None:
            continue
        error = message.error()
        if error is None:
            if message.key() not in seen:
                seen.add(message.key())
                show(message)
        elif error.code() == confluent_kafka.KafkaError._PARTITION_EOF:
            unread.discard(message.partition())
        elif error.code() == confluent_kafka.KafkaError.GROUP_AUTHORIZATION_FAILED:
            pass
        elif error.fatal() or not error.retriable():
            sys.exit(f"read_predictions.py: {error}")
    consumer.close()


def show(message):
    """Fields that this program does not know are passed on; a number of the schema that it does not know is not."""
    record = json.loads(message.value())
    if record["schema"] != "prediction/1":
        sys.exit(f"read_predictions.py: {message.key().decode()} is a {record['schema']}, not prediction/1")
    print(message.value().decode(), flush=True)


if __name__ == "__main__":
    try:
        main()
    except confluent_kafka.KafkaException as failure:
        sys.exit(f"read_predictions.py: {failure.args[0]}")
