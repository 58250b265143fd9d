"""Hosts that are cut off: a worker, a node, the coordinator that leads, the camera."""
import random
import re
import signal
import time

from scene import COORDINATORS, NODES
from steps import WORDS_SECONDS, ask_doctor, attempt, finish, images_for, now_ms, session_seconds, words


def worker_cut(scene, verdict):
    """A worker loses its network (--way both, out or in) for --seconds, while images come."""
    cut = scene.options.seconds or 20
    scene.film(images_for(scene, 5 + cut + 12))
    time.sleep(5)
    before = now_ms()
    scene.lab.cut("worker1", way=scene.options.way)
    time.sleep(cut)
    scene.lab.heal()
    healed, healed_at = now_ms(), time.monotonic()
    back = attempt(lambda: scene.until("all workers are back", 40, lambda: scene.is_whole(healed)))
    finish(scene, verdict)
    waits = scene.journal.waits(before)
    verdict.bound("longest wait", waits["all"], session_seconds(scene) + 2)
    # Under exactly-once what is scored is seen when the open transaction of the one that is cut off has ended.
    verdict.note(f"until written {waits['scored']:.1f} s")
    verdict.bound("back after", back, 5)
    told = words(scene.programs["worker1"], healed_at, r"\bback\b", "partition")
    verdict.goal("it says that it is back" if told else "it does not say that it is back", told is not None)


def node_cut(scene, verdict):
    """A node (--node) loses its peers and keeps its clients, for --seconds; a head is pushed meanwhile."""
    cut, node = scene.options.seconds or 60, f"node{scene.options.node}"
    scene.film(images_for(scene, 5 + cut + 12))
    time.sleep(5)
    before = now_ms()
    scene.lab.cut(node, [other for other in NODES if other != node])
    time.sleep(5)
    push = scene.push(deadline=40)
    time.sleep(7)
    ask_doctor(scene, verdict, [scene.nodes.address(node), f"node {scene.options.node} "])
    time.sleep(max(0, cut - (now_ms() - before) / 1_000))
    scene.lab.heal()
    healed = now_ms()
    ended = push.wait(60)
    told = push.last_words[:160]
    # 0 is in force; the others say why not, and that nobody lives is not true.
    verdict.goal(
        f"push ended with {push.code} after {push.took:.0f} s ({told})",
        ended and push.took <= 50 and (push.code == 0 or push.code in (69, 75, 76) and "no live worker" not in told))
    back = attempt(lambda: scene.until("all workers are back", 60, lambda: scene.is_whole(healed)))
    finish(scene, verdict, 150)
    waits = scene.journal.waits(before)
    verdict.bound("longest wait", waits["all"], 20)
    verdict.note(f"of it {waits['sent']:.1f} s at most at the camera, {waits['scored']:.1f} s in the workers")
    verdict.goal(f"all workers at work {'never' if back is None else f'{back:.0f} s'} after healing", back is not None)


def coordinator_cut(scene, verdict):
    """The coordinator that leads loses its network at --moments moments of a push, each for --seconds."""
    cut, moments = scene.options.seconds or 15, scene.options.moments
    draw = random.Random(scene.options.seed)
    scene.film(images_for(scene, moments * (cut + 8)))
    in_force, longest = 0, 0.0
    for moment in range(moments):
        scene.until("one coordinator leads", 30, lambda: scene.leader() in COORDINATORS)
        leader = scene.leader()
        push = scene.push()
        # A push takes about 0.3 s; some of the moments are just before, most within it.
        time.sleep(draw.uniform(0, 0.6))
        begun = time.monotonic()
        rules = scene.lab.cut(leader)
        push.wait(60)
        in_force += push.code == 0
        if push.code == 0 and push.ended_at > begun:
            longest = max(longest, push.ended_at - begun)
        if push.code != 0:
            verdict.note(f"push {moment + 1} ended with {push.code}: {push.last_words[:160]}")
        time.sleep(max(0.0, cut - (time.monotonic() - begun)))
        scene.lab.heal(rules)
        time.sleep(3)
    finish(scene, verdict)
    verdict.goal(f"{in_force} of {moments} pushes in force", in_force == moments)
    verdict.bound("longest from cut to in force", longest, 6)


