"""Time of a run: acts that wait for moments and for conditions, all in one thread, and roles that are started again."""
import random
import time


class Loop:
    """Runs acts: generators that yield the seconds until they want to go on."""

    def __init__(self, every_tick=()):
        self.began = time.monotonic()
        self.acts, self.every_tick, self.next_tick = [], list(every_tick), 0.0
        self.lines = []

    @property
    def now(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self.began

    def add(self, act):
        self.acts.append([self.now, act])

    def say(self, text: str):
        self.lines.append(f"{self.now:7.1f} s  {text}")
        print(self.lines[-1], flush=True)

    def run(self, seconds: float, until=None) -> bool:
        """Goes on until `until()` holds, or all acts have ended; False if the seconds are up before."""
        deadline = self.now + seconds
        while not (until() if until else not self.acts):
            if self.now >= deadline:
                return False
            for entry in [entry for entry in self.acts if entry[0] <= self.now]:
                try:
                    entry[0] = self.now + next(entry[1])
                except StopIteration:
                    self.acts.remove(entry)
            if self.now >= self.next_tick:
                self.next_tick = self.now + 1
                for act in self.every_tick:
                    act()
            time.sleep(0.02)
        return True


def wait(condition, seconds: float, pause: float = 0.1):
    """Part of an act: waits for a condition, not longer than stated; returns whether it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        yield pause
    return True


class Role:
    """A program that is started again whenever it has ended, under the same name, as a supervisor would."""

    def __init__(self, world, loop: Loop, name: str, arguments: list, seed: str):
        self.world, self.loop, self.name, self.arguments = world, loop, name, arguments
        self.random = random.Random(seed)
        self.process, self.lives, self.is_wanted = None, 0, True
        self.ends = []  # (seconds, code, last line) of lives that nobody ended
        world.roles.append(self)
        loop.add(self.keep())

    def keep(self):
        while self.is_wanted:
            self.process = self.world.start(self.name, *self.arguments, "--name", self.name, "--exit-with-parent")
            self.lives += 1
            while self.process.code is None:
                yield 0.05
            if self.is_wanted and not self.process.is_killed:
                end = round(self.loop.now, 1), self.process.code, self.process.last_line()
                self.ends.append(end)
                self.loop.say(f"{self.name} ended by itself with {end[1]}: {end[2]}")
            yield self.random.uniform(0.3, 1.5)

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.code is None
