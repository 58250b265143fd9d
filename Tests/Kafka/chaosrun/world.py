"""A deployment on nodes of Apache Kafka that are held here: processes, their memory, and the end of them all."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "Sources" / "CEmbeddedModel" / "data" / "fashion-sample.tar"
SAMPLE_IMAGES = 1_000
HEADS = {"v1": "0-7", "v2": "0-9", "v3": "0-4"}


class Unavailable(Exception):
    """What is needed is not there: 69."""


class Process:
    """One life of a program. Output goes to files: nothing blocks however much is printed."""

    def __init__(self, name: str, arguments: list, folder: pathlib.Path, limit: float = 0):
        self.name, self.arguments, self.limit = name, [str(argument) for argument in arguments], limit
        self.files = folder / f"{name}.out", folder / f"{name}.log"
        self.began, self.ended = time.monotonic(), 0.0
        self.is_killed = self.is_frozen = self.is_late = False
        with open(self.files[0], "ab") as output, open(self.files[1], "ab") as log:
            self.offsets = output.tell(), log.tell()
            self.popen = subprocess.Popen(
                self.arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=log, start_new_session=True)

    @property
    def code(self):
        """None while it runs; below 0 the signal that ended it. What outlives its limit is killed."""
        code = self.popen.poll()
        if code is None and self.limit and self.seconds > self.limit:
            self.is_late = True
            self.signal(signal.SIGKILL)
            code = self.popen.wait()
        if code is not None and not self.ended:
            self.ended = time.monotonic()
        return code

    @property
    def seconds(self) -> float:
        return (self.ended or time.monotonic()) - self.began

    def signal(self, number: int):
        if self.popen.poll() is None:
            self.is_killed |= number == signal.SIGKILL
            self.is_frozen = (self.is_frozen or number == signal.SIGSTOP) and number != signal.SIGCONT
            os.kill(self.popen.pid, number)

    def text(self, file: int = 1) -> str:
        """What this life has printed: 0 on standard output, 1 on standard error."""
        with open(self.files[file], "rb") as content:
            content.seek(self.offsets[file])
            return content.read().decode(errors="replace")

    def last_line(self) -> str:
        lines = (self.text(1).strip() or self.text(0).strip()).splitlines()
        return lines[-1][:300] if lines else "(nothing)"

    def object(self) -> dict:
        """The last JSON object on standard output; empty if there is none."""
        for line in reversed(self.text(0).splitlines()):
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict):
                return found
        return {}


class Nodes:
    """Apache Kafka, as long as Tests/Kafka/nodes has its input."""

    def __init__(self, count: int):
        self.count = count
        self.popen = subprocess.Popen(
            [ROOT / "Tests" / "Kafka" / "nodes", str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            start_new_session=True)
        line = self.popen.stdout.readline()
        if not line:
            raise Unavailable(f"Kafka did not start (code {self.popen.wait()})")
        facts = json.loads(line)
        self.bootstrap, self.version, self.pids = facts["bootstrap"], facts["version"], facts["pids"]
        self.addresses = self.bootstrap.split(",")
        self.down, self.frozen = set(), set()

    def signal(self, node: int, number: int):
        self.down |= {node} if number in (signal.SIGKILL, signal.SIGTERM) else set()
        try:
            os.kill(self.pids[node], number)
        except ProcessLookupError:
            pass

    def is_running(self, node: int) -> bool:
        try:
            # One that has ended and is not yet waited for has no command.
            return pathlib.Path(f"/proc/{self.pids[node]}/cmdline").read_bytes() != b""
        except OSError:
            return False

    def again(self, node: int):
        self.popen.stdin.write(f"again {node + 1}\n")
        self.popen.stdin.flush()
        self.pids[node] = int(self.popen.stdout.readline())
        self.down.discard(node)

    def close(self):
        self.popen.stdin.close()
        try:
            self.popen.wait(30)
        except subprocess.TimeoutExpired:
            self.popen.kill()


class World:
    """A folder, nodes, a small network with three heads, and every process that was started. A context: all goes at its end."""

    def __init__(self, options, nodes: int):
        self.options, self.program = options, str(pathlib.Path(options.program).resolve())
        if not os.access(self.program, os.X_OK):
            raise Unavailable(f"{self.program} is not there: swift build -c release --product hashiflex")
        self.python = reader_python()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hashiflex-chaos-"))
        self.processes, self.memory, self.roles, self.nodes = [], {}, [], None
        # The nodes listen here without users, and settings of somebody's own cluster would not fit.
        for name in [name for name in os.environ if name.startswith("HASHIFLEX_") and name != "HASHIFLEX_KAFKA_HOME"]:
            del os.environ[name]
        try:
            self.nodes = Nodes(nodes)
            os.environ.pop("HASHIFLEX_KAFKA_HOME", None)
            self.model = self.folder / "model.safetensors"
            self.succeed("model", "initialise", "--calibration", SAMPLE, "--images", 64, "--width", 10, "--size", 32,
                         "-o", self.model, connected=False)
            self.heads = []
            for version, labels in HEADS.items():
                self.heads.append(self.folder / f"{version}.safetensors")
                self.succeed("head", "fit", "--model", self.model, "--data", SAMPLE, "--images", 500, "--classes",
                             "fashion-mnist", "--only", labels, "--name", f"quick@{version}", "-o", self.heads[-1],
                             connected=False)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for process in self.processes:
            process.signal(signal.SIGKILL)
        for process in self.processes:
            process.popen.wait()
        if self.nodes is not None:
            self.nodes.close()
        if self.options.keep:
            print(f"the logs stay in {self.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, name: str, *arguments, connected=True, limit: float = 0) -> Process:
        """A command of hashiflex."""
        link = ["--brokers", self.nodes.bootstrap] if connected else []
        return self.launch(name, [self.program, *arguments, *link], limit)

    def launch(self, name: str, command: list, limit: float = 0) -> Process:
        process = Process(name, command, self.folder, limit)
        self.processes = [other for other in self.processes if other.code is None] + [process]
        return process

    def succeed(self, *arguments, connected=True, limit: float = 120) -> Process:
        process = self.start(f"{arguments[0]}-{arguments[1]}", *arguments, connected=connected, limit=limit)
        while process.code is None:
            time.sleep(0.02)
        if process.code:
            raise Unavailable(f"hashiflex {' '.join(map(str, arguments))}: code {process.code}: {process.last_line()}")
        return process

    def reader(self, name: str, *arguments, limit: float) -> Process:
        return self.launch(
            name, [self.python, ROOT / "Tests" / "Kafka" / "reader.py", self.nodes.bootstrap, "--json", *arguments], limit)

    def sample(self):
        """Resident memory of everything that lives, in MiB: when it is five seconds old, the most, the last."""
        for process in self.processes:
            if process.code is None and process.seconds > 5:
                self.note_memory(process.name, process.popen.pid)
        for node in range(self.nodes.count):
            self.note_memory(f"node-{node + 1}", self.nodes.pids[node])

    def note_memory(self, name: str, pid: int):
        try:
            text = pathlib.Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return
        for line in text.splitlines():
            if line.startswith("VmRSS:"):
                mib = round(int(line.split()[1]) / 1_024, 1)
                row = self.memory.setdefault(name, {"start": mib, "peak": mib, "end": mib})
                row["peak"], row["end"] = max(row["peak"], mib), mib


def reader_python() -> str:
    """A Python that has confluent-kafka: this one, or the distribution's."""
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import confluent_kafka"], capture_output=True).returncode == 0:
            return python
    raise Unavailable("no confluent-kafka for Python: apt-get install python3-confluent-kafka, or pip")
