#!/usr/bin/env python3
"""The router of the lab loses what it is told to, that way and no other: Tests/Network/hosts_test.py (root; else skipped)"""
import os
import select
import subprocess
import sys
import time
import unittest

sys.dont_write_bytecode = True
import hosts  # noqa: E402

SERVER = """
import socket, threading
listener = socket.create_server(("", 9000))
print("ready", flush=True)
def echo(client):
    while data := client.recv(65536):
        client.sendall(data)
while True:
    threading.Thread(target=echo, args=(listener.accept()[0],), daemon=True).start()
"""
# Sends as many bytes as a line of its input says, and says when all have come back.
CLIENT = """
import socket, sys
server = socket.create_connection((sys.argv[1], 9000))
print("ready", flush=True)
for line in sys.stdin:
    server.sendall(b"x" * int(line))
    left = int(line)
    while left:
        left -= len(server.recv(65536))
    print(line.strip(), flush=True)
"""
# Counts the datagrams that come, for one way at a time.
LISTEN = """
import socket
here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
here.bind(("", 9001))
print("ready", flush=True)
while True:
    print(here.recv(100).decode(), flush=True)
"""
REFUSAL = hosts.why_not()


@unittest.skipIf(REFUSAL, f"SKIP: {REFUSAL}")
class HostsTest(unittest.TestCase):
    def setUp(self):
        self.lab = hosts.Lab(["a", "b", "c"])
        self.addCleanup(self.lab.remove)
        self.lab.make()

    def start(self, host, text, *arguments):
        process = subprocess.Popen(
            self.lab.inside(host, "/usr/bin/python3", "-u", "-c", text, *arguments), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, start_new_session=True)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        self.assertEqual(self.line(process, 5), "ready")
        return process

    def line(self, process, seconds):
        """What it says within that time, or None."""
        if not select.select([process.stdout], [], [], seconds)[0]:
            return None
        return process.stdout.readline().decode().strip()

    def send(self, sender, receiver):
        subprocess.run(self.lab.inside(sender, "/usr/bin/python3", "-c", (
            "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
            f".sendto(b'{sender}', ('{self.lab.address[receiver]}', 9001))")), check=True)

    def arrives(self, sender, receiver):
        self.send(sender, receiver)
        return self.line(self.listeners[receiver], 0.5) == sender

    def test_each_way_is_lost_alone(self):
        self.listeners = {name: self.start(name, LISTEN) for name in ("a", "b", "c")}

        def ways():
            return [self.arrives(*way) for way in (("a", "b"), ("b", "a"), ("a", "c"), ("c", "a"), ("b", "c"))]

        self.assertEqual(ways(), [True] * 5)
        cut = self.lab.cut("a", way="out")
        self.assertEqual(ways(), [False, True, False, True, True])
        self.lab.heal(cut)
        self.lab.cut("a", way="in")
        self.assertEqual(ways(), [True, False, True, False, True])
        self.lab.heal()
        self.lab.cut("a", ["b"])
        self.assertEqual(ways(), [False, False, True, True, True])
        self.lab.heal()
        self.assertEqual(ways(), [True] * 5)

    def test_a_hole_takes_large_packets_alone(self):
        self.start("b", SERVER)
        client = self.start("a", CLIENT, self.lab.address["b"])
        self.lab.cut("a", matching=("-m", "length", "--length", "1400:"))
        self.assertEqual(self.exchange(client, 500, 2), "500")
        self.assertEqual(self.exchange(client, 5_000, 1.5), None)

    def exchange(self, client, size, seconds):
        client.stdin.write(f"{size}\n".encode())
        client.stdin.flush()
        return self.line(client, seconds)

    def test_an_idle_connection_is_forgotten_and_one_in_use_is_not(self):
        self.lab.forget_idle(3, ["b", "c"])
        self.start("b", SERVER)
        idle, busy, exempt = (self.start(name, CLIENT, self.lab.address["b"]) for name in ("a", "a", "c"))
        for _ in range(10):
            self.assertEqual(self.exchange(busy, 10, 2), "10")
            time.sleep(0.5)
        self.assertEqual(self.exchange(busy, 10, 2), "10")
        self.assertEqual(self.exchange(exempt, 10, 2), "10")
        self.assertEqual(self.exchange(idle, 10, 1.5), None)
        self.assertEqual(self.exchange(self.start("a", CLIENT, self.lab.address["b"]), 10, 2), "10")

    def test_a_slow_link_is_slow_and_can_be_freed(self):
        self.start("b", SERVER)
        client = self.start("a", CLIENT, self.lab.address["b"])
        self.lab.slow("a", 60)
        begun = time.monotonic()
        self.assertEqual(self.exchange(client, 120_000, 20), "120000")
        self.assertGreater(time.monotonic() - begun, 1.2)
        self.lab.slow("a", None)
        self.assertEqual(self.exchange(client, 1_000_000, 5), "1000000")

    def test_nothing_is_left(self):
        spaces = [self.lab.space("a"), self.lab.router]
        self.start("a", LISTEN)
        self.lab.remove()
        self.assertFalse([space for space in spaces if os.path.exists(f"/run/netns/{space}")])


if __name__ == "__main__":
    unittest.main()
