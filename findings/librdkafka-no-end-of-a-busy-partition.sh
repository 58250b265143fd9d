#!/usr/bin/env bash
# librdkafka: a consumer that keeps up with a partition is never told its end while records keep coming.
#
# Tool       librdkafka version 2.16.0 inside confluent-kafka version 2.16.1 from PyPI, in a temporary folder, and a node of 60 lines
#            below that answers fetches as Apache Kafka does: with what is there, else with the next record as soon as it comes,
#            else with nothing after fetch.wait.max.ms. Needs python3 with pip; if the package cannot be had, this ends with 2 and
#            says so.
# Input      a partition in which one small record comes every 5 ms, and a consumer of it with enable.partition.eof=true and
#            fetch.wait.max.ms=500. The same with a record every 2 s beside it.
# Expected   RD_KAFKA_RESP_ERR__PARTITION_EOF now and then: CONFIGURATION.md says that it is emitted "whenever the consumer reaches
#            the end of a partition", and this one has read every record within milliseconds.
# Happens    at a record every 5 ms not once, though no record ever waits; at one every 2 s each time. The end is told for an answer
#            without records only (rdkafka_fetcher.c), and a broker gives none while something comes within the wait. Apache Kafka
#            4.1.1 was seen to do the same to librdkafka 2.0.2; librdkafka's own mock broker answers otherwise.
# So         do not wait for this event to know that what was there has been read: ask where the partition ends
#            (rd_kafka_query_watermark_offsets, or rd_kafka_get_watermark_offsets after the first record), and stop at that offset.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m pip install --quiet --no-deps --target packages "confluent-kafka==2.16.1" >/dev/null 2>&1 || {
    echo "needs confluent-kafka 2.16.1 from PyPI, for $(python3 --version)"
    exit 2
}
cat >end.py <<'PYTHON'
import socketserver
import struct
import threading
import time
from confluent_kafka import Consumer, KafkaError, TopicPartition, libversion

# Requests that the node knows, and up to which version: Produce is only named, for the format of records depends on it.
VERSIONS = {0: 3, 1: 4, 3: 2, 18: 0}


def text(value):
    return struct.pack(">h", len(value)) + value


def batch(offset):
    record = b"\0" + b"\0" + b"\0" + b"\1" + b"\2x" + b"\0"
    body = struct.pack(">hiqqqhii", 0, 0, 0, 0, -1, -1, -1, 1) + bytes([2 * len(record)]) + record
    return struct.pack(">qiibI", offset, 9 + len(body), 0, 2, 0) + body


class Node(socketserver.StreamRequestHandler):
    def handle(self):
        while head := self.rfile.read(4):
            request = self.rfile.read(struct.unpack(">i", head)[0])
            kind, version, number, name = struct.unpack_from(">hhih", request)
            answer = self.answer(kind, version, request[10 + max(0, name):])
            self.wfile.write(struct.pack(">ii", 4 + len(answer), number) + answer)

    def answer(self, kind, version, rest):
        if kind == 18:
            # A newer version is refused with the list of what there is.
            return struct.pack(">hi", 35 if version else 0, len(VERSIONS)) + b"".join(
                struct.pack(">hhh", key, 0, highest) for key, highest in VERSIONS.items())
        if kind == 3:
            host, port = self.server.server_address
            return (struct.pack(">ii", 1, 1) + text(host.encode()) + struct.pack(">ihhi", port, -1, -1, 1)
                    + struct.pack(">ih", 1, 0) + text(b"t") + struct.pack(">bihii", 0, 1, 0, 0, 1)
                    + struct.pack(">iiii", 1, 1, 1, 1))
        # replica, wait, least bytes, most bytes, isolation, one topic, one partition, offset
        wait_ms = struct.unpack_from(">i", rest, 4)[0]
        offset = struct.unpack_from(">q", rest, 17 + 4 + 2 + 1 + 4 + 4)[0]
        end = time.monotonic() + wait_ms / 1000
        while self.server.count() <= offset and time.monotonic() < end:
            time.sleep(0.0005)
        count = self.server.count()
        records = b"".join(batch(at) for at in range(offset, min(count, offset + 1000)))
        return (struct.pack(">ii", 0, 1) + text(b"t") + struct.pack(">iihqqi", 1, 0, 0, count, count, 0)
                + struct.pack(">i", len(records)) + records)


class Cluster(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True

    def __init__(self, period):
        super().__init__(("127.0.0.1", 0), Node)
        self.period, self.began = period, time.monotonic()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def count(self):
        return int((time.monotonic() - self.began) / self.period) + 1


def look(period):
    """How many records and how many ends a consumer is told of in 10 s, and how far it is behind at last."""
    cluster = Cluster(period)
    consumer = Consumer({
        "bootstrap.servers": f"127.0.0.1:{cluster.server_address[1]}", "group.id": "g", "enable.auto.commit": False,
        "enable.partition.eof": True, "fetch.wait.max.ms": 500, "log_level": 0})
    consumer.assign([TopicPartition("t", 0, 0)])
    records, ends, until = 0, 0, time.monotonic() + 10
    while time.monotonic() < until:
        message = consumer.poll(0.05)
        if message is None:
            continue
        if message.error() is None:
            records += 1
        elif message.error().code() == KafkaError._PARTITION_EOF:
            ends += 1
    behind = cluster.count() - records
    cluster.shutdown()
    return records, ends, behind


busy, calm = look(0.005), look(2)
print(f"librdkafka {libversion()[0]}: {busy[0]} records, {busy[1]} ends, {busy[2]} behind at a record every 5 ms; "
      f"{calm[0]} records, {calm[1]} ends at one every 2 s")
assert busy[0] > 500 and busy[2] < 100 and calm[0] >= 4, (busy, calm)
raise SystemExit(0 if busy[1] == 0 and calm[1] >= 3 else 1)
PYTHON
if PYTHONPATH=packages python3 -S end.py; then
    echo "as described: the end of a partition is not told while records keep coming"
else
    echo "changed: the end is told, or not even where records are rare"
    exit 1
fi
