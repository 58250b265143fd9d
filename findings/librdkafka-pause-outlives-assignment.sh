#!/usr/bin/env bash
# librdkafka: a partition that was paused stays paused when it is given back and assigned anew.
#
# Tool       librdkafka version 2.16.0 inside confluent-kafka version 2.16.1 from PyPI, in a temporary folder, with its own mock
#            broker. Needs python3 with pip; if the package cannot be had, this ends with 2 and says so. Debian's version
#            2.0.2 does the same (tried from Swift: KafkaTests, aRestingPartitionIsReadAgainOnlyWhenItIsResumed).
# Input      twenty records in one partition; one is read, the partition is paused, unassigned, and assigned again from
#            offset 15.
# Expected   records from offset 15 on: it is a new assignment, and Kafka's Java consumer documents that a rebalance does
#            not preserve the pause state (KafkaConsumer.pause). librdkafka's rd_kafka_pause_partitions says neither.
# Happens    nothing is read until the partition is resumed.
# So         whoever pauses and is rebalanced must resume what it is assigned: otherwise a partition that comes back to the
#            same process is owned, and never read, without an error.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m pip install --quiet --no-deps --target packages "confluent-kafka==2.16.1" >/dev/null 2>&1 || {
    echo "needs confluent-kafka 2.16.1 from PyPI, for $(python3 --version)"
    exit 2
}
cat >paused.py <<'PYTHON'
import time
from confluent_kafka import Consumer, Producer, TopicPartition, libversion

owner = Producer({"test.mock.num.brokers": 1, "log_level": 0})
address = ",".join(f"{b.host}:{b.port}" for b in owner.list_topics(timeout=10).brokers.values())
producer = Producer({"bootstrap.servers": address})
for number in range(20):
    producer.produce("t", value=str(number), partition=0)
assert producer.flush(10) == 0
consumer = Consumer({"bootstrap.servers": address, "group.id": "g", "enable.auto.commit": False})


def offsets(seconds):
    found, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        message = consumer.poll(0.1)
        if message is not None and message.error() is None:
            found.append(message.offset())
    return found


consumer.assign([TopicPartition("t", 0, 0)])
first = consumer.poll(10)
assert first is not None and first.offset() == 0, first
consumer.pause([TopicPartition("t", 0)])
consumer.unassign()
consumer.assign([TopicPartition("t", 0, 15)])
paused = offsets(4)
consumer.resume([TopicPartition("t", 0)])
resumed = offsets(4)
print(f"librdkafka {libversion()[0]}: after a new assignment {paused}, after resume {resumed}")
raise SystemExit(0 if paused == [] and resumed == [15, 16, 17, 18, 19] else 1)
PYTHON
if PYTHONPATH=packages python3 -S paused.py; then
    echo "as described: the pause outlives the assignment"
else
    echo "changed: a new assignment is read, or resume does not help"
    exit 1
fi
