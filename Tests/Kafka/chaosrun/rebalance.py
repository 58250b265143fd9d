"""How long a rebalance holds images up, under the group protocol of before and that of Kafka 4 (KIP-848)."""
import json
import signal
import time

from .loop import Loop
from .world import SAMPLE, SAMPLE_IMAGES, World

PARTITIONS, RATE = 64, 256  # images/s: a partition gets four a second
READY, REST = 120, 12  # seconds until all are ready at most, and between two events
DRAIN = 75  # seconds after a kill: the broker's own session time is 45 s


class Run:
    def __init__(self, options):
        self.options, self.faults, self.rows, self.workers = options, [], [], []

    def run(self) -> dict:
        with World(self.options, 1, is_measured=True) as world:
            self.world, self.loop = world, Loop()
            for protocol in ("classic", "consumer"):
                self.measure(protocol)
        return {"workers": self.options.workers, "partitions": PARTITIONS, "images_per_s": RATE,
                "kafka": world.nodes.version, "rows": self.rows, "faults": self.faults}

    def worker(self, protocol: str, number: int):
        return self.world.start(
            f"{protocol}-{number}", "worker", "--replicas", 1, "--model", self.world.model, "--name",
            f"{protocol}-{number}", "--topic-prefix", protocol, "-X", f"group.protocol={protocol}", "--exit-with-parent")

    def is_ready(self, workers: list) -> bool:
        return all("is ready" in worker.text() for worker in workers)

    def measure(self, protocol: str):
        world, loop, place = self.world, self.loop, ["--topic-prefix", protocol]
        world.succeed("topics", "create", "--partitions", PARTITIONS, "--replication", 1, *place)
        others = [world.start(f"{protocol}-coordinator", "coordinator", *place)]
        workers = [self.worker(protocol, number) for number in range(self.options.workers)]
        loop.run(READY, until=lambda: self.is_ready(workers) or any(worker.code is not None for worker in workers))
        ended = [worker for worker in workers if worker.code is not None]
        if ended or not self.is_ready(workers):
            self.faults.append(f"{protocol}: not all are ready: {(ended or workers)[0].last_line()}")
        else:
            world.succeed("head", "push", world.heads[0], *place)
            self.disturb(protocol, workers, others)
        for process in [*workers, *others]:
            process.signal(signal.SIGKILL)
        loop.run(10, until=lambda: all(process.code is not None for process in [*workers, *others]))

    def disturb(self, protocol: str, workers: list, others: list):
        loop, events = self.loop, []
        images = RATE * (4 * REST + DRAIN)
        others.append(self.world.start(
            f"{protocol}-ingest", "ingest", f"camera={SAMPLE}", "--images", images, "--repeat", -(-images // SAMPLE_IMAGES),
            "--size", 32, "--shard-images", 1, "--linger-ms", 50, "--fps", RATE, "--topic-prefix", protocol))

        def note(event: str, seconds: float):
            events.append((event, time.time_ns() // 1_000_000))
            loop.say(f"{protocol}: {event}")
            loop.run(seconds, until=lambda: False)

        # The first seconds are those of the ingest's start.
        loop.run(REST / 2, until=lambda: False)
        note("undisturbed", REST)
        workers[-1].signal(signal.SIGTERM)
        note("a worker leaves", REST)
        workers.append(self.worker(protocol, self.options.workers))
        note("a worker joins", REST)
        workers[0].signal(signal.SIGKILL)
        note("a worker is killed", DRAIN - REST)
        others[-1].signal(signal.SIGTERM)
        loop.run(REST, until=lambda: others[-1].code is not None)
        loop.run(2, until=lambda: False)
        reading = self.world.launch(
            f"{protocol}-latencies", [self.world.python, __file__.replace("rebalance.py", "latencies.py"),
                                      self.world.nodes.bootstrap, protocol], 120)
        loop.run(130, until=lambda: reading.code is not None)
        if reading.code:
            self.faults.append(f"{protocol}: the latencies can not be read: {reading.last_line()}")
            return
        rows = json.loads(reading.text(0))
        for (event, begin), (_, end) in zip(events, [*events[1:], ("", time.time_ns() // 1_000_000)]):
            self.row(protocol, event, [row for row in rows if begin <= row[1] < end])

    def row(self, protocol: str, event: str, rows: list):
        if not rows:
            self.faults.append(f"{protocol}: {event}: no image was predicted")
            return
        waits = sorted(row[2] for row in rows)
        held = {row[0] for row in rows if row[2] >= 1_000}
        self.rows.append({
            "protocol": protocol, "event": event, "images": len(rows), "median_ms": waits[len(waits) // 2],
            "p99_ms": waits[len(waits) * 99 // 100], "longest_ms": waits[-1], "partitions_held_1s": len(held)})


def verdict(result: dict) -> str:
    lines = ["| protocol | event | images | wait, median ms | 99 of 100, ms | longest, ms | partitions held for a second |",
             "| --- | --- | --- | --- | --- | --- | --- |"]
    for row in result["rows"]:
        lines.append(f"| {row['protocol']} | {row['event']} | {row['images']:,} | {row['median_ms']:,} | {row['p99_ms']:,} | "
                     f"{row['longest_ms']:,} | {row['partitions_held_1s']} of {result['partitions']} |")
    lines.append(f"{'FAIL' if result['faults'] else 'PASS'} {result['workers']} workers, {result['partitions']} partitions, "
                 f"{result['images_per_s']} images/s, Kafka {result['kafka']}")
    return "\n".join(lines)
