"""What a relay holds and how late its messages are with thousands of clients, each with its own identity (relay_load.c)."""
import json, subprocess, time

import net
from idle import quiet_kib
from node import BIN

CLIENTS, CIRCUITS, SECONDS, RENEWALS = 10000, 1000, 20, 100000
PREFIX = "10.78"  # of the clients' addresses: guests of one address may ask 60 times at once
QUIET_SECONDS = 25

# Whoever comes is a guest here.
LIMITS = """
limits:
  connections: 20000
  connections_per_ip: 20000
  memory: 4GB
"""
RELAY = """
  open: true
  max_reservations: 20000
  max_reservations_per_ip: 20000
  guest_reservations: 20000
  guest_circuits: 20000
"""


def allow(node):
    with open(node.config) as file:
        text = file.read()
    with open(node.config, "w") as file:
        file.write(text.replace("\nrelay:", "\nrelay:" + RELAY.rstrip(), 1) + LIMITS)


class Load:
    def __init__(self, lab, relay, port):
        lab.a.run(f"ip route add local {PREFIX}.0.0/16 dev lo")
        lab.r.run(f"ip route add {PREFIX}.0.0/16 via {lab.a.address}")
        self.child = lab.a.spawn([f"{BIN}/relay_load", lab.r.address, str(port), PREFIX, str(CLIENTS), str(CIRCUITS), str(SECONDS),
                                  str(RENEWALS)], log=f"{relay.dir}/load", stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def phase(self):
        return json.loads(self.child.stdout.readline())

    def next_phase(self):
        self.child.stdin.write(b"\n")
        self.child.stdin.flush()
        return self.phase()


def measure(lab, relay, pid, port, table):
    load = Load(lab, relay, port)
    some = load.phase()
    some_kib = quiet_kib(pid, QUIET_SECONDS)
    all_of_them = load.next_phase()
    all_kib = quiet_kib(pid, QUIET_SECONDS)
    seen = json.loads(relay.peerup("call", "transport", "transport.relaying"))
    circuits = load.next_phase()
    circuits_kib = quiet_kib(pid, QUIET_SECONDS)
    before = net.cpu_seconds([lab.r]).get(pid)
    messages = load.next_phase()
    cpu = net.cpu_seconds([lab.r]).get(pid) - before
    first = load.next_phase()
    first_kib = quiet_kib(pid, QUIET_SECONDS)
    last = load.next_phase()
    last_kib = quiet_kib(pid, QUIET_SECONDS)
    each = (all_kib - some_kib) / (all_of_them["reservations"] - some["reservations"])
    table(f"A relay with {CLIENTS:,} clients (QUIC, guests, one load generator)", ["", ""], [
        ["reservations held", f"{seen['reservations_len']:,} ({all_of_them['failed']} failed)"],
        ["taken per second", f"{(all_of_them['reservations'] - some['reservations']) / all_of_them['seconds']:.0f}"],
        ["private memory of its transport", f"{all_kib / 1024:.0f} MiB"],
        ["for each reservation, its connection included", f"{each:.1f} KiB"],
        ["circuits", f"{circuits['circuits']:,} ({circuits['failed']} failed)"],
        ["for each idle circuit", f"{(circuits_kib - all_kib) / circuits['circuits']:.1f} KiB"],
        ["64 bytes through and back, each circuit once a second: median", f"{messages['median_ms']:.2f} ms"],
        ["99th percentile", f"{messages['p99_ms']:.2f} ms"],
        ["longest", f"{messages['max_ms']:.2f} ms"],
        ["messages without an answer", f"{messages['missed']} of {messages['messages'] + messages['missed']:,}"],
        ["CPU of its transport meanwhile", f"{100 * cpu / SECONDS:.0f} %"],
        [f"private memory after {first['renewals']:,} clients went and others came, reserved, built a circuit and closed it",
         f"{first_kib / 1024:.0f} MiB"],
        [f"after {last['renewals']:,} ({last['failed']} failed, {last['renewals'] / (first['seconds'] + last['seconds']):.0f} per second)",
         f"{last_kib / 1024:.0f} MiB"]])
