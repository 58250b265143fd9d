#!/usr/bin/env bash
# librdkafka: a connection over which an answer is to come counts as idle, and is closed.
#
# Tool       librdkafka version 2.16.0 inside confluent-kafka version 2.16.1 from PyPI, in a temporary folder, with its own mock
#            broker. Needs python3 with pip; if the package cannot be had, this ends with 2 and says so.
# Input      one record in one partition, and a consumer that has read it and waits for the next one: fetch.wait.max.ms=30000,
#            socket.timeout.ms=60000, connections.max.idle.ms=3000. The same with fetch.wait.max.ms=500, and
#            with connections.max.idle.ms=0, beside it.
# Expected   no connection to the node is closed: CONFIGURATION.md says that connections are closed "after the specified time of
#            inactivity", and a request that the broker holds back, as it was asked to, is not inactivity.
# Happens    with the long wait the connection is closed again and again while the fetch is under way, and made anew; with the short
#            one, and without a limit, never. What counts is the last byte, sent or received.
# So         keep connections.max.idle.ms above every time for which an answer may be held back: fetch.wait.max.ms, a produce request
#            that waits for replicas (request.timeout.ms), a rebalance that waits for members. A produce request that is cut so
#            is sent again, and its outcome is unknown meanwhile.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m pip install --quiet --no-deps --target packages "confluent-kafka==2.16.1" >/dev/null 2>&1 || {
    echo "needs confluent-kafka 2.16.1 from PyPI, for $(python3 --version)"
    exit 2
}
cat >idle.py <<'PYTHON'
import json
import time
from confluent_kafka import Consumer, Producer, TopicPartition, libversion

owner = Producer({"test.mock.num.brokers": 1, "log_level": 0})
address = ",".join(f"{b.host}:{b.port}" for b in owner.list_topics(timeout=10).brokers.values())
producer = Producer({"bootstrap.servers": address})
producer.produce("t", value="x", partition=0)
assert producer.flush(10) == 0


def closed(wait_ms, idle_ms):
    """How often the connection to the node was closed in 15 seconds, and how many records came."""
    told = []
    consumer = Consumer({
        "bootstrap.servers": address, "group.id": "g", "enable.auto.commit": False, "log_level": 0,
        "fetch.wait.max.ms": wait_ms, "socket.timeout.ms": 60000, "connections.max.idle.ms": idle_ms,
        "topic.metadata.refresh.interval.ms": -1, "statistics.interval.ms": 500, "stats_cb": told.append})
    consumer.assign([TopicPartition("t", 0, 0)])
    records, end = 0, time.monotonic() + 15
    while time.monotonic() < end:
        message = consumer.poll(0.1)
        records += message is not None and message.error() is None
    brokers = json.loads(told[-1])["brokers"]
    consumer.close()
    return sum(broker["disconnects"] for broker in brokers.values() if broker["nodeid"] == 1
               and broker["source"] == "learned"), records


short, long, off = closed(500, 3000), closed(30000, 3000), closed(30000, 0)
print(f"librdkafka {libversion()[0]}: closed {short[0]} times with a short wait, {long[0]} times with a long one, "
      f"{off[0]} times with a long one and no limit to idleness")
assert short[1] == long[1] == off[1] == 1, (short, long, off)
raise SystemExit(0 if short[0] == off[0] == 0 and long[0] >= 2 else 1)
PYTHON
if PYTHONPATH=packages python3 -S idle.py; then
    echo "as described: a connection over which an answer is to come counts as idle"
else
    echo "changed: the connection is kept, or closed in both cases"
    exit 1
fi
