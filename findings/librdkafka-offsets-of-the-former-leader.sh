#!/usr/bin/env bash
# librdkafka: a consumer that asks for offsets and reads nothing goes on asking a partition's former leader.
#
# Tool       librdkafka version 2.8.0 (as in Debian 13) and version 2.10.1 inside confluent-kafka versions 2.8.0 and 2.10.1 from
#            PyPI, in a temporary folder, with librdkafka's own mock cluster of three nodes. Needs python3 with pip; if the
#            packages cannot be had, this ends with 2 and says so.
# Input      a consumer without subscription and assignment asks rd_kafka_offsets_for_times where a partition ends. Another node is made its leader, as after every restart of one, and the consumer asks again.
# Expected   the old leader says NOT_LEADER_FOR_PARTITION, the client asks for the leaders, and the next question is answered.
# Happens    2.8.0 says so for as long as one asks (here 20 s; 70 s were tried with 2.0.2, 2.2.0 to 2.6.1 for 8 s): what it has
#            heard of a topic that it neither reads nor writes is kept until it is metadata.max.age.ms old (15 minutes; tried with
#            10 s). 2.10.1 answers at the second question. With 2.0.2 a leader that is gone is waited for likewise.
# So         up to 2.8.0, after a failed question ask rd_kafka_metadata for the topic: that one is taken over, and the next
#            question goes to the new leader. The last line shows it.
set -euo pipefail

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
for version in 2.8.0 2.10.1; do
    python3 -m pip install --quiet --no-deps --target "$version" "confluent-kafka==$version" >/dev/null 2>&1 || {
        echo "needs confluent-kafka $version from PyPI, for $(python3 --version)"
        exit 2
    }
done
cat >ask.py <<'PYTHON'
import ctypes
import sys
import time
from ctypes import POINTER, byref, c_char_p, c_int, c_int32, c_int64, c_size_t, c_void_p

rd = ctypes.CDLL(sys.argv[1])
for name, result, arguments in [
    ("conf_new", c_void_p, []),
    ("conf_set", c_int, [c_void_p, c_char_p, c_char_p, c_char_p, c_size_t]),
    ("new", c_void_p, [c_int, c_void_p, c_char_p, c_size_t]),
    ("mock_cluster_new", c_void_p, [c_void_p, c_int]),
    ("mock_cluster_bootstraps", c_char_p, [c_void_p]),
    ("mock_topic_create", c_int, [c_void_p, c_char_p, c_int, c_int]),
    ("mock_partition_set_leader", c_int, [c_void_p, c_char_p, c_int32, c_int32]),
    ("topic_partition_list_new", c_void_p, [c_int]),
    ("topic_partition_list_add", c_void_p, [c_void_p, c_char_p, c_int32]),
    ("topic_partition_list_set_offset", c_int, [c_void_p, c_char_p, c_int32, c_int64]),
    ("topic_partition_list_destroy", None, [c_void_p]),
    ("offsets_for_times", c_int, [c_void_p, c_void_p, c_int]),
    ("topic_new", c_void_p, [c_void_p, c_char_p, c_void_p]),
    ("metadata", c_int, [c_void_p, c_int, c_void_p, POINTER(c_void_p), c_int]),
    ("err2name", c_char_p, [c_int]),
    ("version_str", c_char_p, []),
]:
    function = getattr(rd, "rd_kafka_" + name)
    function.restype, function.argtypes = result, arguments


def client(kind, **properties):
    conf, text = rd.rd_kafka_conf_new(), ctypes.create_string_buffer(512)
    for name, value in properties.items():
        assert rd.rd_kafka_conf_set(conf, name.replace("_", ".").encode(), value.encode(), text, 512) == 0, text.value
    made = rd.rd_kafka_new(kind, conf, text, 512)
    assert made, text.value
    return made


cluster = rd.rd_kafka_mock_cluster_new(client(0, client_id="nodes"), 3)
rd.rd_kafka_mock_topic_create(cluster, b"t", 1, 3)
rd.rd_kafka_mock_partition_set_leader(cluster, b"t", 0, 1)
consumer = client(1, bootstrap_servers=rd.rd_kafka_mock_cluster_bootstraps(cluster).decode(), group_id="g")


def ask():
    places = rd.rd_kafka_topic_partition_list_new(1)
    rd.rd_kafka_topic_partition_list_add(places, b"t", 0)
    rd.rd_kafka_topic_partition_list_set_offset(places, b"t", 0, -1)
    code = rd.rd_kafka_offsets_for_times(consumer, places, 5000)
    rd.rd_kafka_topic_partition_list_destroy(places)
    return rd.rd_kafka_err2name(code).decode()


assert ask() == "NO_ERROR"
rd.rd_kafka_mock_partition_set_leader(cluster, b"t", 0, 2)
said, begin = [], time.monotonic()
while time.monotonic() - begin < 20 and (not said or said[-1] != "NO_ERROR"):
    said.append(ask())
    time.sleep(1)
print(f"{rd.rd_kafka_version_str().decode()}: asked {len(said)} times, at last {said[-1]}")
if said[-1] != "NO_ERROR":
    answer = c_void_p()
    assert rd.rd_kafka_metadata(consumer, 0, rd.rd_kafka_topic_new(consumer, b"t", None), byref(answer), 5000) == 0
    print(f"after rd_kafka_metadata: {ask()}")
PYTHON
for version in 2.8.0 2.10.1; do
    LD_LIBRARY_PATH="$work/$version/confluent_kafka.libs" \
        python3 ask.py "$(echo "$version"/confluent_kafka.libs/librdkafka*.so*)" 2>/dev/null | tee -a said
done
grep -qE "^2.8.0: asked (1[0-9]|20) times, at last NOT_LEADER_FOR_PARTITION" said
grep -q "^after rd_kafka_metadata: NO_ERROR" said
grep -qE "^2.10.1: asked [23] times, at last NO_ERROR" said
echo "as described: version 2.8.0 keeps asking the former leader, version 2.10.1 does not"
