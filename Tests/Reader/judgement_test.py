#!/usr/bin/env python3
"""The judgement finds every fault that is planted, and none where there is none: Tests/Reader/judgement_test.py"""
import itertools
import sys
import tracemalloc
import unittest

sys.dont_write_bytecode = True
from judgement import KINDS, SHOWN, Judgement  # noqa: E402
from made_up import CANARY, FIRST, SECOND, MadeUp, Message  # noqa: E402

# What is planted, how, and the figures that must show it; all others stay as they are.
FAULTS = [
    ("an image without a prediction", lambda t: t.forget("predictions", 2), {"lost": 1}),
    ("a shard without predictions", lambda t: t.forget("predictions", 0, 1), {"lost": 2}),
    ("another record again", lambda t: t.prediction(2, 0, FIRST, 1, top=[]), {"repeats_differing": 1}),
    ("another head", lambda t: t.replace(3, 7, 0, FIRST, 10), {"wrong_heads": 1}),
    ("another cut-over of the same head", lambda t: t.replace(2, 2, 0, FIRST, 10), {"wrong_heads": 1}),
    ("the default head in a stream with its own", lambda t: t.replace(4, 8, 0, SECOND, 10), {"wrong_heads": 1}),
    ("a stream's head in another", lambda t: t.replace(3, 7, 0, CANARY, 20), {"wrong_heads": 1}),
    ("the old head behind a marker", lambda t: t.replace(3, 7, 0, FIRST, 1), {"wrong_heads": 1}),
    ("the new head below a marker", lambda t: t.replace(2, 2, 0, SECOND, 10), {"wrong_heads": 1}),
    ("the second head before the first marker", lambda t: t.replace(0, 0, 0, SECOND, 10), {"wrong_heads": 1}),
    ("a prediction of no head", lambda t: t.replace(2, 2, 0, None, None), {"wrong_heads": 1}),
    ("a prediction behind the last image", lambda t: t.prediction(2, 1, FIRST, 1), {"of_no_image": 1}),
    ("a prediction of no shard", lambda t: t.prediction(6, 0, FIRST, 1), {"of_no_image": 1}),
    ("a prediction of more images than fit", lambda t: t.prediction(2, 4_096, FIRST, 1), {"of_no_image": 1}),
    ("a prediction below all images", lambda t: t.prediction(2, -1, FIRST, 1), {"of_no_image": 1}),
    ("a prediction under another's address",
     lambda t: t.prediction(2, 0, FIRST, 1, key="hashiflex.shards/0@7#0"), {"of_no_image": 1}),
    ("a prediction of another deployment's topic",
     lambda t: t.prediction(2, 0, FIRST, 1, key="other.shards/0@2#0", topic="other.shards"), {"of_no_image": 1}),
    ("a prediction in another partition",
     lambda t: t.prediction(2, 0, FIRST, 1, key="hashiflex.shards/1@2#0", partition=1), {"of_no_image": 1}),
    ("a repeat in another partition", lambda t: t.records["predictions"].append(Message(
        "predictions", 1, 0, "hashiflex.shards/0@2#0", t.records["predictions"][2].value())), {"of_no_image": 1}),
    ("another schema", lambda t: t.prediction(2, 0, FIRST, 1, schema="prediction/2"), {"of_no_image": 1}),
    ("a prediction that is no JSON",
     lambda t: t.records["predictions"].append(Message("predictions", 0, 9, "k", b"{")), {"of_no_image": 1}),
    ("another image's name", lambda t: t.replace(2, 2, 0, FIRST, 1, id="s-0-0"), {"of_no_image": 1}),
    ("another stream", lambda t: t.replace(2, 2, 0, FIRST, 1, stream="t"), {"of_no_image": 1}),
    ("a shard that is none", lambda t: t.record(9, b"HSFSHARD"), {"of_no_image": 1}),
    ("a shard of another version",
     lambda t: t.record(9, b"HSFSHARD\x02" + t.records["shards"][0].value()[9:]), {"of_no_image": 1}),
    ("a shard without its kind", lambda t: t.record(9, t.records["shards"][0].value(), kind=b""), {"of_no_image": 1}),
    ("an image that could not be read",
     lambda t: t.replace(2, 2, 0, None, None, error="no image"), {"unreadable": 1}),
    ("a dead letter", lambda t: t.dead_letter(9, "bad-header"), {"dead_letters": 1}),
    ("a dead letter instead of a prediction",
     lambda t: (t.forget("predictions", 2), t.dead_letter(2, "bad-sum")), {"dead_letters": 1}),
    ("a push that nobody decided",
     lambda t: t.cutover(30, "r30", FIRST, states=("requested",)), {"pushes": 4, "pushes_open": 1}),
    ("a push that is announced and not committed", lambda t: t.forget("control", 10), {"pushes_open": 1}),
    ("a marker repeated with another slot",
     lambda t: t.marker(6, 10, SECOND, slot="stream:t"), {"markers": 5, "false_markers": 1}),
    ("a marker of another head", lambda t: t.marker(6, 10, FIRST), {"markers": 5, "false_markers": 1}),
    ("a marker of another number",
     lambda t: t.marker(6, 25, FIRST, request="r20", token="token-r20"), {"markers": 5, "false_markers": 1}),
    ("a marker with another token", lambda t: t.marker(6, 10, SECOND, token="guessed"), {"markers": 5, "false_markers": 1}),
    ("a marker of nothing", lambda t: t.record(6, b"{}", kind=b"marker"), {"markers": 5, "false_markers": 1}),
    ("a marker below where its cut-over says",
     lambda t: t.marker(-1, 10, SECOND), {"markers": 5, "second_markers": 2, "misplaced_markers": 1, "wrong_heads": 3}),
]
# What is a fault only where it is said to be: with which demand.
SOMETIMES = [
    ("the same record again", lambda t: t.prediction(2, 0, FIRST, 1), {"repeats_same_bytes": 1}, "exactly_once"),
    ("a marker again", lambda t: t.marker(6, 10, SECOND), {"markers": 5, "second_markers": 2}, "sent_once"),
    ("a shard of a number that another has", lambda t: t.shard(9, "s", 0, sequence=2),
     {"shards": 5, "shards_sent_twice": 1}, "sent_once"),
]
NO_FAULTS = [
    ("an aborted push", lambda t: t.cutover(30, "r30", FIRST, states=("requested", "aborted"))),
    ("a decision behind another", lambda t: t.cutover(10, "r10", FIRST, states=("aborted",))),
    ("an announcement behind an abort",
     lambda t: t.cutover(30, "r30", FIRST, states=("requested", "aborted", "committing"))),
    ("compaction left the last record of a push", lambda t: t.forget("control", 8, 9)),
    ("a tombstone", lambda t: t.records["control"].append(Message("control", 0, 40, "cutover/r1", b""))),
]
SHOULD = {
    "shards": 4, "images": 5, "images_sent_twice": 0, "shards_sent_twice": 0, "repeats_same_bytes": 0, "repeats_differing": 0,
    "lost": 0, "wrong_heads": 0, "of_no_image": 0, "unreadable": 0, "dead_letters": 0, "misplaced_markers": 0,
    "false_markers": 0, "second_markers": 1, "pushes": 3, "pushes_open": 0, "markers": 4}