def ingest_cut(scene, verdict):
    """The camera loses its network: once for --seconds and healed, once until it is told to end."""
    cut = scene.options.seconds or 20
    camera = scene.film(images_for(scene, 5 + cut + 10))
    time.sleep(5)
    begun = time.monotonic()
    scene.lab.cut("camera")
    time.sleep(cut)
    scene.lab.heal()
    healed = time.monotonic()
    verdict.bound("words after", words(camera, begun, r"\bimages?\b", "wait|confirm|acknowledg", until=healed),
                  WORDS_SECONDS + 1)
    camera.wait(90)
    verdict.goal(f"healed: ended with {camera.code}, {camera.took - (healed - camera.started):.0f} s after", camera.code == 0)
    first = scene.settle()
    before = scene.count()["images"]
    camera = scene.film(images_for(scene, 600))
    time.sleep(5)
    begun = time.monotonic()
    scene.lab.cut("camera")
    time.sleep(8)
    camera.stopped = True
    told = time.monotonic()
    camera.signal(signal.SIGTERM)
    ended = camera.wait(130)
    verdict.bound("after SIGTERM it ends after", camera.ended_at - told if ended else None, 10)
    verdict.goal(f"with {camera.code}", camera.code == 75)
    if not ended:
        camera.signal(9)
        camera.wait(5)
    scene.lab.heal()
    verdict.note("its last words: " + " / ".join(line[:200] for line in camera.said(begun)[-2:]))
    time.sleep(3)
    settled = scene.settle()
    count = scene.count()
    arrived = count["images"] - before
    # What was on its way when the answers stopped may have arrived, too; what was confirmed must have.
    text = " ".join(camera.said(begun)).replace(",", "")
    confirmed = [int(found) for found in re.findall(r"(\d+)(?: of \d+)?(?: images?)?(?: are| were)? confirmed", text)][:1]
    verdict.goal(f"{arrived} of its images arrived, it says that {confirmed[0] if confirmed else 'nothing'} is confirmed",
                 bool(confirmed) and confirmed[0] <= arrived)
    verdict.counted(count, scene.mode, first and settled)
    verdict.nobody_ended(scene.ends())


def leader_out_of_reach(scene, verdict):
    """A node can not be reached by one worker (--who one), or by no client at all (--who all), for --seconds."""
    cut, node = scene.options.seconds or 60, f"node{scene.options.node}"
    alone = scene.options.who == "one"
    clients = [name for name in scene.lab.names if name not in NODES and name != "reader"]
    scene.film(images_for(scene, 5 + cut + 10))
    time.sleep(5)
    before = now_ms()
    begun = time.monotonic()
    scene.lab.cut(node, ["worker1"] if alone else clients)
    if not alone:
        time.sleep(3)
        asked = [scene.call(*command) for command in (
            ("audit",), ("predictions", "--limit", "100000000"), ("head", "list"), ("fleet", "status"))]
        push = scene.push(deadline=20)
        ask_doctor(scene, verdict, [scene.nodes.address(node)])
        for program in [*asked, push]:
            ended = program.wait(max(1, 60 - (time.monotonic() - begun)))
            named = scene.nodes.address(node) in "\n".join(program.said())
            verdict.goal(
                f"{program.name} {f'ended with {program.code} after {program.took:.0f} s' if ended else 'hangs'}"
                f"{', with' if named else ', without'} the address", ended and (program.code == 0 or named))
    time.sleep(max(0, cut - (time.monotonic() - begun)))
    scene.lab.heal()
    healed = now_ms()
    back = attempt(lambda: scene.until("all workers are back", 60, lambda: scene.is_whole(healed)))
    finish(scene, verdict, 150)
    waits = scene.journal.waits(before)
    if alone:
        verdict.bound("longest wait", waits["all"], 30)
    else:
        verdict.note(f"longest wait {waits['all']:.1f} s of a cut of {cut} s")
    verdict.goal(f"all workers at work {'never' if back is None else f'{back:.0f} s'} after healing", back is not None)
