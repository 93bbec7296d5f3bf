"""Who is measured: each sets up a path from host a to the iperf3 server on host b."""
import base64, json, os, re, shutil, subprocess, tempfile, time

import net
from node import BIN, pair

IPERF = 5201


class Contestant:
    def __init__(self, name, lab, options, host, port, more=()):
        self.name, self.lab, self.options, self.host, self.port, self.more = name, lab, options, host, port, more

    def measure(self):
        hosts = (self.lab.a, self.lab.b)
        before = net.cpu_seconds(hosts)
        client = self.lab.a.run(["iperf3", "-J", "-c", self.host, "-p", str(self.port), "-t", str(self.options.seconds),
                                 *self.more],
                                timeout=self.options.seconds + 60)
        report = json.loads(client.stdout)
        cpu = net.cpu_between(before, net.cpu_seconds(hosts))
        local = report["end"]["cpu_utilization_percent"]["host_total"] / 100 * self.options.seconds  # it has ended
        received = report["end"]["sum_received"]
        return {"gbps": received["bits_per_second"] / 1e9, "cpu": (cpu + local) / (received["bytes"] / 1e9)}


def wait_port(host, port, what, udp=False):
    net.wait_for(lambda: host.listening(port, udp), what)


def forward(laptop, service, port):
    """A forward of the laptop to home's service; answers once a connection goes through."""
    laptop.host.spawn([f"{BIN}/peerup", "proxy", "home", service, str(port), "--config", laptop.config],
                      log=laptop.log)
    wait_port(laptop.host, port, "the forward")
    laptop.peerup("connect", "home")
    return port


def raw(lab, options):
    yield Contestant("raw TCP", lab, options, lab.b.address, IPERF)
    for congestion in ("cubic", "bbr"):
        yield Contestant(f"raw TCP, {congestion}", lab, options, lab.b.address, IPERF, ("-C", congestion))


def peerup(lab, options):
    for name, carrier, port, forwarded in (("peerup", None, 4001, 5300), ("peerup over TCP", "tcp", 4002, 5301)):
        if options.only and name not in options.only:
            continue
        home, laptop = pair(lab, port, carrier)
        home.peerup("service", "add", "iperf", f"{lab.b.address}:{IPERF}")
        home.start()
        laptop.start()
        yield Contestant(name, lab, options, "127.0.0.1", forward(laptop, "iperf", forwarded))


