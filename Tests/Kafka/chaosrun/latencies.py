#!/usr/bin/env python3
"""When each image was written and how long its prediction took, by the broker's clock: one line of JSON.

usage: latencies.py BROKERS PREFIX

Rows of [partition of the shard, broker's time of the shard, milliseconds until its prediction]; of repeats the first one.
"""
import json
import sys

import confluent_kafka


def rows(brokers: str, prefix: str) -> list:
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": brokers, "group.id": "unused", "enable.auto.commit": False, "enable.partition.eof": True})
    names = f"{prefix}.shards", f"{prefix}.predictions"
    places = [confluent_kafka.TopicPartition(name, partition, confluent_kafka.OFFSET_BEGINNING)
              for name in names for partition in consumer.list_topics(name, timeout=30).topics[name].partitions]
    consumer.assign(places)
    written, predicted, unread = {}, {}, {(place.topic, place.partition) for place in places}
    while unread:
        for message in consumer.consume(1_000, timeout=1):
            if message.error() is not None:
                if message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                    unread.discard((message.topic(), message.partition()))
            elif message.topic() == names[0]:
                written[message.partition(), message.offset()] = message.timestamp()[1]
            else:
                record = json.loads(message.value())
                predicted.setdefault((record["partition"], record["offset"], record["index"]), message.timestamp()[1])
    consumer.close()
    return [[place[0], written[place[:2]], at - written[place[:2]]] for place, at in sorted(predicted.items())]


if __name__ == "__main__":
    print(json.dumps(rows(*sys.argv[1:3])))
