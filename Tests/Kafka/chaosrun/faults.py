"""What is done to a deployment. The seed decides what, to whom and when; how fast the machine is, decides the rest."""
import json
import os
import random
import signal
import subprocess
import time

from .loop import wait
from .processes import children, signal_process

KINDS = ["kills", "freezes", "rolls", "coordinator", "node-kills"]
# Mean seconds from one fault of a kind to the next; faults of nodes follow each other when all copies are there again.
BETWEEN = {"kills": 6, "freezes": 15, "coordinator": 14}
# Records: what a stream that flows has under way at any moment, two in each of sixteen partitions, is no backlog.
UNDER_WAY = 32


class Faults:
    """The acts of the kinds that are wanted; what was done is counted."""

    def __init__(self, world, loop, seed: int, kinds: list, end: float, workers: list, coordinators: list):
        self.world, self.loop, self.nodes, self.seed, self.end = world, loop, world.nodes, seed, end
        self.workers, self.coordinators = workers, coordinators
        self.done = dict.fromkeys(kinds, 0)
        self.not_healthy = []
        self.backlogs = []  # (records at most, seconds until no more were waiting than are under way) after each fault of a node
        if "kills" in kinds:
            loop.add(self.kill("kills", self.victims))
        if "coordinator" in kinds:
            loop.add(self.kill("coordinator", lambda: [role.process for role in coordinators if role.is_running]))
        if "freezes" in kinds:
            loop.add(self.freeze())
        nodes = [kind for kind in ("rolls", "node-kills", "freezes") if kind in kinds]
        if nodes:
            loop.add(self.disturb_nodes(nodes))

    def moments(self, kind: str):
        """A generator of numbers for one kind of fault, and pauses until the disturbed time is over."""
        numbers = random.Random(f"{self.seed}/{kind}")
        while True:
            pause = numbers.uniform(0.4, 1.6) * (self.world.options.node_pause if kind == "nodes" else BETWEEN[kind])
            if self.loop.now + pause > self.end:
                return
            yield numbers, pause

    def victims(self) -> list:
        """Processes of workers: ours, or the children of a fleet."""
        alive = [role.process for role in self.workers if role.is_running]
        if not self.world.options.fleet:
            return alive
        return [Child(pid) for process in alive for pid in children(process.popen.pid)]

    def kill(self, kind: str, victims):
        for numbers, pause in self.moments(kind):
            yield pause
            alive = victims()
            if alive:
                victim = numbers.choice(alive)
                self.loop.say(f"kill -9 {victim.name}")
                victim.signal(signal.SIGKILL)
                self.done[kind] += 1

    def freeze(self):
        """A worker or a coordinator stands still for longer than its session, and goes on as if nothing had been."""
        for numbers, pause in self.moments("freezes"):
            yield pause
            alive = self.victims() + [role.process for role in self.coordinators if role.is_running]
            if not alive:
                continue
            victim, seconds = numbers.choice(alive), numbers.uniform(2, 15)
            self.loop.say(f"freeze {victim.name} for {seconds:.1f} s")
            victim.signal(signal.SIGSTOP)
            self.done["freezes"] += 1
            yield seconds
            victim.signal(signal.SIGCONT)

    def disturb_nodes(self, kinds: list):
        """One node at a time, and the next only when every partition has all its copies again."""
        for numbers, pause in self.moments("nodes"):
            yield pause
            kind, node = numbers.choice(kinds), numbers.randrange(self.nodes.count)
            seconds = numbers.uniform(1, 8)
            self.done[kind] += 1
            if kind == "freezes":
                seconds = numbers.uniform(5, 15)
                self.loop.say(f"freeze node {node + 1} for {seconds:.1f} s")
                self.nodes.signal(node, signal.SIGSTOP)
                yield seconds
                self.nodes.signal(node, signal.SIGCONT)
            else:
                self.loop.say(f"{'kill -9' if kind == 'node-kills' else 'roll'} node {node + 1}")
                yield from self.stop(node, signal.SIGKILL if kind == "node-kills" else signal.SIGTERM)
                yield seconds if kind == "node-kills" else 0.5
                self.nodes.again(node)
            yield from self.heal()
            if self.world.options.backlog:
                yield from self.ebb()

    def stop(self, node: int, number: int):
        self.nodes.signal(node, number)
        if not (yield from wait(lambda: not self.nodes.is_running(node), 40)):
            self.loop.say(f"node {node + 1} did not end in 40 s; kill -9")
            self.nodes.signal(node, signal.SIGKILL)
            yield from wait(lambda: not self.nodes.is_running(node), 10)

    def heal(self, seconds: float = 120):
        """Waits until every node answers for itself and knows of every copy that there should be, twice in a row.

        Asking one of them is not enough: the others are told only after nine seconds that a node has gone.
        """
        begin, good = self.loop.now, 0
        while self.loop.now - begin < seconds:
            whole = True
            for address in self.nodes.bootstrap.split(","):
                whole = whole and is_whole((yield from self.listing(address)), self.nodes.count)
            good = good + 1 if whole else 0
            if good == 2:
                self.loop.say(f"all copies are there again after {self.loop.now - begin:.1f} s")
                return
            yield 1
        self.loop.say(f"not all copies are there after {seconds} s")
        self.not_healthy.append(round(self.loop.now, 1))

    def ebb(self, seconds: float = 60):
        """Waits until no more waits for the workers than is under way, as the coordinator tells it twice in a row."""
        begin, begin_ms, most, good = self.loop.now, time.time() * 1_000, 0, 0
        while self.loop.now - begin < seconds:
            status = self.world.start("ask-backlog", "fleet", "status", "--json", limit=20)
            yield from wait(lambda: status.code is not None, 25)
            waiting = waiting_records(status.text(0), begin_ms) if status.code == 0 else None
            most = max(most, waiting or 0)
            good = good + 1 if waiting is not None and waiting <= UNDER_WAY else 0
            if good == 2:
                self.backlogs.append((most, round(self.loop.now - begin, 1)))
                self.loop.say(f"{waiting} records wait {self.backlogs[-1][1]} s after that, at most {most} did")
                return
            yield 0.5
        self.loop.say(f"{most} records waited {seconds} s after that")
        self.backlogs.append((most, None))

    def listing(self, address: str):
        probe = subprocess.Popen(
            ["timeout", "10", "kcat", "-L", "-J", "-m", "5", "-b", address], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        os.set_blocking(probe.stdout.fileno(), False)
        output = b""
        while probe.poll() is None:
            output += probe.stdout.read() or b""
            yield 0.05
        output += probe.stdout.read() or b""
        probe.stdout.close()
        return output


def waiting_records(text: str, since_ms: float):
    """What waits in all partitions, by the lines of `fleet status --json`; None where no coordinator has told since then."""
    told = [json.loads(line) for line in text.splitlines()]
    rows = [row for status in told if "coordinator" in status and status["at_ms"] > since_ms
            for row in status["partitions"] if "end_offset" in row]
    return sum(row["end_offset"] - max(row.get("committed_offset", 0), row.get("begin_offset", 0)) for row in rows) if rows else None


def is_whole(output: bytes, nodes: int) -> bool:
    try:
        facts = json.loads(output)
    except ValueError:
        return False
    return len(facts["brokers"]) == nodes and all(
        partition["leader"] >= 0 and len(partition["isrs"]) == len(partition["replicas"])
        for topic in facts["topics"] for partition in topic["partitions"])


class Child:
    """A worker that a fleet has started; the fleet starts it again."""

    def __init__(self, pid: int):
        self.pid, self.name = pid, f"worker with process {pid}"

    def signal(self, number: int):
        signal_process(self.pid, number)
