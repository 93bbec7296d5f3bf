"""Hosts in network namespaces: two that can only dial out, relays with public addresses, and a
router between all of them whose cables and rules a test changes. Nothing leads out of it.

        a 45.0.1.2 --+            +-- relay 45.0.3.2
                     +-- router --+
        b 45.0.2.2 --+            +-- relay2 45.0.4.2

The addresses look public, because libp2p programs ignore others; IPv6 is 2600:45:N::2."""

import contextlib
import hashlib
import itertools
import json
import os
import pathlib
import subprocess
import time

import nodes

NUMBERS = itertools.count()
HOSTS = {"a": 1, "b": 2, "relay": 3, "relay2": 4}
# Connections begin inside; between a and b none does.
FIREWALL = """
flush ruleset
table inet lab {
  chain outside {
    %s
  }
  chain forward {
    type filter hook forward priority 0; policy drop;
    jump outside
    ct state established,related accept
    iifname { to-a, to-b } oifname { to-relay, to-relay2 } accept
    iifname { to-relay, to-relay2 } oifname { to-relay, to-relay2 } accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
  }
}
"""


def sh(*command, check=True, **kwargs):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **kwargs)
    if check and done.returncode != 0:
        raise nodes.Failure(f"{' '.join(command)} -> {done.returncode}\n{done.stdout}{done.stderr}")
    return done


class Host:
    """One namespace with one cable to the router."""

    def __init__(self, lab, name):
        self.lab, self.name, self.number = lab, name, HOSTS[name]
        self.ns = f"{lab.prefix}-{name}"
        self.ip = f"45.0.{self.number}.2"
        self.ip6 = f"2600:45:{self.number}::2"
        self.children = []
        sh("ip", "netns", "add", self.ns)
        self.run("ip", "link", "set", "lo", "up")
        # The second address of a network stays when the first one goes.
        self.run("sysctl", "-qw", "net.ipv4.conf.all.promote_secondaries=1",
                 "net.ipv4.conf.default.promote_secondaries=1")

    def plug(self):
        port, router = f"to-{self.name}", self.lab.router
        sh("ip", "link", "add", "eth0", "netns", self.ns, "type", "veth", "peer", "name", port,
           "netns", router)
        sh("ip", "-n", router, "link", "set", port, "up")
        self.run("ip", "link", "set", "eth0", "up")
        self.configure()

    def configure(self):
        """Addresses at both ends of the cable, and the default route."""
        port, router = f"to-{self.name}", self.lab.router
        if 4 in self.lab.families:
            sh("ip", "-n", router, "addr", "add", f"45.0.{self.number}.1/24", "dev", port)
            self.address(f"{self.ip}/24")
        if 6 in self.lab.families:
            sh("ip", "-n", router, "addr", "add", f"2600:45:{self.number}::1/64", "dev", port,
               "nodad")
            self.run("ip", "addr", "add", f"{self.ip6}/64", "dev", "eth0", "nodad")
            self.run("ip", "-6", "route", "add", "default", "via", f"2600:45:{self.number}::1")

    def address(self, cidr, instead_of=None):
        self.run("ip", "addr", "add", cidr, "dev", "eth0")
        if instead_of is not None:
            self.run("ip", "addr", "del", instead_of, "dev", "eth0")
        self.run("ip", "route", "replace", "default", "via", f"45.0.{self.number}.1")

    def move(self, number):
        """Into another network: another address, another router, the old ones gone at once."""
        self.run("ip", "addr", "flush", "dev", "eth0", "scope", "global")
        sh("ip", "-n", self.lab.router, "addr", "flush", "dev", f"to-{self.name}")
        self.number, self.ip, self.ip6 = number, f"45.0.{number}.2", f"2600:45:{number}::2"
        self.configure()

    def unplug(self, plugged=False):
        """Silence: the other side's cable, so that this host notices nothing."""
        sh("ip", "-n", self.lab.router, "link", "set", f"to-{self.name}", "up" if plugged else "down")
        if plugged:
            sh("ip", "-n", self.lab.router, "addr", "replace", f"45.0.{self.number}.1/24", "dev",
               f"to-{self.name}")

    def wrap(self):
        return ["ip", "netns", "exec", self.ns]

    def run(self, *command, **kwargs):
        return sh(*self.wrap(), *command, **kwargs)

    def spawn(self, *command):
        child = subprocess.Popen([*self.wrap(), *command], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 start_new_session=True)
        self.children.append(child)
        return child

    def fetch(self, url, seconds=1):
        """The SHA-256 of what curl gets, or None."""
        done = subprocess.run([*self.wrap(), "curl", "-sf", "--max-time", str(seconds), url],
                              capture_output=True, check=False)
        return hashlib.sha256(done.stdout).hexdigest() if done.returncode == 0 else None

    def close(self):
        for child in self.children:
            child.kill()
            child.wait()
        sh("ip", "netns", "del", self.ns, check=False)


