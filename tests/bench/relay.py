"""What a relay carries and costs: a and b have no route to each other, only to r between them."""
import json, os, shutil, tempfile, time

import net, relay_crowd
from contestants import IPERF, Contestant, JsPeer, wait_port
from idle import quiet_kib
from node import BIN, Node

PORT = 4001
CROWD = 14  # clients of the relay, each a daemon of its own; one address may have 16 connections


class Lab:
    """Two cables that end at r, which forwards nothing by itself."""

    def __init__(self):
        for name in ("pu-a", "pu-r", "pu-b"):
            net.sh(f"ip netns del {name}", check=False)
        self.a, self.b = net.Host("pu-a", "10.77.1.1"), net.Host("pu-b", "10.77.2.1")
        self.r = net.Host("pu-r", "10.77.1.2")
        self.r.second = "10.77.2.2"  # its address on b's cable
        self.hosts = (self.a, self.r, self.b)
        for host, here, there in ((self.a, "10.77.1.1", "10.77.1.2"), (self.b, "10.77.2.1", "10.77.2.2")):
            dev = f"pu-v{host.name[-1]}"
            net.sh(f"ip link add {dev} netns {host.name} type veth peer name {dev} netns pu-r")
            host.run(f"ip link set {dev} mtu {net.MTU} up && ip addr add {here}/24 dev {dev}")
            self.r.run(f"ip link set {dev} mtu {net.MTU} up && ip addr add {there}/24 dev {dev}")
        self.b.spawn(["iperf3", "-s", "-B", "127.0.0.1"])
        self.b.spawn(["iperf3", "-s", "-B", self.b.address])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for host in self.hosts:
            host.close()


def transport_pid(node):
    return next(s["pid"] for s in json.loads(node.peerup("status", "--json"))["services"] if s["name"] == "transport")


class Relayed(Contestant):
    """CPU of all hosts, and of the relaying process alone."""

    relay_pid = None

    def measure(self):
        before = net.cpu_seconds(self.lab.hosts)
        client = self.lab.a.run(["iperf3", "-J", "-c", self.host, "-p", str(self.port), "-t", str(self.options.seconds)],
                                timeout=self.options.seconds + 60)
        report = json.loads(client.stdout)
        after = net.cpu_seconds(self.lab.hosts)
        gigabytes = report["end"]["sum_received"]["bytes"] / 1e9
        local = report["end"]["cpu_utilization_percent"]["host_total"] / 100 * self.options.seconds  # it has ended
        relay = {pid: after[pid] for pid in self.relay_pids() if pid in after}
        return {"gbps": report["end"]["sum_received"]["bits_per_second"] / 1e9,
                "cpu": (net.cpu_between(before, after) + local) / gigabytes,
                "relay": net.cpu_between(before, relay) / gigabytes}

    def relay_pids(self):
        return [self.relay_pid] if self.relay_pid else self.lab.r.pids()


def make_relay(lab, carrier):
    relay = Node(lab.r, "relay", PORT)
    relay.host.run([f"{BIN}/peerup", "relay", "setup", "--dir", relay.dir, "--non-interactive", "--no-systemd"])
    relay.listen_only(carrier)
    return relay


def address(relay, ip, carrier):
    return f"/ip4/{ip}/{'udp' if carrier == 'quic' else 'tcp'}/{PORT}{'/quic-v1' if carrier == 'quic' else ''}"


def use(node, relay, carrier):
    """Through this relay, an address with /p2p/, or with the peer ID that is known."""
    node.listen_only(carrier)
    node.peerup("relay", "add", *relay, "--yes")


def join(relay, node, ip, carrier):
    relay.peerup("relay", "authorize", node.id, "--name", node.name)
    use(node, [address(relay, ip, carrier), "--peer-id", relay.id], carrier)


def reserved(node):
    state = json.loads(node.peerup("call", "transport", "transport.relays", check=False) or '{"relays": []}')
    return any(relay["state"] == "reserved" for relay in state["relays"])


def tunnel(lab, home, laptop, port):
    """From laptop's port to home's iperf3; both know their relay."""
    home.peerup("auth", "add", laptop.id, "--name", "laptop")
    laptop.peerup("auth", "add", home.id, "--name", "home")
    home.peerup("service", "add", "iperf", f"127.0.0.1:{IPERF}")
    for node in (home, laptop):
        node.start()
    net.wait_for(lambda: reserved(home) and reserved(laptop), "the reservations", 20)
    lab.a.spawn([f"{BIN}/peerup", "proxy", "home", "iperf", str(port), "--config", laptop.config], log=laptop.log)
    wait_port(lab.a, port, "the forward")
    laptop.peerup("connect", "home")


def peerup(lab, options, carrier, port):
    relay, home, laptop = make_relay(lab, carrier), Node(lab.b, "home"), Node(lab.a, "laptop")
    join(relay, home, lab.r.second, carrier)
    join(relay, laptop, lab.r.address, carrier)
    relay.start()
    tunnel(lab, home, laptop, port)
    contestant = Relayed(f"peerup, {carrier.upper()} legs", lab, options, "127.0.0.1", port)
    contestant.relay_pid = transport_pid(relay)
    return contestant


