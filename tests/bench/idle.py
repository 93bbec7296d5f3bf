"""What five idle processes cost: private memory, wakeups; and whether it stays so after work."""
import glob, json, time

import contestants, net
from node import BIN, Node, pair

QUIET_SECONDS = 20
CROWD = 42  # more idle peers; the first third makes room that the others use
CONNECTS = 1000


def processes(node):
    """{pid: service} of a node's five processes."""
    services = json.loads(node.peerup("status", "--json"))["services"]
    return {s["pid"]: s["name"] for s in services}


def private_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        return sum(int(line.split()[1]) for line in rollup if line.startswith("Private_"))


def quiet_kib(pid, seconds=QUIET_SECONDS):
    time.sleep(seconds)  # spare buffers are given back when they were not needed for a while
    return private_kib(pid)


def memory(pids):
    return {name: private_kib(pid) for pid, name in pids.items()}


def switches(pid):
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/status"):
        with open(path) as status:
            total += sum(int(line.split()[1]) for line in status if line.startswith("voluntary_ctxt"))
    return total


def wakeups(pids):
    time.sleep(QUIET_SECONDS)  # the thing measured is time passing; what starting caused is over
    before = sum(map(switches, pids))
    time.sleep(QUIET_SECONDS)
    return (sum(map(switches, pids)) - before) / QUIET_SECONDS


def crowd(lab, home, pids):
    """KiB of home's transport for each further idle peer."""
    transport = next(pid for pid, name in pids.items() if name == "transport")
    start = CROWD // 3
    for number in range(CROWD):
        if number == start:
            before = quiet_kib(transport)
        guest = Node(lab.a, f"guest{number}", 4100 + number)
        home.knows(guest)
        guest.knows(home)
        guest.start()
        guest.peerup("connect", "home")
    net.wait_for(lambda: len(json.loads(home.peerup("peers", "--json"))["peers"]) == CROWD + 1, "the crowd")
    return (quiet_kib(transport) - before) / (CROWD - start)


def reconnect(laptop, home):
    for _ in range(CONNECTS):
        laptop.peerup("call", "transport", "transport.disconnect", f"peer={home.id}", check=False)
        laptop.peerup("call", "transport", "transport.connect", f"peer={home.id}")


def measure(options, table):
    load = f"{BIN}/tcp_load"
    states = {}
    with net.Lab() as lab:
        lab.b.spawn([load, "echo", lab.b.address, "7000"])
        home, laptop = pair(lab)
        with open(home.config, "a") as config:
            config.write("\nlimits:\n  connections_per_ip: 64\n")
        home.peerup("service", "add", "echo", f"{lab.b.address}:7000")
        home.start()
        pids = processes(home)
        alone_wakeups = wakeups(pids)
        states["alone"] = memory(pids)
        laptop.start()
        laptop.peerup("connect", "home")
        peer_wakeups = wakeups(pids)
        states["one peer"] = memory(pids)
        each = crowd(lab, home, pids)
        states["and the crowd"] = memory(pids)
        port = contestants.forward(laptop, "echo", 7100)
        for count in ("10,000 streams", "20,000 streams"):
            lab.a.run([load, "connect", "127.0.0.1", str(port), "10000", "32"])
            states[count] = memory(pids)
        reconnect(laptop, home)
        states[f"{CONNECTS:,} connects"] = memory(pids)
    rows = [[name, *(f"{state[name]}" for state in states.values())] for name in states["alone"]]
    rows.append(["all", *(f"{sum(state.values())}" for state in states.values())])
    table(f"Private memory of an idle node, KiB (crowd: {CROWD} more idle peers)", ["", *states], rows)
    print(f"\nper further idle peer: {each:.1f} KiB"
          f"\nwakeups per second, all five: {alone_wakeups:.2f} alone, {peer_wakeups:.2f} with one idle peer")
