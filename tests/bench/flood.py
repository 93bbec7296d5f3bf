"""Whether an authorized peer gets in while strangers send first packets as fast as they can."""
import json, re, statistics, time

import net
from node import BIN, Node, pair

PREFIX = "10.88"  # of the forged addresses
SECONDS = 30
RATES = (0, 10_000, 100_000)
ROUNDS = 200  # of disconnecting and connecting, at most


def transport_pid(node):
    services = json.loads(node.peerup("status", "--json"))["services"]
    return next(s["pid"] for s in services if s["name"] == "transport")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:13])) / net.TICK


def lost_by_kernel(host):
    """Datagrams that came while the socket was full."""
    counters = host.run("cat /proc/net/snmp").stdout
    names, values = re.findall(r"^Udp: (.*)$", counters, re.M)
    return int(dict(zip(names.split(), values.split()))["RcvbufErrors"])


def reconnect(laptop, home, until):
    """Seconds of each connect."""
    times = []
    while len(times) < ROUNDS and time.monotonic() < until:
        laptop.peerup("call", "transport", "transport.disconnect", f"peer={home.id}", check=False)
        begin = time.monotonic()
        laptop.peerup("call", "transport", "transport.connect", f"peer={home.id}")
        times.append(time.monotonic() - begin)
    return times


def under(lab, home, laptop, rate):
    pid = transport_pid(home)
    flood = None
    if rate:
        flood = lab.a.spawn([f"{BIN}/quic_flood", lab.b.address, str(home.port), str(rate), str(SECONDS), PREFIX],
                            stdout=-1, text=True)
        idle = cpu_seconds(pid)
        net.wait_for(lambda: cpu_seconds(pid) > idle + 0.05, "the flood")
    lost, cpu, begin = lost_by_kernel(lab.b), cpu_seconds(pid), time.monotonic()
    times = sorted(reconnect(laptop, home, begin + SECONDS - 3))
    wall = time.monotonic() - begin
    cpu = cpu_seconds(pid) - cpu
    lost = lost_by_kernel(lab.b) - lost
    sent = json.loads(flood.communicate()[0])["per_second"] if flood else 0
    return [f"{sent:,.0f}", f"{len(times)}", f"{statistics.median(times) * 1000:.0f}",
            f"{times[len(times) * 99 // 100] * 1000:.0f}", f"{times[-1] * 1000:.0f}", f"{cpu / wall:.0%}",
            f"{lost / wall:,.0f}"]


def without_tcp(node):
    """Else a connect would go around the flood."""
    with open(node.config) as config:
        lines = [line for line in config if "/tcp/" not in line]
    with open(node.config, "w") as config:
        config.writelines(lines)


def measure(options, table):
    with net.Lab() as lab:
        lab.b.run(f"ip route add {PREFIX}.0.0/16 via {lab.a.address}")
        lab.a.run(f"ip route add blackhole {PREFIX}.0.0/16")
        home, laptop = pair(lab)
        without_tcp(home)
        home.start()
        laptop.start()
        laptop.peerup("connect", "home")
        rows = [under(lab, home, laptop, rate) for rate in RATES]
    table("An authorized peer connects during a flood of first packets, forged addresses",
          ["flood per second", "connects", "median ms", "p99 ms", "longest ms", "CPU of transport", "lost by the kernel per second"], rows)
