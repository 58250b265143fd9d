"""What several experiments do and ask."""
import re
import time

from scene import Stuck

# Words of a program that something waits come within that, after the silence began.
WORDS_SECONDS = 5


def now_ms():
    return int(time.time() * 1000)


def images_for(scene, seconds):
    """How many images the camera takes in that time."""
    return int(seconds * scene.options.fps)


def session_seconds(scene):
    return (scene.options.session_timeout_ms or 10_000) / 1_000


def attempt(action):
    """What an action returns, or None where the scene does not come to it."""
    try:
        return action()
    except Stuck:
        return None


def words(program, since, *needed, until=float("inf")):
    """When a program first said a line with all of the words, in seconds after a moment, or None."""
    for at, line in program.lines:
        if since <= at <= until and all(re.search(word, line) for word in needed):
            return at - since
    return None


def ask_doctor(scene, verdict, names):
    """The doctor has to name what is wrong, and to end with 1."""
    doctor = scene.call("doctor", "--wait", "10")
    doctor.wait(60)
    # That a node is in the list of addresses says nothing.
    named = any(name in line for line in doctor.said() if line.startswith("BAD ") for name in names)
    verdict.goal(
        f"doctor {'names' if named else 'does not name'} it, ends with {doctor.code} after {doctor.took:.0f} s",
        named and doctor.code == 1)


def finish(scene, verdict, seconds=90, may_start_again=False):
    """What every experiment ends with."""
    settled = scene.settle(seconds)
    count = scene.count()
    verdict.counted(count, scene.mode, settled)
    seen = scene.journal.read()
    if settled and len(seen.first) != count["predictions"]:
        verdict.goal(f"the reader saw only {len(seen.first)} predictions while they came", False)
    deaths = scene.deaths()
    if deaths and not may_start_again:
        verdict.goal(f"{len(deaths)} workers started again, the first: {deaths[0]}", False)
    verdict.nobody_ended(scene.ends())
