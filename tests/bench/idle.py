"""What five idle processes cost: private memory, wakeups; and whether it stays so after work."""
import json, time

import contestants, net
from node import BIN, pair

QUIET_SECONDS = 20


def processes(node):
    """{pid: service} of a node's five processes."""
    services = json.loads(node.peerup("status", "--json"))["services"]
    return {s["pid"]: s["name"] for s in services}


def private_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        return sum(int(line.split()[1]) for line in rollup if line.startswith("Private_"))


def switches(pid):
    import glob
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/status"):
        with open(path) as status:
            total += sum(int(line.split()[1]) for line in status if line.startswith("voluntary_ctxt"))
    return total


def wakeups(pids):
    before = sum(map(switches, pids))
    time.sleep(QUIET_SECONDS)  # the thing measured is time passing
    return (sum(map(switches, pids)) - before) / QUIET_SECONDS


def measure(options, table):
    load = f"{BIN}/tcp_load"
    with net.Lab() as lab:
        lab.b.spawn([load, "echo", lab.b.address, "7000"])
        home, laptop = pair(lab)
        home.peerup("service", "add", "echo", f"{lab.b.address}:7000")
        home.start()
        pids = processes(home)
        alone = {name: private_kib(pid) for pid, name in pids.items()}
        alone_wakeups = wakeups(pids)
        laptop.start()
        port = contestants.forward(laptop, "echo", 7100)
        lab.a.run([load, "rtt", "127.0.0.1", str(port), "10"])
        one_peer = {name: private_kib(pid) for pid, name in pids.items()}
        peer_wakeups = wakeups(pids)
        lab.a.run([load, "connect", "127.0.0.1", str(port), "10000", "32"])
        first = {name: private_kib(pid) for pid, name in pids.items()}
        lab.a.run([load, "connect", "127.0.0.1", str(port), "10000", "32"])
        second = {name: private_kib(pid) for pid, name in pids.items()}
    rows = [[name, *(f"{state[name]}" for state in (alone, one_peer, first, second))] for name in alone]
    rows.append(["all", *(f"{sum(state.values())}" for state in (alone, one_peer, first, second))])
    table("Private memory of an idle node, KiB",
          ["", "alone", "one peer", "after 10,000 streams", "after 20,000"], rows)
    print(f"\nwakeups per second, all five: {alone_wakeups:.2f} alone, {peer_wakeups:.2f} with one idle peer")