def ssh(lab, options):
    keys = tempfile.mkdtemp(prefix="peerup-bench-ssh-")
    for key in ("host", "user"):
        net.sh(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{keys}/{key}"])
    shutil.copy(f"{keys}/user.pub", f"{keys}/authorized_keys")
    os.makedirs("/run/sshd", exist_ok=True)
    lab.b.spawn(["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", "-h", f"{keys}/host", "-p", "2222",
                 "-o", f"AuthorizedKeysFile={keys}/authorized_keys", "-o", "StrictModes=no", "-o", "PidFile=none",
                 "-o", f"ListenAddress={lab.b.address}"])
    wait_port(lab.b, 2222, "sshd")
    for port, (name, cipher) in enumerate((("ssh -L aes128-gcm", "aes128-gcm@openssh.com"),
                                           ("ssh -L chacha20", "chacha20-poly1305@openssh.com")), 5310):
        lab.a.spawn(["ssh", "-N", "-i", f"{keys}/user", "-c", cipher, "-p", "2222", "-o", "StrictHostKeyChecking=no",
                     "-o", "UserKnownHostsFile=/dev/null", "-L", f"{port}:{lab.b.address}:{IPERF}", f"root@{lab.b.address}"])
        wait_port(lab.a, port, name)
        yield Contestant(name, lab, options, "127.0.0.1", port)


def socat_tls(lab, options):
    pem = f"{tempfile.mkdtemp(prefix='peerup-bench-tls-')}/pem"
    net.sh(f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=b -days 2 "
           f"-keyout {pem}.key -out {pem}.crt && cat {pem}.key {pem}.crt > {pem}")
    lab.b.spawn(f"exec socat OPENSSL-LISTEN:5443,reuseaddr,fork,verify=0,cert={pem} TCP:{lab.b.address}:{IPERF}")
    lab.a.spawn(f"exec socat TCP-LISTEN:5320,reuseaddr,fork OPENSSL:{lab.b.address}:5443,verify=0")
    wait_port(lab.b, 5443, "socat")
    wait_port(lab.a, 5320, "socat")
    yield Contestant("socat TLS", lab, options, "127.0.0.1", 5320)


def wireguard(lab, options):
    keys = {}
    for host in (lab.a, lab.b):
        private = base64.b64encode(os.urandom(32)).decode()
        keys[host.name] = (private, net.sh(["wg", "pubkey"], input=private).stdout.strip())
    for host, other, inner in ((lab.a, lab.b, "10.78.0.1"), (lab.b, lab.a, "10.78.0.2")):
        path = tempfile.mktemp(prefix="peerup-bench-wg-")
        with open(path, "w") as f:
            f.write(keys[host.name][0])
        host.spawn(["wireguard-go", "-f", f"wg{host.name[-1]}"], env={**os.environ, "LOG_LEVEL": "error"})
        dev = f"wg{host.name[-1]}"
        net.wait_for(lambda: dev in host.run(["ip", "link"]).stdout, dev)
        net.wait_for(lambda: host.run(f"wg set {dev} listen-port 51820 private-key {path} peer {keys[other.name][1]} "
                                      f"allowed-ips 10.78.0.0/24 endpoint {other.address}:51820", check=False).returncode == 0, "wg")
        host.run(f"ip addr add {inner}/24 dev {dev} && ip link set {dev} mtu 1420 up")
    yield Contestant("wireguard-go", lab, options, "10.78.0.2", IPERF)


class Ngtcp2(Contestant):
    """Its example client fetches a file from its example server."""

    SIZE = 2 << 30

    def measure(self):
        hosts = (self.lab.a, self.lab.b)
        before, start = net.cpu_seconds(hosts), time.monotonic()
        client = self.lab.a.spawn(["gtlsclient", "-q", "--exit-on-all-streams-close", self.host, str(self.port),
                                   f"https://b:{self.port}/file"])
        usage = os.wait4(client.pid, 0)[2]
        client.returncode = 0
        seconds = time.monotonic() - start
        cpu = net.cpu_between(before, net.cpu_seconds(hosts)) + usage.ru_utime + usage.ru_stime
        return {"gbps": self.SIZE * 8 / seconds / 1e9, "cpu": cpu / (self.SIZE / 1e9)}


def ngtcp2(lab, options):
    root = tempfile.mkdtemp(prefix="peerup-bench-ngtcp2-")
    net.sh(f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=b -days 2 "
           f"-keyout {root}/key -out {root}/crt && mkdir {root}/www && truncate -s {Ngtcp2.SIZE} {root}/www/file")
    lab.b.spawn(["gtlsserver", "-q", "-d", f"{root}/www", lab.b.address, "4433", f"{root}/key", f"{root}/crt"])
    wait_port(lab.b, 4433, "gtlsserver", udp=True)
    yield Ngtcp2("ngtcp2 example pair", lab, options, lab.b.address, 4433)


class JsPeer:
    """A js-libp2p peer that does what it is told: tests/interop/js/peer.mjs."""

    def __init__(self, host, **options):
        folder = os.environ.get("PEERUP_JS") or f"{os.path.dirname(os.path.abspath(__file__))}/../interop/js"
        self.child = host.spawn([os.environ.get("PEERUP_NODE", "node"), "--import", "./polyfill.mjs", "peer.mjs", host.name,
                                 json.dumps(options)], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, cmd, **arguments):
        self.child.stdin.write((json.dumps({"cmd": cmd, **arguments}) + "\n").encode())
        self.child.stdin.flush()
        answer = json.loads(self.child.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["ok"]


class Js(Contestant):
    """js-libp2p's perf protocol over its QUIC."""

    SIZE = 256 << 20

    def measure(self):
        hosts = (self.lab.a, self.lab.b)
        before, start = net.cpu_seconds(hosts), time.monotonic()
        self.client.ask("perf", up=self.SIZE, down=0)
        seconds = time.monotonic() - start
        cpu = net.cpu_between(before, net.cpu_seconds(hosts))
        return {"gbps": self.SIZE * 8 / seconds / 1e9, "cpu": cpu / (self.SIZE / 1e9)}


def js(lab, options):
    contestant = Js("js-libp2p QUIC", lab, options, lab.b.address, 0)
    server, contestant.client = (JsPeer(host, listen=[f"/ip4/{host.address}/udp/0/quic-v1"]) for host in (lab.b, lab.a))
    contestant.client.ask("dial", addr=server.ask("whoami")["addrs"][0])
    yield contestant


def handshakes():
    """What quic_bench says of accepting handshakes on one core."""
    out = net.sh([f"{BIN}/quic_bench", "0.1"]).stdout
    return {"new": float(re.search(r"new peers\s+(\d+) accepted/s", out)[1]),
            "known": float(re.search(r"known peer\s+(\d+) accepted/s", out)[1])}


def start_all(lab, options):
    lab.b.spawn(["iperf3", "-s", "-p", str(IPERF)])
    wait_port(lab.b, IPERF, "iperf3")
    started = []
    for maker in (raw, peerup, ssh, socat_tls, ngtcp2, js, wireguard):
        try:
            if maker_wanted(maker, options):
                started += [c for c in maker(lab, options) if wanted(c, options)]
        except Exception as error:
            print(f"{maker.__name__}: {error}")
    return started


def wanted(contestant, options):
    """The variants of raw TCP are only measured where they are asked for."""
    return contestant.name in options.only if options.only else ", " not in contestant.name


def maker_wanted(maker, options):
    return not options.only or maker.__name__ in {"raw", "peerup"} or any(
        maker.__name__.replace("_", " ") in name.lower() or maker.__name__ in name.lower().replace("-", "")
        for name in options.only)
