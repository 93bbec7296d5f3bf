"""Network namespaces for measuring: two hosts joined by a cable, or by a lossy long one."""
import os, signal, subprocess

from nodes import until

MTU = 1500


def sh(command, check=True, **kwargs):
    return subprocess.run(command, shell=isinstance(command, str), check=check, text=True,
                          capture_output=True, **kwargs)


def wait_for(condition, what, seconds=10):
    """A benchmark never sleeps and hopes."""
    return until(condition, seconds, what)


class Host:
    """One namespace and the processes started in it."""

    def __init__(self, name, address):
        self.name, self.address, self.children = name, address, []
        sh(f"ip netns add {name}")
        self.run("ip link set lo up")

    def argv(self, command):
        return ["ip", "netns", "exec", self.name, *(["sh", "-c", command] if isinstance(command, str) else command)]

    def run(self, command, check=True, timeout=120, **kwargs):
        return sh(self.argv(command), check=check, timeout=timeout, **kwargs)

    def spawn(self, command, log=None, **kwargs):
        out = open(log, "ab") if log else subprocess.DEVNULL
        child = subprocess.Popen(self.argv(command), stdin=kwargs.pop("stdin", subprocess.DEVNULL),
                                 stdout=kwargs.pop("stdout", out), stderr=out, start_new_session=True, **kwargs)
        self.children.append(child)
        return child

    def listening(self, port, udp=False):
        flag = "-u" if udp else "-t"
        return f":{port} " in self.run(f"ss -Hln {flag}").stdout

    def pids(self):
        return [int(pid) for pid in self.run(["ip", "netns", "pids", self.name]).stdout.split()]

    def stop(self, child):
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGTERM)
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()

    def close(self):
        for child in reversed(self.children):
            self.stop(child)
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        sh(f"ip netns del {self.name}", check=False)


class Lab:
    """Hosts a and b. wire=None: a veth pair; else the arguments of wiresim."""

    def __init__(self, wire=None, wiresim=None):
        for name in ("pu-a", "pu-b"):
            sh(f"ip netns del {name}", check=False)
        self.a, self.b = Host("pu-a", "10.77.0.1"), Host("pu-b", "10.77.0.2")
        self.wire = None
        if wire is None:
            sh("ip link add pu-va netns pu-a type veth peer name pu-vb netns pu-b")
        else:
            self.wire = subprocess.Popen([wiresim, "pu-a", "pu-va", "pu-b", "pu-vb", *wire.split()],
                                         stdout=subprocess.PIPE, text=True)
            assert self.wire.stdout.readline().strip() == "ready"
        for host, dev in ((self.a, "pu-va"), (self.b, "pu-vb")):
            host.run(f"ip link set {dev} mtu {MTU} up && ip addr add {host.address}/24 dev {dev}")
            host.run("sysctl -qw net.ipv4.tcp_tw_reuse=1 "
                     "net.ipv4.ip_local_port_range='1024 65535'", check=False)

    def close(self):
        self.a.close()
        self.b.close()
        if self.wire:
            self.wire.terminate()
            self.wire.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(hosts):
    """CPU time of every process in these namespaces, by pid, children that ended included."""
    total = {}
    for host in hosts:
        for pid in host.pids():
            try:
                with open(f"/proc/{pid}/stat") as stat:
                    fields = stat.read().rsplit(")", 1)[1].split()
            except FileNotFoundError:
                continue
            total[pid] = sum(int(f) for f in fields[11:15]) / TICK
    return total


def cpu_between(before, after):
    return sum(seconds - before.get(pid, 0) for pid, seconds in after.items())
