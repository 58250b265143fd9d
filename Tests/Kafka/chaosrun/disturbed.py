"""The chaos run: images and pushes through a deployment that is being disturbed, then rest, then an independent count."""
import json
import random
import signal

from .faults import Faults
from .loop import Loop, Role, wait
from .world import SAMPLE, SAMPLE_IMAGES, World

PUSH_DEADLINE, PUSH_LIMIT = 60, 75  # seconds: what head push is told, and what it may take until it has ended
INGEST_LIMIT = 300  # seconds over its plan
WAIT = 60  # seconds: what pushes and ingests are told with --wait: with one node, it may be away when they start
CALM = 240  # seconds for faults, pushes and ingests that had begun
PARTITIONS = 16


class Run:
    def __init__(self, options):
        self.options, self.seed = options, options.seed
        self.pushes, self.ingests, self.faults = [], [], []
        self.session = ["-X", "session.timeout.ms=6000"]

    def run(self) -> dict:
        with World(self.options, self.options.nodes) as world:
            self.world = world
            self.loop = Loop([world.sample])
            return self.disturb()

    def disturb(self) -> dict:
        options, world, loop = self.options, self.world, self.loop
        copies = ["--replication", options.nodes] + (["--min-insync", 2] if options.nodes == 3 else [])
        world.succeed("topics", "create", "--partitions", PARTITIONS, *copies)
        coordinators = [Role(world, loop, f"coordinator-{name}", ["coordinator"], f"{self.seed}/{name}") for name in "ab"]
        settings = ["--model", world.model, "--delivery", options.mode, "--session-timeout-ms", 6000]
        if options.fleet:
            workers = [Role(world, loop, "fleet", ["fleet", "up", "--workers", options.workers, *settings], "fleet")]
        else:
            workers = [Role(world, loop, f"worker-{number + 1}", ["worker", "--replicas", 1, *settings],
                            f"{self.seed}/worker-{number}") for number in range(options.workers)]
        begin, length = loop.now + 5, 60 * options.minutes
        loop.add(self.ingest(begin, length))
        loop.add(self.push(begin, length))
        loop.run(5, until=lambda: False)
        faults = Faults(world, loop, self.seed, options.faults, begin + length, workers, coordinators)
        roles = workers + coordinators
        # Roles are acts that never end; everything else is.
        loop.run(length + CALM, until=lambda: loop.now >= begin + length and len(loop.acts) == len(roles))
        if len(loop.acts) != len(roles):
            self.faults.append(f"pushes, ingests or faults had not ended {CALM} s after the disturbed time")
        result = self.drain(loop.now)
        self.stop(roles)
        result = self.count(result)
        ends = [{"name": role.name, "at_s": end[0], "code": end[1], "line": end[2]} for role in roles for end in role.ends]
        self.faults += [f"{end['name']} ended with {end['code']}: {end['line']}" for end in ends
                        if end["code"] not in (0, 69, 75)]
        self.faults += [f"more than was under way still waited 60 s after fault {number + 1} of a node: {most} records at most"
                        for number, (most, seconds) in enumerate(faults.backlogs) if seconds is None]
        result.update({
            "seed": self.seed, "mode": options.mode, "nodes": options.nodes, "kafka": world.nodes.version,
            "disturbed_minutes": options.minutes, "faults_done": faults.done, "ended_by_themselves": ends,
            "lives": {role.name: role.lives for role in roles}, "copies_not_back_at_s": faults.not_healthy,
            "backlogs": faults.backlogs,
            "push_codes": codes(self.pushes), "pushes_late": sum(push.is_late or push.code == 75 for push in self.pushes),
            "ingest_codes": codes(self.ingests), "resident_mib": dict(sorted(world.memory.items()))})
        result["faults"] = self.faults
        return result

    def ingest(self, begin: float, length: float):
        """Streams in parts, one camera a part, at a rate that ends a little before the faults do."""
        numbers = random.Random(f"{self.seed}/ingest")
        parts = max(2, min(self.options.images // 200, round(length / 8)))
        sizes = [self.options.images // parts + (part < self.options.images % parts) for part in range(parts)]
        span = 0.9 * length / parts
        rest = []
        for part, size in enumerate(sizes):
            yield max(0, begin + part * span - self.loop.now)
            rest.append(self.world.start(
                f"ingest-{part}", "ingest", f"camera-{part}={SAMPLE}", "--images", size, "--repeat",
                -(-size // SAMPLE_IMAGES), "--size", 32, "--shard-images", numbers.choice([4, 8, 16]), "--fps",
                max(1, round(size / span)), "--wait", WAIT, "--json", limit=span + INGEST_LIMIT))
            self.ingests.append(rest[-1])
        yield from wait(lambda: all(process.code is not None for process in rest), INGEST_LIMIT + span)
        for process in rest:
            if process.code:
                self.faults.append(f"{process.name} ended with {process.code}: {process.last_line()}")

    def push(self, begin: float, length: float):
        """Different heads, one after the other, by hands that know nothing of each other: the next one need not wait."""
        numbers = random.Random(f"{self.seed}/pushes")
        moments = sorted(numbers.uniform(0.02, 0.97) * length for _ in range(self.options.pushes))
        for number, moment in enumerate(moments):
            yield max(0, begin + moment - self.loop.now)
            head = self.world.heads[number % len(self.world.heads)]
            self.loop.add(self.follow(self.world.start(
                f"push-{number}", "head", "push", head, "--deadline", PUSH_DEADLINE, "--wait", WAIT, "--json",
                limit=PUSH_LIMIT)))

    def follow(self, push):
        self.pushes.append(push)
        yield from wait(lambda: push.code is not None, PUSH_LIMIT + 5)
        self.loop.say(f"{push.name} of {push.arguments[3].rpartition('/')[2]}: code {push.code} after {push.seconds:.1f} s"
                      + (f": {push.last_line()}" if push.code else ""))
        if push.is_late:
            self.faults.append(f"{push.name} was not over after {PUSH_LIMIT} s: {push.last_line()}")

    def drain(self, begin: float) -> dict:
        """All is whole again: every image must get its prediction in the time that was stated."""
        options, loop = self.options, self.loop
        reader = self.world.reader(
            "reader-drain", "--images", self.sent(), "--wait", options.drain, limit=options.drain + 180)
        loop.run(options.drain + 180, until=lambda: reader.code is not None)
        loop.say(f"drained in {reader.seconds:.1f} s" if reader.code == 0 else f"not drained: {reader.last_line()}")
        if reader.object().get("lost", 1):
            self.faults.append(f"not drained in {options.drain} s: {reader.last_line()}")
        status = self.ask("fleet", "status", "--json")
        alarms = [alarm for line in status.text(0).splitlines() for alarm in json.loads(line).get("alarms", [])]
        audit = self.ask("audit", "--images", self.sent(), "--shards")
        for process, right in ((status, not alarms), (audit, True)):
            if process.code or not right:
                self.faults.append(f"{process.name} ended with {process.code}: {process.last_line()} {alarms or ''}".strip())
        return {"drain_s": round(reader.seconds, 1), "alarms": alarms, "audit_code": audit.code}

    def ask(self, *arguments):
        process = self.world.start(f"ask-{arguments[0]}", *arguments, limit=120)
        self.loop.run(130, until=lambda: process.code is not None)
        return process

    def sent(self) -> int:
        """What the ingests say was acknowledged; what was to be sent where one says nothing."""
        return sum(process.object().get("images", 0) for process in self.ingests)

    def stop(self, roles: list):
        """In order, the workers first; each must have ended in 30 s."""
        for role in roles:
            role.is_wanted = False
            if role.is_running:
                role.process.signal(signal.SIGTERM)
        if not self.loop.run(40):
            self.faults += [f"{role.name} ran 40 s after SIGTERM: {role.process.last_line()}" for role in roles if role.is_running]
        self.faults += [f"{role.name} answered SIGTERM with {role.process.code}: {role.process.last_line()}"
                        for role in roles if not role.is_running and role.process.code]

    def count(self, result: dict) -> dict:
        exact = ["--exactly-once"] if self.options.mode == "exactly-once" else []
        reader = self.world.reader("reader", "--images", self.sent(), *exact, limit=300)
        self.loop.run(310, until=lambda: reader.code is not None)
        counted = reader.object()
        if not counted:
            self.faults.append(f"the reader could not count: code {reader.code}: {reader.last_line()}")
            return result
        self.faults += counted.pop("faults")
        if counted["images"] != self.options.images:
            self.faults.append(f"{counted['images']} of {self.options.images} images were sent")
        states = counted.pop("requests")
        for push in self.pushes:
            said = push.object()
            if said.get("state") in ("committed", "aborted") and states.get(said["request"]) != said["state"]:
                self.faults.append(f"{push.name} said {said['state']}, the topics say {states.get(said['request'])}")
        return {**counted, **result}


def codes(processes: list) -> dict:
    found = {}
    for process in processes:
        found[str(process.code)] = found.get(str(process.code), 0) + 1
    return found


def verdict(result: dict) -> str:
    """What it took, and one line of what came of it."""
    if "images" not in result:
        return f"FAIL seed {result.get('seed')}: {'; '.join(result['faults'])}"
    memory = {name: row for name, row in result["resident_mib"].items()
              if name.startswith(("worker", "fleet", "coordinator", "node"))}
    lines = ["resident MiB at the start, at most, at the end: " + "; ".join(
        f"{name} {row['start']}, {row['peak']}, {row['end']}" for name, row in memory.items())]
    if result["backlogs"]:
        ebbs = [seconds for _, seconds in result["backlogs"] if seconds is not None]
        lines.append(
            f"after {len(result['backlogs'])} faults of nodes, from when all copies were there again: at most "
            f"{max(most for most, _ in result['backlogs'])} records waited, {len(ebbs)} times no more than is under way after at most "
            f"{max(ebbs, default=0)} s")
    kinds = ", ".join(f"{count} {kind}" for kind, count in result["faults_done"].items())
    lines.append(
        f"{'FAIL' if result['faults'] else 'PASS'} seed {result['seed']}, {result['mode']}, {result['nodes']} node(s) of Kafka "
        f"{result['kafka']}, {result['disturbed_minutes']:g} min, {kinds}: {result['images']:,} images sent in "
        f"{result['shards']:,} shards, {result['predictions']:,} predicted, {result['lost']} lost, "
        f"{result['repeats_same_bytes']} repeats with the same bytes, {result['repeats_differing']} differing, "
        f"{result['wrong_heads']} wrong heads; {result['pushes']} pushes: {result['pushes_in_force']} in force, "
        f"{result['pushes_aborted']} aborted, {result['pushes_late']} late, the longest {result['longest_push_ms']} ms; "
        f"{result['images_per_s']:g} images/s; drained in {result['drain_s']} s; "
        f"{len(result['ended_by_themselves'])} programs ended by themselves")
    return "\n".join(lines)
