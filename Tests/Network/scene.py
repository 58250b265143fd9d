"""What runs on the hosts: nodes, coordinators, workers, a camera, the independent reader, and whoever pushes heads."""
import itertools
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

import hosts
import nodes
from journal import Journal

HERE = pathlib.Path(__file__).resolve().parent
PREFIX = "hashiflex"
NODES = ["node1", "node2", "node3"]
COORDINATORS = ["coordinator1", "coordinator2"]


class Stuck(Exception):
    """The scene did not come to where an experiment begins."""


def say(text):
    print(f"Tests/Network/run: {text}", file=sys.stderr, flush=True)


class Program:
    """A hashiflex on a host, with what it says and when it says it."""

    def __init__(self, scene, host, name, arguments, has_input=False):
        self.host, self.name, self.started = host, name, time.monotonic()
        self.lines, self.ended_at, self.stopped = [], None, False
        self.process = subprocess.Popen(
            scene.lab.inside(host, scene.options.program, *arguments), env=scene.environment, start_new_session=True,
            stdin=subprocess.PIPE if has_input else subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.file = open(scene.folder / f"{name}.log", "a", buffering=1)
        self.reading = threading.Thread(target=self._read, daemon=True)
        self.reading.start()

    def _read(self):
        for line in self.process.stdout:
            line = line.decode(errors="replace").rstrip()
            self.lines.append((time.monotonic(), line))
            print(f"{time.strftime('%H:%M:%S')} {line}", file=self.file)
        self.process.wait()
        self.ended_at = time.monotonic()
        print(f"{time.strftime('%H:%M:%S')} ended with {self.process.returncode}", file=self.file)

    @property
    def code(self):
        return self.process.poll()

    @property
    def took(self):
        return (self.ended_at or time.monotonic()) - self.started

    def wait(self, seconds):
        """Whether it has ended within that time."""
        self.reading.join(seconds)
        return not self.reading.is_alive()

    def said(self, since=0.0):
        return [line for at, line in self.lines if at >= since]

    @property
    def last_words(self):
        return self.lines[-1][1] if self.lines else "nothing"

    def signal(self, number):
        # The namespace's command replaced itself by the program: it has the process id.
        try:
            os.kill(self.process.pid, number)
        except ProcessLookupError:
            pass


class Scene:
    """One start of everything for one experiment; `end` takes all of it away."""

    def __init__(self, options, mode, folder: pathlib.Path, home: pathlib.Path, python: str):
        self.options, self.mode, self.folder = options, mode, folder
        # What only looks on: while it happens, and at all of it in the end.
        self.watch, self.reader = ([python, "-B", HERE / file] for file in ("watch.py", "../Reader/reader.py"))
        self.workers = [f"worker{number}" for number in range(1, options.workers + 1)]
        self.lab = hosts.Lab([*NODES, *COORDINATORS, *self.workers, "camera", "reader", "operator"])
        self.nodes = nodes.Nodes(self.lab, NODES, home, folder, options.node_setting)
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("HASHIFLEX_")}
        self.programs, self.clients = {}, []
        self.journal = Journal(folder / "journal")
        self.follower, self.films = None, []
        self.heads = itertools.cycle(["builtin:v2", "builtin:v1"])
        self.begun = time.monotonic()
        self.log = open(folder / "experiment.log", "w", buffering=1)

    # The beginning.

    def begin(self, before_nodes=None):
        self.lab.make()
        if before_nodes:
            before_nodes(self.lab)
        self.nodes.start()
        self.nodes.answer(self.watch)
        self.command("topics", "create", "--partitions", self.options.partitions, "--replication", 3, must=0)
        self.follower = subprocess.Popen(
            self.lab.inside("reader", *self.watch, "follow", PREFIX, self.folder / "journal",
                            *map(self.nodes.address, NODES)),
            stdin=subprocess.DEVNULL, stderr=open(self.folder / "follower.log", "w"), start_new_session=True)
        for name in COORDINATORS:
            self.start(name, "coordinator", "--name", name)
        for name in self.workers:
            self.start_worker(name)
        self.until("every worker has partitions", 60, lambda: self.is_whole(), )
        self.command("head", "push", "builtin:v1", must=0)
        say(f"{self.nodes.version} on three nodes, two coordinators, {len(self.workers)} workers, "
            f"{self.mode}: ready after {time.monotonic() - self.begun:.0f} s")

    def start(self, host, *arguments, name=None, has_input=False):
        program = Program(
            self, host, name or host, [*arguments, *self.link], has_input)
        self.programs[name or host] = program
        return program

    @property
    def link(self):
        return ["--brokers", self.nodes.brokers] + [part for text in self.options.property for part in ("-X", text)]

    def start_worker(self, name):
        command = ["fleet", "up", "--workers", "1"] if self.options.fleet else ["worker"]
        if self.options.session_timeout_ms:
            command += ["--session-timeout-ms", self.options.session_timeout_ms]
        return self.start(name, *command, "--name", name, "--replicas", 1, "--delivery", self.mode)

    # What the people do.

    def call(self, *arguments, host="operator"):
        """Starts a command that ends by itself."""
        program = Program(
            self, host, f"{'-'.join(str(word) for word in arguments[:2])}-{len(self.clients) + 1}".replace(":", "-"),
            [*arguments, *self.link])
        self.clients.append(program)
        return program

    def command(self, *arguments, must=None, seconds=120):
        program = self.call(*arguments)
        if not program.wait(seconds):
            program.signal(9)
            raise Stuck(f"{' '.join(map(str, arguments))} has not ended after {seconds} s")
        if must is not None and program.code != must:
            raise Stuck(f"{' '.join(map(str, arguments))} ended with {program.code}: {program.last_words}")
        return program

    def push(self, deadline=30):
        return self.call("head", "push", next(self.heads), "--deadline", deadline)

    def film(self, images, fps=None):
        """Starts the camera. Each time it is a stream of its own."""
        repeat = -(-images // 1_000)  # the sample has 1,000 images
        camera = self.start(
            "camera", "ingest", "--repeat", repeat, "--images", images, "--fps", fps or self.options.fps,
            "--shard-images", 8, "--stream", f"camera-{len(self.films) + 1}")
        self.films.append((camera, images))
        return camera

    # What is to be seen.

    def until(self, what, seconds, condition):
        """Waits, and says after how many seconds it was so."""
        begun = time.monotonic()
        while not condition():
            if self.follower.poll() is not None:
                raise Stuck(f"the independent reader ended: {(self.folder / 'follower.log').read_text()[-300:]}")
            if time.monotonic() - begun > seconds:
                raise Stuck(f"{what}: not after {seconds} s; {self.ends() or 'nobody has ended'}")
            time.sleep(0.1)
        return time.monotonic() - begun

    def is_whole(self, since_ms=0):
        """Whether by their heartbeats of since then all workers have partitions, and each partition is one's."""
        owned = [parts for at, state, parts in self.journal.read().workers.values() if at > since_ms and state == "running"]
        together = sorted(itertools.chain(*owned))
        return len([parts for parts in owned if parts]) == len(self.workers) and (
            together == list(range(self.options.partitions)))

    def leader(self):
        """The coordinator that leads, by its own heartbeats."""
        return self.journal.read().leader(time.time() * 1_000)

    def ended(self):
        """Those of coordinators, workers and camera that ended and were not meant to."""
        return {
            name: program for name, program in self.programs.items()
            if program.code is not None and not program.stopped and not (name == "camera" and program.code == 0)}

    def deaths(self):
        """The workers that `fleet up` had to start again."""
        return [line for name in self.workers for line in self.programs[name].said() if " died with code " in line]

    def ends(self):
        return "; ".join(
            f"{name} ended with {program.code} after {program.took:.0f} s: {program.last_words[:200]}"
            for name, program in self.ended().items())

    def resident_mb(self):
        """Memory of the coordinators and workers, by name."""
        found = {}
        for name in [*COORDINATORS, *self.workers]:
            space = subprocess.run(
                ["ip", "netns", "pids", self.lab.space(name)], capture_output=True, text=True).stdout.split()
            for pid in space:
                try:
                    text = pathlib.Path(f"/proc/{pid}/status").read_text()
                except OSError:
                    continue
                sizes = [int(line.split()[1]) // 1024 for line in text.splitlines() if line.startswith("VmRSS:")]
                found[name] = max([found.get(name, 0), *sizes])
        return found

    def note(self, text):
        """A line of the experiment's own in its log."""
        print(f"{time.strftime('%H:%M:%S')} {text}", file=self.log)

    # The end.

    def settle(self, seconds=90):
        """Waits until the camera is done and every image that it sent has a prediction; whether it came to that."""
        camera = self.programs.get("camera")
        try:
            if camera is not None:
                self.until("the camera has sent all", seconds, lambda: camera.code is not None)
            self.until("every image has a prediction", seconds, lambda: self.journal.read().waiting == 0)
            return True
        except Stuck as stuck:
            say(str(stuck))
            return False

    def count(self):
        """What the independent reader finds in the topics, read anew from their beginnings."""
        demands = ["--sent-once"] + (["--exactly-once"] if self.mode == "exactly-once" else [])
        # What is confirmed must be there: a shard that has vanished is not among those that are looked at.
        if self.films and all(camera.code == 0 for camera, _ in self.films):
            demands += ["--images", sum(images for _, images in self.films)]
        done = subprocess.run(
            self.lab.inside("reader", *self.reader, self.nodes.brokers, "--topic-prefix", PREFIX, "--wait", 20, "--json",
                            *demands), capture_output=True, text=True, timeout=120)
        if done.returncode not in (0, 1) or not done.stdout:
            raise Stuck(f"the independent reader can not count: {done.stderr.strip()[-300:]}")
        return json.loads(done.stdout)

    def end(self):
        self.lab.remove()
