"""Partitions drawn from a seed, and the short run of CI."""
import random
import time

from scene import COORDINATORS, NODES
from steps import attempt, finish, images_for, now_ms


def draw_fault(draw, workers):
    """Somebody who is cut off from somebody: in words, and as `Lab.cut` takes it."""
    way = draw.choice(["both", "out", "in"])
    kind = draw.choices(
        ["worker", "coordinator", "camera", "peers", "link", "node"], [4, 3, 2, 3, 3, 1])[0]
    if kind in ("worker", "coordinator", "camera", "node"):
        host = draw.choice({"worker": workers, "coordinator": COORDINATORS, "camera": ["camera"], "node": NODES}[kind])
        return f"{host} {way}", (host, None, way)
    node = draw.choice(NODES)
    if kind == "peers":
        return f"{node} from its peers", (node, [other for other in NODES if other != node], "both")
    other = draw.choice([*workers, *COORDINATORS, "camera"])
    return f"{node} from {other} {way}", (node, [other], way)


def random_partitions(scene, verdict):
    """Faults drawn from --seed for --minutes, each 2 to 25 s, two at once at most, with --pushes pushes in between."""
    draw = random.Random(scene.options.seed)
    seconds = 60 * scene.options.minutes
    scene.film(images_for(scene, seconds))
    begun, faults, pushes = time.monotonic(), 0, []
    push_times = sorted(draw.uniform(2, seconds - 5) for _ in range(scene.options.pushes))
    active, next_fault, early = [], begun + draw.uniform(2, 6), None
    while time.monotonic() < begun + seconds:
        now = time.monotonic()
        for cut in [cut for cut in active if now >= cut[1]]:
            scene.lab.heal(cut[0])
            active.remove(cut)
        if now >= next_fault:
            what, cut = draw_fault(draw, scene.workers)
            lasts = draw.uniform(2, 25)
            next_fault = now + draw.uniform(5, 25)
            if len(active) < 2:
                scene.note(f"+{now - begun:.1f} s: {what} for {lasts:.1f} s")
                active.append((scene.lab.cut(*cut), now + lasts))
                faults += 1
        if push_times and now - begun >= push_times[0]:
            push_times.pop(0)
            pushes.append(scene.push())
        if early is None and now - begun > seconds / 4:
            early = scene.resident_mb()
        time.sleep(0.1)
    scene.lab.heal()
    healed = now_ms()
    for push in pushes:
        push.wait(90)
    back = attempt(lambda: scene.until("all workers are back", 60, lambda: scene.is_whole(healed)))
    late = scene.resident_mb()
    finish(scene, verdict, 180, may_start_again=True)
    verdict.note(f"{len(scene.deaths())} started again")
    codes = [push.code for push in pushes]
    verdict.note(f"{faults} faults, {codes.count(0)} of {len(codes)} pushes in force")
    verdict.goal("every push ended" if None not in codes else "a push hangs", None not in codes)
    verdict.goal(f"all workers at work {'never' if back is None else f'{back:.0f} s'} after healing", back is not None)
    verdict.note(f"longest wait {scene.journal.waits()['all']:.1f} s")
    grown = {name: late[name] - early[name] for name in late if name in (early or {})}
    most = max(grown.values(), default=0)
    verdict.goal(f"memory grew by {most} MB at most since a quarter of the time", most <= 30)


def short(scene, verdict):
    """For CI: a worker loses what it sends for 8 s, then a head is pushed; about a minute in all."""
    scene.film(images_for(scene, 16))
    time.sleep(2)
    before = now_ms()
    scene.lab.cut("worker1", way="out")
    time.sleep(8)
    scene.lab.heal()
    push = scene.push()
    verdict.goal("push in force", push.wait(30) and push.code == 0)
    finish(scene, verdict, 60)
    # Stated and not judged: CI's machine may be busy with anything.
    verdict.note(f"longest wait {scene.journal.waits(before)['all']:.1f} s")
