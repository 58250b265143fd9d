"""Processes of a run: programs that are started here, and nodes of Apache Kafka that Tests/Kafka/nodes holds."""
import json
import os
import pathlib
import signal
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]


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

    def __init__(self, count: int, is_measured: bool):
        self.count = count
        self.popen = subprocess.Popen(
            [ROOT / "Tests" / "Kafka" / "nodes", str(count), "measured" if is_measured else "quick"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.pids = []

    def wait(self):
        """Until all nodes answer."""
        line = self.popen.stdout.readline()
        if not line:
            raise Unavailable(f"Kafka did not start (code {self.popen.wait()})")
        facts = json.loads(line)
        self.bootstrap, self.version, self.pids = facts["bootstrap"], facts["version"], facts["pids"]

    def signal(self, node: int, number: int):
        signal_process(self.pids[node], number)

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

    def close(self):
        self.popen.stdin.close()
        self.popen.terminate()
        try:
            self.popen.wait(30)
        except subprocess.TimeoutExpired:
            self.popen.kill()


def signal_process(pid: int, number: int):
    """One that is not a child of this one, and may have ended."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def children(pid: int) -> list:
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as text:
                found += [int(child) for child in text.read().split()]
    except OSError:
        pass
    return found
