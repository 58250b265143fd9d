"""Apache Kafka nodes (KRaft, each broker and controller), each on a host of the lab, with the host's address advertised."""
import os
import pathlib
import subprocess
import time

PORT = 9092
# Kafka 4 reads the first, Kafka 3 the second.
LOGGING = [pathlib.Path(__file__).resolve().parents[1] / "Kafka" / name for name in ("log4j2.xml", "log4j.properties")]


class NotStarted(Exception):
    """Kafka does not run."""


def home_of_kafka(root: pathlib.Path):
    """The folder of an Apache Kafka, or None."""
    named = os.environ.get("HASHIFLEX_KAFKA_HOME")
    home = pathlib.Path(named) if named else root.parent / "shared" / "kafka"
    return home.resolve() if any(home.glob("libs/kafka-clients-*.jar")) else None


class Nodes:
    """Three nodes: every topic three times, two nodes must have a record."""

    def __init__(self, lab, names, home: pathlib.Path, folder: pathlib.Path, settings=()):
        self.lab, self.names, self.home, self.folder = lab, names, home, folder
        # Each NAME=VALUE; of two the last counts.
        self.settings = settings
        self.processes = {}

    @property
    def version(self):
        jar = next(self.home.glob("libs/kafka-clients-*.jar"))
        return jar.stem.removeprefix("kafka-clients-")

    def address(self, name):
        return f"{self.lab.address[name]}:{PORT}"

    @property
    def brokers(self):
        return ",".join(map(self.address, self.names))

    def _properties(self, number, name):
        here = self.lab.address[name]
        voters = ",".join(f"{n}@{self.lab.address[other]}:9093" for n, other in enumerate(self.names, 1))
        return f"""process.roles=broker,controller
node.id={number}
controller.quorum.voters={voters}
listeners=PLAINTEXT://{here}:{PORT},CONTROLLER://{here}:9093
advertised.listeners=PLAINTEXT://{here}:{PORT}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={self.folder / name / "log"}
auto.create.topics.enable=false
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
transaction.state.log.num.partitions=8
group.initial.rebalance.delay.ms=500
""" + "".join(f"{line}\n" for line in self.settings)

    def _java(self, name, *arguments):
        # Each JVM sees all processors: fewer threads of its own leave the little there is to what is tried.
        return self.lab.inside(
            name, "java", "-Xms200m", "-Xmx500m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            f"-Dlog4j2.configurationFile={LOGGING[0]}", f"-Dlog4j.configuration=file:{LOGGING[1]}",
            "-cp", f"{self.home}/libs/*", *arguments)

    def start(self):
        """Formats and starts all at once; `answer` says when they are there."""
        formats = []
        for number, name in enumerate(self.names, 1):
            settings = self.folder / name / "server.properties"
            settings.parent.mkdir()
            settings.write_text(self._properties(number, name))
            # One name for all nodes; it has to be 16 bytes in base64.
            formats.append((name, subprocess.Popen(
                self._java(name, "kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c", settings),
                stdin=subprocess.DEVNULL, stdout=open(self.folder / name / "format", "w"), stderr=subprocess.STDOUT,
                start_new_session=True)))
        for name, format in formats:
            if format.wait(60):
                raise NotStarted(f"the log of {name} can not be made: {self.words(name, 'format')}")
            self.processes[name] = subprocess.Popen(
                self._java(name, "kafka.Kafka", self.folder / name / "server.properties"), stdin=subprocess.DEVNULL,
                stdout=open(self.folder / name / "output", "w"), stderr=subprocess.STDOUT, start_new_session=True)

    def words(self, name, file="output"):
        return " / ".join((self.folder / name / file).read_text(errors="replace").splitlines()[-4:])

    def answer(self, watch, seconds=90):
        """Waits until every node, asked by itself, knows all."""
        process = subprocess.Popen(
            self.lab.inside("operator", *watch, "nodes", len(self.names), *map(self.address, self.names)),
            start_new_session=True, stdin=subprocess.DEVNULL)
        until = time.monotonic() + seconds
        while process.poll() is None:
            for name, node in self.processes.items():
                if node.poll() is not None:
                    raise NotStarted(f"{name} has ended: {self.words(name)}")
            if time.monotonic() > until:
                process.kill()
                raise NotStarted(f"not every node answers after {seconds} s")
            time.sleep(0.2)
        if process.returncode:
            raise NotStarted("the independent reader failed")
