"""Every command that talks to a broker, started a moment after one node of three has died."""
import random
import signal
import statistics
import time

from .faults import Faults
from .loop import Loop, Role, wait
from .world import SAMPLE, World

WAIT = 60  # seconds: what every command is told with --wait, and head push with --deadline
GRACE = 10  # seconds that it may take beyond, to say how it ended
MEMBERS = """
import confluent_kafka.admin, sys
groups = confluent_kafka.admin.AdminClient({"bootstrap.servers": sys.argv[1]}).list_groups("hashiflex.coordinators", 10)
print(*(member.client_id for group in groups for member in group.members))
"""
LEAVE = 10  # seconds from the first signal to the end of a program that runs until it is told to stop
IMAGES, IMAGES_A_MOMENT = 200, 8


def commands(world, moment: int, address: str) -> dict:
    """Name: arguments, and the codes that are right. Programs that run until they are told to stop: what says 'ready'."""
    sample = ["--images", IMAGES_A_MOMENT, "--shard-images", 1, "--size", 32]
    back = world.heads[moment % 2]
    return {
        "ingest": (["ingest", f"moment-{moment}={SAMPLE}", *sample], {0}),
        "head push": (["head", "push", back, "--deadline", WAIT], {0}),
        "head rollback": (["head", "rollback", "--to", "quick@v3", "--deadline", WAIT], {0}),
        "head list": (["head", "list"], {0}),
        "head status": (["head", "status"], {0}),
        "head export": (["head", "export", "quick@v1", "-o", world.folder / f"exported-{moment}"], {0}),
        "head abandon": (["head", "abandon", "no-such-request"], {65}),
        "positions show": (["positions", "show"], {0}),
        "positions move": (["positions", "move", "--gaps", "--reason", "chaos"], {0}),
        "ledger show": (["ledger", "show"], {0}),
        "ledger reset": (["ledger", "reset", "--reason", "chaos"], {0}),
        "topics list": (["topics", "list"], {0}),
        "topics create": (["topics", "create", "--partitions", 8, "--replication", 3], {0}),
        # While the status topic has no leader, no heartbeat of a worker is newer than ten seconds: it may say so (1).
        "fleet status": (["fleet", "status"], {0, 1}),
        "fleet scale": (["fleet", "scale", 2, "--name", "fleet"], {0}),
        # Nobody is called that: it is written down, and nobody stops.
        "fleet drain": (["fleet", "drain", "--worker", f"nobody-{moment}"], {0}),
        "top": (["top", "--count", 1], {0}),
        "predictions": (["predictions", "--limit", 5], {0}),
        "audit": (["audit"], {0}),
        "audit --shards": (["audit", "--shards"], {0}),
        "replay": (["replay", "--model", world.model, address], {0}),
        # A node is away all the while, and it says so.
        "doctor": (["doctor", "--model", world.model], {1}),
        "worker": (["worker", "--model", world.model, "--replicas", 1, "--name", f"late-{moment}"], "is ready"),
        "coordinator": (["coordinator", "--name", f"late-{moment}"], "leads"),
        "fleet up": (["fleet", "up", "--model", world.model, "--workers", 1, "--name", f"more-{moment}"], "is ready"),
    }


