#!/usr/bin/env python3
"""A verdict shows the figures of the independent reader, and fails by its faults: Tests/Network/verdict_test.py"""
import sys
import unittest

sys.dont_write_bytecode = True
from verdict import Verdict  # noqa: E402

COUNT = {"images": 8, "lost": 0, "repeats_differing": 0, "wrong_heads": 0, "second_markers": 0, "repeats_same_bytes": 0,
         "faults": []}


class VerdictTest(unittest.TestCase):
    def counted(self, mode="exactly-once", settled=True, **changed):
        verdict = Verdict("short", mode)
        verdict.counted({**COUNT, **changed}, mode, settled)
        verdict.nobody_ended("")
        return verdict

    def test_what_is_right_passes(self):
        self.assertEqual(str(self.counted()), "PASS short, exactly-once: 8 images, 0 lost, 0 differing, 0 wrong heads, "
                         "0 second markers, 0 repeats, nobody ended")

    def test_a_fault_of_the_reader_fails(self):
        verdict = self.counted(lost=2, faults=["2 lost: hashiflex.shards/0@3#0; hashiflex.shards/0@3#1"])
        self.assertFalse(verdict.passed)
        self.assertTrue(str(verdict).startswith("FAIL short, exactly-once: 8 images, 2 lost, "), str(verdict))
        self.assertTrue(str(verdict).endswith(". Not so: 2 lost"), str(verdict))
        self.assertIn("hashiflex.shards/0@3#1", str(verdict))

    def test_repeats_at_least_once_are_noted(self):
        self.assertIn("3 identical repeats", str(self.counted("at-least-once", repeats_same_bytes=3)))

    def test_what_is_not_done_in_time_fails(self):
        self.assertTrue(str(self.counted(settled=False)).endswith(". Not so: not everything was done in time"))


if __name__ == "__main__":
    unittest.main()
