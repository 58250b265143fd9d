#!/usr/bin/env python3
"""The command reads to the ends, says what it found, and ends with the right code: Tests/Reader/reader_test.py

No broker and no client library: confluent-kafka's place is taken by one that hands out made-up topics.
"""
import contextlib
import io
import json
import pathlib
import sys
import tempfile
import types
import unittest
from unittest import mock

sys.dont_write_bytecode = True


class KafkaException(Exception):
    pass


class KafkaError:
    _PARTITION_EOF, _TRANSPORT, _FATAL = -191, -195, -150
    GROUP_AUTHORIZATION_FAILED, TOPIC_AUTHORIZATION_FAILED = 30, 29

    def __init__(self, code, topic=None, partition=None, retriable=False):
        self.facts = code, topic, partition, retriable

    def code(self): return self.facts[0]
    def topic(self): return self.facts[1]
    def partition(self): return self.facts[2]
    def retriable(self): return self.facts[3]
    def fatal(self): return self.facts[0] == KafkaError._FATAL
    def error(self): return self
    def __str__(self): return f"error {self.facts[0]}"


class Consumer:
    """Of two partitions each topic has, the second is empty. `later` comes when all ends were told."""
    topics, errors, later, settings, silent, missing = None, [], [], None, False, {}
    # What each node says of who leads, one answer after the other; None for no answer, and the last answer again and again.
    told = {}

    def __init__(self, settings):
        self.own, self.queue = settings, []

    def list_topics(self, topic=None, timeout=0):
        if topic is None:
            answers = Consumer.told.get(self.own["bootstrap.servers"], [1])
            leader = answers.pop(0) if len(answers) > 1 else answers[0]
            if leader is None:
                raise KafkaException("no answer")
            facts = types.SimpleNamespace(partitions={0: types.SimpleNamespace(leader=leader)})
            brokers = {node: types.SimpleNamespace(host="node", port=node) for node in (1, 2, 3)}
            return types.SimpleNamespace(brokers=brokers, topics={"hashiflex.shards": facts})
        left = Consumer.missing.get(topic, 0)
        Consumer.missing[topic] = left - 1
        facts = types.SimpleNamespace(error="unknown topic" if left > 0 else None, partitions={0: None, 1: None})
        return types.SimpleNamespace(topics={topic: facts})

    def assign(self, places):
        Consumer.settings = self.own
        for topic, partition, _ in [] if Consumer.silent else places:
            kind = topic.split(".", 1)[1]
            self.queue += Consumer.topics.records[kind] if partition == 0 else []
            self.queue += Consumer.errors + [KafkaError(KafkaError._PARTITION_EOF, topic, partition)]
        self.queue += [None] + Consumer.later

    def poll(self, timeout):
        return self.queue.pop(0) if self.queue else None


sys.modules["confluent_kafka"] = types.SimpleNamespace(
    Consumer=Consumer, KafkaError=KafkaError, KafkaException=KafkaException, OFFSET_BEGINNING=-2,
    TopicPartition=lambda topic, partition, offset: (topic, partition, offset))
import reader  # noqa: E402
import topics  # noqa: E402
from made_up import FIRST, MadeUp  # noqa: E402


