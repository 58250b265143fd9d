#!/usr/bin/env python3
"""The judge of the lab finds what is planted, and nothing where nothing is: Tests/Network/judge_test.py"""
import copy
import json
import sys
import unittest

sys.dont_write_bytecode = True
from judge import ENVELOPE, judge  # noqa: E402


def shard(partition, offset, sequence, images=2):
    header = json.dumps({"stream": "s", "sequence": sequence, "images": [{"id": "x"}] * images}).encode()
    return partition, offset, b"s", ENVELOPE.pack(b"HSFSHARD", 1, 0, len(header), 0, 0, 0) + header, False


def marker(partition, offset, number, head):
    value = {"number": number, "head": head, "slot": "default", "token": f"t{number}", "request": f"r{number}"}
    return partition, offset, b"marker", json.dumps(value).encode(), True


def decision(offset, number, state, **more):
    value = {"request": f"r{number}", "state": state, "number": number, "slot": "default", "token": f"t{number}", **more}
    return 0, offset, b"k", json.dumps(value).encode(), False


def prediction(partition, offset, index, head):
    value = {"partition": partition, "offset": offset, "index": index, "head": head}
    return partition, 0, f"{partition}@{offset}#{index}".encode(), json.dumps(value).encode(), False


RIGHT = {
    "control": [
        (0, 0, b"head/x/chunk/0", b"\xa0\x00", False),
        decision(1, 1, "requested"), decision(2, 1, "committing", head="a"),
        decision(3, 1, "committed", head="a", offsets=[{"partition": 0, "offset": 1}]),
        decision(4, 4, "requested"), decision(5, 4, "committing", head="b"),
        decision(6, 4, "committed", head="b", offsets=[{"partition": 0, "offset": 3}]),
        decision(7, 7, "requested"), decision(8, 7, "aborted"), decision(9, 7, "committing", head="c")],
    "shards": [
        shard(0, 0, 0), marker(0, 1, 1, "a"), shard(0, 2, 1), marker(0, 3, 4, "b"), shard(0, 4, 2),
        # What was aborted and announced afterwards changes nothing.
        marker(0, 5, 7, "c"), shard(0, 6, 3)],
    "predictions": [
        prediction(0, offset, index, head) for offset, head in ((0, "a"), (2, "a"), (4, "b"), (6, "b"))
        for index in range(2)]}


class JudgeTest(unittest.TestCase):
    def figures(self, **expected):
        found = judge(self.found)
        wrong = {name: found[name] for name in (
            "repeats", "differing", "wrong_heads", "unscored", "strangers", "second_markers", "misplaced_markers",
            "sent_twice") if found[name]}
        self.assertEqual(wrong, expected)

    def setUp(self):
        self.found = copy.deepcopy(RIGHT)

    def test_right_records_have_no_fault(self):
        self.figures()
        self.assertEqual(judge(self.found)["images"], 8)

    def test_a_repeat_is_counted(self):
        self.found["predictions"].append(self.found["predictions"][0])
        self.figures(repeats=1)

    def test_a_repeat_with_other_bytes_is_counted(self):
        self.found["predictions"].append(prediction(0, 0, 0, "b"))
        self.figures(repeats=1, differing=1)

    def test_the_old_head_behind_a_marker_is_wrong(self):
        self.found["predictions"][4] = prediction(0, 4, 0, "a")
        self.figures(wrong_heads=1)

    def test_the_new_head_below_a_marker_is_wrong(self):
        self.found["predictions"][2] = prediction(0, 2, 0, "b")
        self.figures(wrong_heads=1)

    def test_an_image_without_a_prediction_is_counted(self):
        del self.found["predictions"][3]
        self.figures(unscored=1)

    def test_a_prediction_of_nothing_is_counted(self):
        self.found["predictions"].append(prediction(0, 6, 2, "b"))
        self.figures(strangers=1)

    def test_a_second_marker_is_counted(self):
        self.found["shards"].append(marker(0, 7, 4, "b"))
        self.figures(second_markers=1)

    def test_a_marker_elsewhere_is_counted(self):
        self.found["shards"][3] = marker(0, 5, 4, "b")
        self.found["shards"].pop(5)
        self.figures(misplaced_markers=1, wrong_heads=2)

    def test_a_shard_that_comes_twice_is_counted(self):
        self.found["shards"].append(shard(0, 8, 3, images=0))
        self.figures(sent_twice=1)


if __name__ == "__main__":
    unittest.main()
