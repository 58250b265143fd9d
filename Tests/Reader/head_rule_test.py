#!/usr/bin/env python3
"""Which cut-overs and markers count, and which head they give: Tests/Reader/head_rule_test.py"""
import sys
import unittest

sys.dont_write_bytecode = True
from head_rule import HeadRule  # noqa: E402


def record(number, state, head="a", slot="default", token=None, partitions=(0,), **more):
    return {"request": f"r{number}", "state": state, "number": number, "head": head, "slot": slot, "label": "h@v",
            "token": token or f"t{number}", "scan_from": [{"partition": place, "offset": 0} for place in partitions], **more}


def marker(number, head="a", slot="default", token=None, label="h@v"):
    return {"request": f"r{number}", "number": number, "head": head, "slot": slot, "label": label,
            "token": token or f"t{number}"}


class HeadRuleTest(unittest.TestCase):
    def setUp(self):
        self.rule = HeadRule()

    def announce(self, number, *arguments, **more):
        self.rule.cutover({"request": f"r{number}", "state": "requested"}, number)
        self.rule.cutover(record(number, "committing", *arguments, **more), number + 1)

    def heads(self, *places, partition=0):
        """The heads at offsets, each of stream s, or of another that stands with it."""
        timeline = self.rule.timeline(partition)
        found = [timeline.head(*(place if isinstance(place, tuple) else (place, "s"))) for place in places]
        return [head and head["head"] for head in found]

    def test_without_a_marker_there_is_no_head(self):
        self.announce(1)
        self.assertEqual(self.heads(0, 9), [None, None])

    def test_the_head_changes_behind_its_marker(self):
        self.announce(1, "a")
        self.announce(4, "b")
        self.rule.marker(marker(4, "b"), 0, 7)
        self.rule.marker(marker(1, "a"), 0, 3)
        self.assertEqual(self.heads(0, 4, 6, 8), ["a", "a", "a", "b"])

    def test_a_lower_number_changes_nothing(self):
        self.announce(1, "a")
        self.announce(4, "b")
        self.rule.marker(marker(4, "b"), 0, 3)
        self.rule.marker(marker(1, "a"), 0, 7)
        self.assertEqual(self.heads(0, 4, 8), ["b", "b", "b"])

    def test_a_stream_has_its_own_and_else_the_default(self):
        self.announce(1, "a")
        self.announce(4, "b", "stream:t")
        self.rule.marker(marker(4, "b", "stream:t"), 0, 0)
        self.rule.marker(marker(1, "a"), 0, 3)
        self.assertEqual(self.heads((1, "t"), (2, "s"), (4, "t"), (5, "s")), ["b", "a", "b", "a"])

    def test_a_marker_repeats_its_announcement_or_counts_for_nothing(self):
        self.announce(1, "a")
        self.rule.cutover({"request": "r9", "state": "requested"}, 9)
        for other in (marker(1, "b"), marker(1, slot="stream:s"), marker(1, token="x"), marker(1, label="h@w"),
                      {**marker(1), "number": 2}, {**marker(1), "request": "r2"}, marker(9), {}):
            with self.subTest(str(other)):
                self.rule.markers = {}
                self.rule.marker(other, 0, 3)
                self.assertEqual(self.heads(4), [None])
                self.assertEqual(list(map(len, self.rule.stray_markers())), [0, 0, 1])

    def test_it_counts_only_in_the_partitions_that_were_announced(self):
        self.announce(1, partitions=(0, 2))
        for partition in range(3):
            self.rule.marker(marker(1), partition, 3)
        self.assertEqual([self.heads(4, partition=partition) for partition in range(3)], [["a"], [None], ["a"]])

    def test_of_two_announcements_the_first_counts(self):
        self.announce(1, "a")
        self.rule.cutover(record(1, "committing", "a", token="later"), 5)
        self.rule.cutover(record(1, "committed", "a", token="later", offsets=[]), 6)
        self.rule.marker(marker(1, "a"), 0, 3)
        self.assertEqual((self.heads(4), self.rule.cutovers["r1"]["state"]), (["a"], "committed"))

    def test_the_first_decision_wins(self):
        self.rule.cutover({"request": "r1", "state": "requested"}, 1)
        self.rule.cutover(record(1, "aborted"), 2)
        self.rule.cutover(record(1, "committing"), 3)
        self.rule.marker(marker(1), 0, 3)
        self.assertEqual((self.heads(4), self.rule.cutovers["r1"]["state"]), ([None], "aborted"))

    def test_committed_does_not_follow_a_request(self):
        self.rule.cutover({"request": "r1", "state": "requested"}, 1)
        self.rule.cutover(record(1, "committed"), 2)
        self.assertEqual(self.rule.cutovers["r1"]["state"], "requested")

    def test_a_number_of_tomorrow_counts_for_nothing(self):
        self.rule.cutover(record(8, "committing"), 7)
        self.assertEqual(self.rule.cutovers, {})

    def test_compaction_may_leave_the_last_record_alone(self):
        self.rule.cutover(record(1, "committed"), 3)
        self.rule.marker(marker(1), 0, 3)
        self.assertEqual(self.heads(4), ["a"])

    def test_markers_that_stray_are_told(self):
        named = [{"partition": partition, "offset": 3} for partition in range(4)]
        self.rule.cutover(record(1, "committed", partitions=range(4), offsets=named), 3)
        for partition, offsets in enumerate(((3,), (3, 5), (2, 3))):
            for offset in reversed(offsets):
                self.rule.marker(marker(1), partition, offset)
        self.assertEqual(self.rule.stray_markers(), (
            ["of #1 at 1@5", "of #1 at 2@3"], ["of #1 at 2@2, not 3", "of #1 at 3@None, not 3"], []))


if __name__ == "__main__":
    unittest.main()