class Lab:
    """A router, hosts, and a node on each; `home` is on a, `laptop` on b."""

    def __init__(self, root, relays=("relay",), families=(4,)):
        self.root, self.families = pathlib.Path(root), families
        self.prefix = f"pn{os.getpid()}-{next(NUMBERS)}"
        self.router = f"{self.prefix}-router"
        self.hosts, self.nodes = {}, {}
        self.forward = None  # to home's web server
        self.big = None  # the hash of the large file on home's web server
        sh("ip", "netns", "add", self.router)
        for key in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
            sh("ip", "netns", "exec", self.router, "sysctl", "-qw", f"{key}=1")
        for name in ("a", "b", *relays):
            self.hosts[name] = Host(self, name)
            self.hosts[name].plug()
        self.rules("")

    def rules(self, outside):
        """What applies before the firewall's own rules: \"\" is nothing, \"accept\" no firewall."""
        sh("ip", "netns", "exec", self.router, "nft", "-f", "-", input=FIREWALL % outside)

    def close(self):
        if self.forward is not None:
            self.forward.stop()
        for node in self.nodes.values():
            node.kill()
        for host in self.hosts.values():
            host.close()
        sh("ip", "netns", "del", self.router, check=False)

    # ---- nodes ----

    def node(self, name, host):
        node = nodes.Node(name, self.root)
        node.wrap = self.hosts[host].wrap()
        node.host = self.hosts[host]
        self.nodes[name] = node
        return node

    def relay(self, host, listen=None, flags=(), options=""):
        """A relay that is set up, reached at its host's addresses. `options` is YAML."""
        node = self.node(host, host)
        done = node.host.run(nodes.PEERUP, "relay", "setup", "--dir", str(node.dir), "--name", host,
                             "--non-interactive", "--no-systemd", *flags, check=False)
        nodes.check(done.returncode == 0, f"relay setup: {done.stdout}{done.stderr}")
        if listen is not None:
            node.insert("listen_addresses:", f"    - {listen}")
        if options:
            node.insert("  serve: true", f"  {options}")
        return node

    def introduce(self, relays, addresses):
        """home and laptop, which know each other and these relays; home has a web server."""
        home, laptop = self.node("home", "a"), self.node("laptop", "b")
        home.must("auth", "add", laptop.id, "--name", "laptop")
        laptop.must("auth", "add", home.id, "--name", "home")
        for relay in relays:
            use(relay, addresses, home, laptop)
        site = self.root / "site"
        site.mkdir()
        (site / "index.html").write_text("hello from home\n", encoding="ascii")
        big = os.urandom(20_000_000)
        (site / "big").write_bytes(big)
        self.big = hashlib.sha256(big).hexdigest()
        self.hosts["a"].spawn("python3", "-m", "http.server", "8000", "--bind", "127.0.0.1",
                              "--directory", str(site))
        home.must("service", "add", "web", "localhost:8000")
        return home, laptop

    def start(self, *started):
        for node in started:
            node.spawn()
        for node in started:
            node.wait_ready()

    def reach(self):
        """Forwards home's web server to b, and waits until it answers there."""
        laptop = self.nodes["laptop"]
        self.forward = laptop.forward("home", "web", 8080)
        nodes.until(lambda: self.works(2), 20, lambda: f"home answers\n{laptop.log_tail()}")

    def ready(self, relays, addresses):
        """All run, the relays let home and laptop in, and home's web server answers on b."""
        home, laptop = self.introduce(relays, addresses)
        for relay in relays:
            authorize(relay, home, laptop)
        self.start(*relays, home, laptop)
        self.reach()
        return home, laptop

    # ---- what a user sees ----

    def works(self, seconds=0.5):
        return self.hosts["b"].fetch("http://127.0.0.1:8080/", seconds) is not None

    def again(self, seconds, what):
        """How long until it works; fails after `seconds`."""
        start = time.monotonic()
        nodes.until(self.works, seconds, what)
        return time.monotonic() - start

    def paths(self):
        """Of laptop's connections to home: the addresses, and which are relayed."""
        listed = self.nodes["laptop"].call("transport", "transport.peers") or {"connections": []}
        home = self.nodes["home"].id
        return {c["address"]: c["path"] for c in listed["connections"] if c["peer_id"] == home}


def at(relay):
    """A bare address: QUIC and TCP."""
    return [f"{relay.host.ip}:{relay.port}"]


def over(leg):
    """Only over QUIC, or only over TCP."""
    form = {"quic": "/ip4/%s/udp/%d/quic-v1", "tcp": "/ip4/%s/tcp/%d"}[leg]
    return lambda relay: [form % (relay.host.ip, relay.port)]


def use(relay, addresses, *users):
    for node in users:
        for address in addresses(relay):
            node.must("relay", "add", address, "--peer-id", relay.id, "--yes")


def authorize(relay, *users):
    for node in users:
        relay.must("relay", "authorize", node.id, "--name", node.name)


def relay_of(node):
    """What the node says about the only relay that it uses."""
    return node.call("transport", "transport.relays")["relays"][0]


def reserved(*users):
    """Waits until these nodes have a reservation at every relay that they use."""
    def all_are():
        listed = [node.call("transport", "transport.relays")["relays"] for node in users]
        return all(relay["state"] == "reserved" for relays in listed for relay in relays)

    nodes.until(all_are, 10, "the nodes have their reservations")


def two_relays(made):
    """home and laptop with reservations at both. The relay in use, and the other one."""
    relays = [made.relay("relay"), made.relay("relay2")]
    _, laptop = made.ready(relays, at)
    reserved(laptop)
    address = next(iter(made.paths()))
    return sorted(relays, key=lambda relay: relay.id not in address)


@contextlib.contextmanager
def lab(**options):
    with nodes.scratch() as root:
        made = Lab(root, **options)
        try:
            yield made
        except BaseException as broken:
            for node in made.nodes.values():
                broken.add_note(f"-- log of {node.name}:\n{node.log_tail(40)}")
            raise
        finally:
            made.close()


def within(seconds, limit, what):
    """Prints a time, and holds it against its limit."""
    print(f"  {what}: {seconds:.2f} s", flush=True)
    nodes.check(seconds <= limit * nodes.SLOW, f"{what} took {seconds:.2f} s, not {limit} s")


def stop_in_order(made):
    """Also what sanitizers have to say."""
    for node in made.nodes.values():
        if node.daemon is not None:
            node.stop()