class ReaderTest(unittest.TestCase):
    def setUp(self):
        Consumer.topics, Consumer.errors, Consumer.later, Consumer.silent, Consumer.missing = MadeUp(), [], [], False, {}
        Consumer.told = {}

    def run_reader(self, *arguments):
        """The code, standard output and standard error."""
        output, errors = io.StringIO(), io.StringIO()
        with mock.patch.object(sys, "argv", ["reader.py", *arguments]), mock.patch("time.sleep"), \
                contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            return reader.main(), output.getvalue(), errors.getvalue()

    def test_what_is_right_passes(self):
        code, output, errors = self.run_reader("here:1", "--images", "5", "--exactly-once")
        self.assertEqual((code, output.splitlines()[-1], errors), (0, "PASS", ""))
        self.assertIn("pushes_in_force      3\n", output)

    def test_what_is_wrong_is_said(self):
        Consumer.topics.forget("predictions", 2)
        code, output, _ = self.run_reader("here:1", "--images", "6")
        self.assertEqual((code, output.splitlines()[-3:]), (1, [
            "WRONG 1 lost: hashiflex.shards/0@2#0", "WRONG 5 images are in the shards, 6 were sent", "FAIL"]))

    def test_repeats_are_wrong_under_exactly_once(self):
        Consumer.topics.prediction(2, 0, FIRST, 1)
        self.assertEqual(self.run_reader("here:1")[0], 0)
        self.assertEqual(self.run_reader("here:1", "--exactly-once")[0], 1)

    def test_a_second_marker_is_wrong_where_all_is_sent_once(self):
        self.assertEqual(self.run_reader("here:1", "--sent-once")[0], 1)

    def test_the_summary_is_what_is_printed_as_json(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "summary"
            code, output, _ = self.run_reader("here:1", "--json", "--summary-json", str(file))
            self.assertEqual((code, file.read_text()), (0, output))
        found = json.loads(output)
        self.assertEqual((found["images"], found["faults"], found["requests"]["r1"]), (5, [], "committed"))
        self.assertEqual(found["isolation"], "read_committed")

    def test_a_summary_that_can_not_be_written(self):
        with tempfile.TemporaryDirectory() as folder:
            code, output, errors = self.run_reader("here:1", "--summary-json", folder)
        self.assertEqual((code, output, errors.startswith(f"reader.py: {folder}: ")), (74, "", True))
        code, _, errors = self.run_reader("here:1", "--summary-json", "/dev/full")
        self.assertEqual((code, errors.startswith("reader.py: /dev/full: ")), (74, True))

    def test_it_waits_for_what_is_not_there_yet(self):
        late = Consumer.topics.records["predictions"][3:]
        Consumer.topics.forget("predictions", 3, 4)
        Consumer.later = [None, *late]
        self.assertEqual(self.run_reader("here:1", "--images", "5")[0], 1)
        self.assertEqual(self.run_reader("here:1", "--images", "5", "--wait", "60")[0], 0)

    def test_it_waits_no_longer_than_it_may(self):
        Consumer.topics.forget("predictions", 4)
        self.assertEqual(self.run_reader("here:1", "--wait", "0.05")[0], 1)

    def test_settings_are_handed_on(self):
        self.run_reader("here:1", "--isolation", "read_uncommitted", "-X", "socket.timeout.ms=1", "-X", "a=b=c")
        found = {name: Consumer.settings[name] for name in ("bootstrap.servers", "isolation.level", "socket.timeout.ms", "a")}
        self.assertEqual(found, {
            "bootstrap.servers": "here:1", "isolation.level": "read_uncommitted", "socket.timeout.ms": "1", "a": "b=c"})

    def test_a_topic_that_is_not_known_yet(self):
        Consumer.missing = {"hashiflex.shards": 3}
        self.assertEqual(self.run_reader("here:1")[0], 0)
        Consumer.missing = {"hashiflex.shards": 1_000}
        self.assertEqual(self.run_reader("here:1"), (69, "", "reader.py: hashiflex.shards: unknown topic\n"))

    def test_errors_that_pass_and_errors_that_do_not(self):
        for error in (KafkaError(KafkaError._TRANSPORT), KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED),
                      KafkaError(6, retriable=True)):
            Consumer.errors = [error]
            self.assertEqual(self.run_reader("here:1")[0], 0)
        for code in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError._FATAL):
            Consumer.errors = [KafkaError(code)]
            self.assertEqual(self.run_reader("here:1"), (69, "", f"reader.py: error {code}\n"))

    def test_nodes_that_disagree_are_waited_for(self):
        Consumer.told = {"node:1": [1, 1, 2], "node:2": [2], "node:3": [None]}
        self.assertEqual(self.run_reader("here:1")[0], 0)
        self.assertEqual(Consumer.told["node:1"], [2])
        Consumer.told = {"node:1": [1], "node:2": [2]}
        with mock.patch("time.monotonic", side_effect=range(0, 10_000, 20)):
            code, _, errors = self.run_reader("here:1")
        self.assertEqual((code, errors), (69, "reader.py: the nodes do not agree on the leaders after 60 s\n"))

    def test_silence_ends_it(self):
        Consumer.silent = True
        with mock.patch.object(topics, "SILENCE_MAX", 0.01):
            code, _, errors = self.run_reader("here:1", "--wait", "60")
        self.assertEqual((code, errors), (69, "reader.py: hashiflex.control/0 has not answered for 0.01 s\n"))

    def test_a_broker_that_is_not_there(self):
        with mock.patch.object(Consumer, "list_topics", side_effect=KafkaException("no broker")):
            self.assertEqual(self.run_reader("here:1"), (69, "", "reader.py: no broker\n"))

    def test_wrong_usage(self):
        for arguments in ([], ["here:1", "--isolation", "some"], ["here:1", "-X", "name"], ["here:1", "--images", "x"]):
            self.assertEqual(self.run_reader(*arguments)[0], 64)
        self.assertEqual(self.run_reader("--help")[0], 0)


if __name__ == "__main__":
    unittest.main()
