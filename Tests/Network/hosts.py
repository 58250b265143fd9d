"""Hosts in network namespaces, each on a link of its own to a router that can lose packets without a word."""
import os
import pathlib
import subprocess

PREFIX = "hashiflex-net"


class Refused(Exception):
    """This machine allows no such hosts."""


def ip(*arguments):
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise Refused(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


class Lab:
    """The hosts and the router between them. Whatever is made here, `remove` takes away.

    The router forwards everything but what a cut names. It drops and never answers: no reset, no ICMP.
    """

    def __init__(self, names):
        self.prefix = f"{PREFIX}-{os.getpid()}-"
        self.router = self.prefix + "router"
        self.names = list(names)
        self.address = {name: f"10.99.{place}.2" for place, name in enumerate(self.names, 1)}
        self.made = []

    def make(self):
        self._namespace(self.router)
        for place, name in enumerate(self.names, 1):
            space = self.space(name)
            self._namespace(space)
            ip("-n", space, "link", "add", "eth0", "type", "veth", "peer", "name", f"to{place}", "netns", self.router)
            ip("-n", space, "address", "add", f"{self.address[name]}/24", "dev", "eth0")
            ip("-n", space, "link", "set", "eth0", "up")
            ip("-n", self.router, "address", "add", f"10.99.{place}.1/24", "dev", f"to{place}")
            ip("-n", self.router, "link", "set", f"to{place}", "up")
            ip("-n", space, "route", "add", "default", "via", f"10.99.{place}.1")
        self.set("net.ipv4.ip_forward", 1)
        # What is cut stands in a chain of its own, in front of everything else.
        self._rules("-N", "CUT")
        self._rules("-A", "FORWARD", "-j", "CUT")

    def _namespace(self, space):
        self.made.append(space)  # before it is there: whatever comes between, it is taken away
        ip("netns", "add", space)
        ip("-n", space, "link", "set", "lo", "up")

    def space(self, name):
        return self.prefix + name

    def inside(self, name, *command):
        """The command line that runs a command on a host. It ends when this script does, whatever ends that."""
        return ["setpriv", "--pdeathsig", "KILL", "ip", "netns", "exec", self.space(name), *map(str, command)]

    def set(self, key, value):
        self._on_router("sh", "-c", f"echo {value} > /proc/sys/{key.replace('.', '/')}")

    def _on_router(self, *command):
        done = subprocess.run(["ip", "netns", "exec", self.router, *command], capture_output=True, text=True)
        if done.returncode:
            raise Refused(f"{' '.join(command)}: {done.stderr.strip()}")

    def _rules(self, *arguments):
        self._on_router("iptables", "-w", *arguments)

    def cut(self, host, others=None, way="both", *, matching=()):
        """Loses what `host` and the others send each other; all others unless stated. Returns what `heal` takes.

        The way is `both`, `out` (what the host sends is lost) or `in` (what is sent to it is lost).
        """
        here, rules = self.address[host], []
        for there in [None] if others is None else [self.address[other] for other in others]:
            if way in ("both", "out"):
                rules.append(["-s", here] + (["-d", there] if there else []))
            if way in ("both", "in"):
                rules.append(["-d", here] + (["-s", there] if there else []))
        rules = [[*rule, *matching, "-j", "DROP"] for rule in rules]
        for rule in rules:
            self._rules("-A", "CUT", *rule)
        return rules

    def heal(self, rules=None):
        """Takes a cut away; all of them unless stated."""
        if rules is None:
            return self._rules("-F", "CUT")
        for rule in rules:
            self._rules("-D", "CUT", *rule)

    def forget_idle(self, seconds, open_between):
        """From now on the router drops what belongs to a connection of which it saw nothing for so long.

        This is what stateful firewalls and NAT do, by the kernel's own table of connections: only a first packet makes
        an entry, and what has none is dropped. Between the hosts of `open_between` nothing is forgotten.
        """
        self.set("net.netfilter.nf_conntrack_tcp_loose", 0)
        self.set("net.netfilter.nf_conntrack_tcp_timeout_established", seconds)
        for one in open_between:
            for other in open_between:
                if one != other:
                    self._rules("-A", "FORWARD", "-s", self.address[one], "-d", self.address[other], "-j", "ACCEPT")
        self._rules("-A", "FORWARD", "-m", "conntrack", "--ctstate", "INVALID", "-j", "DROP")

    def slow(self, host, kilobytes_per_second):
        """Bounds both directions of a host's link; None frees it."""
        place = self.names.index(host) + 1
        for space, device in ((self.space(host), "eth0"), (self.router, f"to{place}")):
            if kilobytes_per_second is None:
                subprocess.run(["tc", "-n", space, "qdisc", "del", "dev", device, "root"], capture_output=True)
                continue
            done = subprocess.run(
                ["tc", "-n", space, "qdisc", "add", "dev", device, "root", "tbf", "rate",
                 f"{8 * kilobytes_per_second}kbit", "burst", "16kb", "latency", "2s"], capture_output=True, text=True)
            if done.returncode:
                raise Refused(f"this kernel has no tbf: {done.stderr.strip()}")

    def remove(self):
        """Ends whatever runs on the hosts, then removes them. The links go with them."""
        for space in self.made:
            end_all(space)
        for space in self.made:
            subprocess.run(["ip", "netns", "delete", space], capture_output=True)
        self.made = []


def end_all(space):
    listed = subprocess.run(["ip", "netns", "pids", space], capture_output=True, text=True).stdout
    for pid in listed.split():
        try:
            os.kill(int(pid), 9)
        except ProcessLookupError:
            pass


def sweep():
    """Removes the hosts of runs that were killed before they could. Returns how many there were."""
    found = 0
    for line in ip("netns", "list").splitlines():
        space = line.split()[0] if line.split() else ""
        parts = space.removeprefix(PREFIX + "-").split("-", 1)
        if not space.startswith(PREFIX + "-") or not parts[0].isdigit():
            continue
        # The number may be that of another program by now.
        owner = pathlib.Path(f"/proc/{parts[0]}/cmdline")
        if owner.exists() and b"Network/run" in owner.read_bytes():
            continue
        end_all(space)
        subprocess.run(["ip", "netns", "delete", space], capture_output=True)
        found += 1
    return found


def why_not():
    """Why no hosts can be made here, or None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    space = f"{PREFIX}-{os.getpid()}-probe"
    try:
        ip("netns", "add", space)
    except FileNotFoundError:
        return "there is no ip (Debian's iproute2)"
    except Refused as refused:
        return f"network namespaces are not allowed here ({refused})"
    try:
        for command in (
                ["iptables", "-w", "-A", "FORWARD", "-s", "10.99.1.2", "-m", "length", "--length", "1400:", "-j", "DROP"],
                ["ip", "link", "add", "probe", "type", "veth", "peer", "name", "probe2"]):
            try:
                done = subprocess.run(["ip", "netns", "exec", space, *command], capture_output=True, text=True)
            except FileNotFoundError:
                return f"there is no {command[0]}"
            if done.returncode:
                return f"{command[0]} does not work here ({done.stderr.strip().splitlines()[0]})"
        return None
    finally:
        subprocess.run(["ip", "netns", "delete", space], capture_output=True)
