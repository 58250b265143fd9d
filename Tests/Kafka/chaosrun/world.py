"""A deployment on nodes of Apache Kafka that are held here: processes, their memory, and the end of them all."""
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import interpreter

from .processes import ROOT, Nodes, Process, Unavailable, children, signal_process

SAMPLE = ROOT / "Sources" / "CEmbeddedModel" / "data" / "fashion-sample.tar"
SAMPLE_IMAGES = 1_000
HEADS = {"v1": "0-7", "v2": "0-9", "v3": "0-4"}


class World:
    """A folder, nodes, a small network with three heads, and every process that was started. A context: all goes at its end."""

    def __init__(self, options, nodes: int, is_measured: bool = False):
        self.options, self.program = options, str(pathlib.Path(options.program).resolve())
        if not os.access(self.program, os.X_OK):
            raise Unavailable(f"{self.program} is not there: swift build -c release --product hashiflex")
        self.python = interpreter.with_client()
        if self.python is None:
            raise Unavailable("no confluent-kafka for Python: apt-get install python3-confluent-kafka, or pip")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hashiflex-chaos-"))
        self.processes, self.memory, self.roles, self.nodes = [], {}, [], None
        # The nodes listen here without users, and settings of somebody's own cluster would not fit.
        for name in list(os.environ):
            if name == "HASHIFLEX_BROKERS" or name.startswith("HASHIFLEX_KAFKA_") and name != "HASHIFLEX_KAFKA_HOME":
                del os.environ[name]
        try:
            self.nodes = Nodes(nodes, is_measured)
            self.nodes.wait()
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
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for process in self.processes:
            # A fleet's workers would finish first what they took.
            for pid in children(process.popen.pid):
                signal_process(pid, signal.SIGKILL)
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
            name, [self.python, ROOT / "Tests" / "Reader" / "reader.py", self.nodes.bootstrap, "--json", *arguments], limit)

    def sample(self):
        """Resident memory of everything that lives, in MiB: when it is five seconds old, the most, the last."""
        for process in self.processes:
            if process.code is None and process.seconds > 5:
                self.note_memory(process.name, process.popen.pid)
                for pid in children(process.popen.pid):
                    self.note_memory(f"{process.name}-workers", pid)
        for node, pid in enumerate(self.nodes.pids):
            self.note_memory(f"node-{node + 1}", pid)

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