class JudgementTest(unittest.TestCase):
    def figures(self, numbers, expected):
        self.assertEqual({name: numbers[name] for name in SHOULD}, {**SHOULD, **expected})

    def test_what_is_right_has_no_fault_in_whatever_order_it_is_read(self):
        for kinds in itertools.permutations(KINDS):
            numbers, faults = MadeUp().judged(kinds, exactly_once=True)
            self.assertEqual(faults, [])
            self.figures(numbers, {})
            expected = {"predictions": 5, "prediction_records": 5, "pushes_in_force": 3, "longest_push_ms": 150}
            self.assertEqual({name: numbers[name] for name in expected}, expected)

    def test_every_planted_fault_is_found(self):
        for what, plant, expected in FAULTS:
            with self.subTest(what):
                topics = MadeUp()
                plant(topics)
                numbers, faults = topics.judged()
                self.figures(numbers, expected)
                self.assertGreater(len(faults), 0)

    def test_some_are_faults_only_where_they_are_said_to_be(self):
        for what, plant, expected, demand in SOMETIMES:
            with self.subTest(what):
                topics = MadeUp()
                if demand == "sent_once":
                    topics.forget("shards", 4)  # the marker that repeats one
                    expected = {name: value - (name in ("markers", "second_markers")) for name, value in expected.items()}
                    expected = {"markers": 3, "second_markers": 0, **expected}
                plant(topics)
                self.assertEqual(topics.judged()[1], [])
                numbers, faults = topics.judged(**{demand: True})
                self.figures(numbers, expected)
                self.assertEqual(len(faults), 1)

    def test_what_is_no_fault_is_not_found(self):
        for what, plant in NO_FAULTS:
            with self.subTest(what):
                topics = MadeUp()
                plant(topics)
                self.assertEqual(topics.judged()[1], [])

    def test_images_that_were_sent_and_are_not_there(self):
        self.assertEqual(MadeUp().judged(images=6)[1], ["5 images are in the shards, 6 were sent"])

    def test_more_images_than_were_sent_are_explained_by_the_shard_that_came_twice(self):
        topics = MadeUp()
        topics.shard(9, "s", 1, sequence=2, ids=["s-2-0"])
        topics.prediction(9, 0, SECOND, 10, id="s-2-0")
        self.assertEqual(topics.judged(images=5)[1], [
            "6 images are in the shards, 5 were sent", "1 shards were sent twice: hashiflex.shards/0@9 is 0@2 of s"])

    def test_an_image_that_was_sent_twice_is_counted(self):
        topics = MadeUp()
        topics.shard(9, "s", 1, ids=["s-2-0"])
        topics.prediction(9, 0, SECOND, 10, id="s-2-0")
        numbers, faults = topics.judged(images=6)
        self.assertEqual((numbers["images_sent_twice"], numbers["shards_sent_twice"], faults), (1, 0, []))

    def test_of_many_faults_some_are_shown(self):
        topics = MadeUp()
        for offset in range(100, 200):
            topics.shard(offset, "s", 1)
        numbers, faults = topics.judged(images=105)
        self.assertEqual(numbers["lost"], 100)
        self.assertEqual(faults, ["100 lost: " + "; ".join(f"hashiflex.shards/0@{100 + n}#0" for n in range(SHOWN))])

    def test_it_is_settled_when_all_is_predicted_and_decided(self):
        topics, judgement = MadeUp(), Judgement()
        for kind in ("control", "shards", "predictions"):
            for message in topics.records[kind]:
                judgement.take(kind, message)
                last = kind == "predictions" and message is topics.records[kind][-1]
                self.assertEqual(judgement.is_settled, last or judgement.awaited == 0 and not any(
                    record["state"] in ("requested", "committing") for record in judgement.rule.cutovers.values()))

    def test_the_memory_is_that_of_sums(self):
        """A million images in shards of eight are 100 MB, however long their names and predictions are."""
        topics, images = MadeUp(), 16_000
        long = "n" * 1_000
        judgement = Judgement()
        tracemalloc.start()
        for offset in range(0, images // 8):
            topics.records = {"shards": [], "predictions": []}
            names = [f"{long}{offset}-{index}" for index in range(8)]
            topics.shard(offset, "s", 8, ids=names)
            for index in range(8):
                topics.prediction(offset, index, FIRST, 1, id=names[index], stream="s")
            for kind, messages in topics.records.items():
                for message in messages:
                    judgement.take(kind, message)
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        self.assertEqual(judgement.predictions, images)
        self.assertLess(held / images, 110, "bytes an image")


if __name__ == "__main__":
    unittest.main()