class Run:
    def __init__(self, options):
        self.options = options
        self.rows, self.faults, self.members = {}, [], ""

    def run(self) -> dict:
        with World(self.options, 3) as world:
            self.world, self.loop = world, Loop([world.sample])
            return self.fail_over()

    def fail_over(self) -> dict:
        world, loop = self.world, self.loop
        world.succeed("topics", "create", "--partitions", 8, "--replication", 3)
        roles = [Role(world, loop, f"coordinator-{name}", ["coordinator"], name) for name in "ab"]
        roles.append(Role(world, loop, "fleet", ["fleet", "up", "--name", "fleet", "--model", world.model, "--workers", 2], "fleet"))
        loop.run(8, until=lambda: False)
        for head in reversed(world.heads):
            self.settle("head", "push", head)
        self.settle("ingest", f"before={SAMPLE}", "--images", IMAGES, "--size", 32)
        self.count("reader-before", IMAGES)
        address = world.succeed("predictions", "--limit", 1).object()
        address = f"{address['topic']}/{address['partition']}@{address['offset']}#{address['index']}"
        faults = Faults(world, loop, self.options.seed, [], 0, [], roles)
        for moment in range(self.options.moments):
            loop.add(self.moment(moment, address, faults))
            if not loop.run(600, until=lambda: len(loop.acts) == len(roles)):
                self.faults.append(f"moment {moment + 1} was not over after 600 s")
                break
        images = IMAGES + self.options.moments * IMAGES_A_MOMENT
        counted = self.count("reader", images)
        for role in roles:
            role.is_wanted = False
            role.process.signal(signal.SIGTERM)
        loop.run(40)
        table = [self.row(name) for name in self.rows]
        return {
            "seed": self.options.seed, "moments": self.options.moments, "kafka": world.nodes.version, "commands": table,
            "counted": counted, "ended_by_themselves": [[role.name, *end] for role in roles for end in role.ends],
            "faults": self.faults}

    def settle(self, *arguments):
        """A command that must succeed while nothing is disturbed."""
        process = self.world.start("before", *arguments, limit=120)
        self.loop.run(130, until=lambda: process.code is not None)
        if process.code:
            self.faults.append(f"{' '.join(map(str, arguments[:2]))} before any failover: {process.code}: {process.last_line()}")

    def count(self, name: str, images: int) -> dict:
        reader = self.world.reader(name, "--images", images, "--wait", 120, limit=240)
        self.loop.run(250, until=lambda: reader.code is not None)
        counted = reader.object()
        counted.pop("requests", None)
        self.faults += counted.pop("faults", [f"{name}: code {reader.code}: {reader.last_line()}"])
        return counted

    def moment(self, moment: int, address: str, faults: Faults):
        numbers = random.Random(f"{self.options.seed}/{moment}")
        node, delay = numbers.randrange(3), numbers.uniform(0.1, 3)
        self.world.nodes.signal(node, signal.SIGKILL)
        yield delay
        wanted = commands(self.world, moment, address)
        running = {
            name: self.world.start(f"{moment}-{name.replace(' ', '-')}", *arguments, "--wait", WAIT, limit=WAIT + GRACE)
            for name, (arguments, _) in wanted.items()}
        told = {}
        self.loop.add(self.watch_members(lambda: "coordinator" in told or running["coordinator"].code is not None))
        yield from wait(lambda: self.are_over(running, wanted, told), WAIT + GRACE + LEAVE + 5, pause=0.05)
        wrong = []
        for name, process in running.items():
            rights = wanted[name][1]
            if isinstance(rights, set):
                is_right, seconds = process.code in rights, process.seconds
            else:
                # Ready by itself, and gone soon after it was told to go.
                left = process.ended - told.get(name, 0)
                is_right, seconds = name in told and process.code == 0 and left <= LEAVE, told.get(name, 0) - process.began
            code = "late" if process.is_late else process.code
            self.rows.setdefault(name, []).append((is_right, code, round(max(0, seconds), 1)))
            if not is_right:
                tail = process.last_line()
                if name in told:
                    tail += f" (left {process.ended - told[name]:.1f} s after SIGTERM)"
                wrong.append(f"{name} at moment {moment + 1} ({delay:.2f} s after node {node + 1} died): {code}: {tail}")
        self.faults += wrong
        slowest = max(running.values(), key=lambda process: process.seconds)
        self.loop.say(f"moment {moment + 1}: node {node + 1}, {delay:.2f} s: {len(running) - len(wrong)} of {len(running)} right, "
                      f"all over after {slowest.seconds:.1f} s" + "".join(f"\n    {line}" for line in wrong))
        self.world.nodes.again(node)
        yield from faults.heal()

    def watch_members(self, until):
        """Asks Kafka, and not us, who is in the coordinators' group."""
        while not until():
            asked = self.world.launch("members", [self.world.python, "-c", MEMBERS, self.world.nodes.bootstrap], 20)
            yield from wait(lambda: asked.code is not None, 25)
            self.members = asked.text(0) if asked.code == 0 else ""
            yield 1

    def are_over(self, running: dict, wanted: dict, told: dict) -> bool:
        """Tells those that are ready to stop; true when nothing runs any more."""
        for name, process in running.items():
            words = wanted[name][1]
            if isinstance(words, set) or name in told or process.code is not None:
                continue
            text = process.text(1) + process.text(0)
            # One that stands by says nothing: it is ready when the group has it.
            stands_by = name == "coordinator" and f"hashiflex-coordinator-{process.arguments[3]}" in self.members.split()
            if words in text or stands_by:
                told[name] = time.monotonic()
                process.signal(signal.SIGTERM)
        return all([process.code is not None for process in running.values()])

    def row(self, name: str) -> dict:
        lives = self.rows[name]
        counts = {}
        for _, code, _ in lives:
            counts[str(code)] = counts.get(str(code), 0) + 1
        seconds = [seconds for _, _, seconds in lives]
        return {"command": name, "right": sum(is_right for is_right, _, _ in lives), "of": len(lives), "codes": counts,
                "median_s": round(statistics.median(seconds), 1), "longest_s": max(seconds)}


def verdict(result: dict) -> str:
    """A table, and one line."""
    lines = ["| command | right | codes | median, s | longest, s |", "| --- | --- | --- | --- | --- |"]
    for row in result["commands"]:
        codes = ", ".join(f"{count} x {code}" for code, count in row["codes"].items())
        lines.append(f"| {row['command']} | {row['right']} of {row['of']} | {codes} | {row['median_s']} | {row['longest_s']} |")
    right, all_of = (sum(row[name] for row in result["commands"]) for name in ("right", "of"))
    counted = result["counted"]
    lines.append(
        f"{'FAIL' if result['faults'] else 'PASS'} seed {result['seed']}, {result['moments']} failovers of one node in three of Kafka "
        f"{result['kafka']}: {right} of {all_of} commands right, {counted.get('images', 0)} images sent, "
        f"{counted.get('lost')} lost, {counted.get('repeats_differing')} differing, {counted.get('wrong_heads')} wrong heads, "
        f"{counted.get('pushes_in_force')} of {counted.get('pushes')} pushes in force")
    return "\n".join(lines)
