"""Images/s through Kafka beside the bare engine and the embedded broker, in turns."""
import statistics

from .loop import Loop
from .world import World

DELETE = """
import confluent_kafka.admin, sys
admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": sys.argv[1]})
names = [name for name in admin.list_topics(timeout=30).topics if name.startswith(sys.argv[2] + ".")]
for outcome in admin.delete_topics(names, operation_timeout=30).values():
    outcome.result()
"""
WINDOWS, LIMIT = 3, 300  # a measurement; seconds that it may take


def settings() -> list:
    """Broker, delivery, datapath replicas: every round measures each once."""
    deliveries = [("embedded", "at-least-once"), ("kafka", "at-least-once"), ("kafka", "exactly-once")]
    return [(broker, delivery, replicas) for replicas in (2, 1) for broker, delivery in deliveries]


class Run:
    def __init__(self, options):
        self.options, self.faults, self.found = options, [], {}

    def run(self) -> dict:
        with World(self.options, self.options.nodes, is_measured=True) as world:
            loop = Loop()
            for number in range(self.options.rounds):
                # Every second round backwards: what comes later is not always the same.
                for setting in settings()[::1 if number % 2 == 0 else -1]:
                    self.measure(world, loop, number, *setting)
            rows = [self.row(setting) for setting in settings()]
        return {"rounds": self.options.rounds, "nodes": self.options.nodes, "kafka": world.nodes.version,
                "rows": [row for row in rows if row], "faults": self.faults}

    def measure(self, world, loop, number: int, broker: str, delivery: str, replicas: int):
        name = f"{broker}-{delivery}-{replicas}-{number}"
        place = []
        if broker == "kafka":
            place = ["--topic-prefix", name]
            copies = ["--replication", self.options.nodes] + (["--min-insync", 2] if self.options.nodes == 3 else [])
            world.succeed("topics", "create", "--partitions", 16, *copies, *place)
        bench = world.start(
            name, "bench", "pipeline", "--delivery", delivery, "--replicas", replicas, "--windows", WINDOWS,
            "--seconds", self.options.seconds, "--json", *place, connected=broker == "kafka", limit=LIMIT)
        loop.run(LIMIT + 10, until=lambda: bench.code is not None)
        if broker == "kafka":
            # Gigabytes otherwise.
            deletion = world.launch("delete", [world.python, "-c", DELETE, world.nodes.bootstrap, name], 60)
            loop.run(70, until=lambda: deletion.code is not None)
        if bench.code:
            self.faults.append(f"{name}: code {bench.code}: {bench.last_line()}")
            return
        facts = bench.object()
        self.found.setdefault((broker, delivery, replicas), []).append(
            [facts[part]["median"] for part in ("engine", "pipeline", "efficiency")])
        loop.say(f"{name}: engine {facts['engine']['median']:,.0f}, through it {facts['pipeline']['median']:,.0f} images/s, "
                 f"{facts['efficiency']['median']:.3f}")

    def row(self, setting) -> dict:
        measured = self.found.get(setting)
        if not measured:
            return {}
        engine, pipeline, ratio = zip(*measured)
        return {"broker": setting[0], "delivery": setting[1], "replicas": setting[2],
                "engine": round(statistics.median(engine)), "pipeline": round(statistics.median(pipeline)),
                "ratio": round(statistics.median(ratio), 3), "ratio_least": round(min(ratio), 3),
                "ratio_most": round(max(ratio), 3)}


def verdict(result: dict) -> str:
    lines = ["| broker | delivery | replicas | bare engine, images/s | through the broker, images/s | ratio (least to most) |",
             "| --- | --- | --- | --- | --- | --- |"]
    for row in result["rows"]:
        lines.append(
            f"| {row['broker']} | {row['delivery']} | {row['replicas']} | {row['engine']:,} | {row['pipeline']:,} | "
            f"{row['ratio']:.3f} ({row['ratio_least']:.3f} to {row['ratio_most']:.3f}) |")
    lines.append(f"{'FAIL' if result['faults'] else 'PASS'} {result['rounds']} rounds, {result['nodes']} node(s) of Kafka "
                 f"{result['kafka']} on the same processors")
    return "\n".join(lines)