def js(lab, options, carrier, port):
    """Our two nodes, and js-libp2p's relay without limits."""
    kind = {"quic": f"udp/{PORT}/quic-v1", "tcp": f"tcp/{PORT}"}[carrier]
    relay, home, laptop = JsPeer(lab.r, listen=[f"/ip4/0.0.0.0/{kind}"], relay={"data": None}), Node(lab.b, "home"), Node(lab.a, "laptop")
    peer = relay.ask("whoami")["id"]
    for node, ip in ((home, lab.r.second), (laptop, lab.r.address)):
        node.peerup("auth", "add", peer, "--name", "relay")
        use(node, [f"/ip4/{ip}/{kind}/p2p/{peer}"], carrier)
    tunnel(lab, home, laptop, port)
    return Relayed(f"js-libp2p, {carrier.upper()} legs", lab, options, "127.0.0.1", port)


def socat(lab, options):
    lab.r.spawn(f"exec socat TCP-LISTEN:5330,reuseaddr,fork TCP:{lab.b.address}:{IPERF}")
    wait_port(lab.r, 5330, "socat")
    return Relayed("socat, plain TCP", lab, options, lab.r.address, 5330)


def ssh_jump(lab, options):
    keys = tempfile.mkdtemp(prefix="peerup-bench-ssh-")
    for key in ("host", "user"):
        net.sh(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{keys}/{key}"])
    shutil.copy(f"{keys}/user.pub", f"{keys}/authorized_keys")
    os.makedirs("/run/sshd", exist_ok=True)
    for host in (lab.r, lab.b):
        host.spawn(["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", f"{keys}/host", "-p", "2222", "-o",
                    f"AuthorizedKeysFile={keys}/authorized_keys", "-o", "StrictModes=no", "-o", "PidFile=none"])
        wait_port(host, 2222, "sshd")
    with open(f"{keys}/config", "w") as config:
        config.write(f"Host *\n  IdentityFile {keys}/user\n  Port 2222\n  Ciphers aes128-gcm@openssh.com\n"
                     f"  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n")
    lab.a.spawn(["ssh", "-N", "-F", f"{keys}/config", "-J", f"root@{lab.r.address}", "-L",
                 f"5331:127.0.0.1:{IPERF}", f"root@{lab.b.address}"])
    wait_port(lab.a, 5331, "ssh -J")
    return Relayed("ssh -J, aes128-gcm", lab, options, "127.0.0.1", 5331)


def stream(options, table, rounds, median):
    contestants = (lambda lab: peerup(lab, options, "quic", 5340), lambda lab: peerup(lab, options, "tcp", 5341),
                   lambda lab: js(lab, options, "quic", 5342), lambda lab: js(lab, options, "tcp", 5343),
                   lambda lab: ssh_jump(lab, options), lambda lab: socat(lab, options))
    results = {}
    for make in contestants:  # not at once: two relays would want the same port
        with Lab() as lab:
            contestant = make(lab)
            results.update(rounds(options, {contestant.name: contestant.measure}))
    table("One TCP stream through a relay, three namespaces, veth, MTU 1500",
          ["", "Gbit/s", "CPU s/GB of the relay", "CPU s/GB of all"],
          [[name, f"{median(r, 'gbps'):.2f}", f"{median(r, 'relay'):.2f}", f"{median(r, 'cpu'):.2f}"]
           for name, r in results.items()])


def memory(options, table):
    """Of the relay's transport: for each client with a reservation, for each circuit."""
    rows = []
    for carrier in ("quic", "tcp"):
        with Lab() as lab:
            relay, hub = make_relay(lab, carrier), Node(lab.a, "hub")
            join(relay, hub, lab.r.address, carrier)
            clients = [Node(lab.b, f"client{number}", 4100 + number) for number in range(CROWD)]
            for client in clients:
                join(relay, client, lab.r.second, carrier)
                client.peerup("auth", "add", hub.id, "--name", "hub")
                hub.peerup("auth", "add", client.id, "--name", client.name)
            relay.start()
            hub.start()
            pid = transport_pid(relay)
            alone = quiet_kib(pid)
            for client in clients:
                client.start()
            net.wait_for(lambda: all(reserved(client) for client in clients), "the reservations", 60)
            held = quiet_kib(pid)
            for client in clients:
                hub.peerup("connect", client.name)
            joined = quiet_kib(pid)
            circuits = json.loads(relay.peerup("call", "transport", "transport.relaying"))["circuits_len"]
            rows.append([carrier.upper(), f"{(held - alone) / CROWD:.1f}", f"{(joined - held) / circuits:.1f}", str(circuits)])
    table(f"Private memory of an idle relay, KiB, {CROWD} clients", ["legs", "per reservation, its connection included", "per circuit", "circuits"], rows)


def crowd(table):
    with Lab() as lab:
        relay = make_relay(lab, "quic")
        relay_crowd.allow(relay)
        relay.start()
        relay_crowd.measure(lab, relay, transport_pid(relay), PORT, table)


def measure(options, table, rounds, median):
    stream(options, table, rounds, median)
    memory(options, table)
    crowd(table)
