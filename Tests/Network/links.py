"""Links that are no cut: a firewall that forgets, packets too large for a hop, a slow line."""
import time

from scene import NODES
from steps import ask_doctor, attempt, finish, images_for, now_ms, words

FORGETS_AFTER = 30


def forgetting_router(lab):
    lab.forget_idle(FORGETS_AFTER, NODES)


def idle_forgotten(scene, verdict):
    """Between clients and nodes, connections idle for 30 s are forgotten; all is idle for --seconds, then used."""
    idle = scene.options.seconds or 90
    camera = scene.start(
        "camera", "ingest", "-", "--raw", "96x96", "--stream", "camera", "--shard-images", 1, has_input=True)
    frame = bytes(range(256)) * (96 * 96 * 3 // 256)

    def shoot():
        """A frame, and after how long its prediction was seen."""
        known = len(scene.journal.read().first)
        camera.process.stdin.write(frame)
        camera.process.stdin.flush()
        return attempt(
            lambda: scene.until("a prediction", 100, lambda: len(scene.journal.read().first) > known))

    verdict.bound("first prediction before", shoot(), 5)
    time.sleep(idle)
    verdict.bound("first prediction after the pause", shoot(), 3)
    push = scene.push(deadline=80)
    push.wait(110)
    verdict.bound(f"push ends with {push.code}", push.took if push.code == 0 else None, 3)
    time.sleep(idle)
    push = scene.push(deadline=80)
    push.wait(110)
    verdict.bound(f"push after another pause ends with {push.code}", push.took if push.code == 0 else None, 3)
    verdict.bound("prediction after it", shoot(), 3)
    camera.process.stdin.close()
    camera.wait(30)
    finish(scene, verdict)


def mtu_hole(scene, verdict):
    """Packets of full size vanish between an operator and the nodes, then between a worker and them, for --seconds."""
    seconds, large = scene.options.seconds or 30, ("-m", "length", "--length", "1400:")
    scene.film(images_for(scene, 90 + seconds))
    hole = scene.lab.cut("operator", matching=large)
    # With everybody's answers being small, the doctor can see this only by asking for something large.
    ask_doctor(scene, verdict, ["MTU", "full size", "large packets"])
    scene.lab.heal(hole)
    before = now_ms()
    scene.lab.cut("worker1", matching=large)
    time.sleep(seconds)
    scene.lab.heal()
    healed = now_ms()
    back = attempt(lambda: scene.until("all workers are back", 60, lambda: scene.is_whole(healed)))
    finish(scene, verdict, 150)
    verdict.bound("longest wait", scene.journal.waits(before)["all"], 30)
    verdict.goal(f"all workers at work {'never' if back is None else f'{back:.0f} s'} after healing", back is not None)


def slow_link(scene, verdict):
    """The camera's line carries 60 kB/s, less than its images need."""
    seconds = scene.options.seconds or 20
    scene.lab.slow("camera", 60)
    begun = time.monotonic()
    # The sample's images are small: 0.8 kB in a shard.
    camera = scene.film(400 * seconds, fps=400)
    camera.wait(240)
    verdict.bound("words after", words(camera, begun, r"\bimages?\b", r"\bwait\b"), 15)
    verdict.goal(f"the camera ended with {camera.code} after {camera.took:.0f} s", camera.code == 0)
    scene.lab.slow("camera", None)
    finish(scene, verdict)
    verdict.note(f"longest wait {scene.journal.waits()['all']:.1f} s")
