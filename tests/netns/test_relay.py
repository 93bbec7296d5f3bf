"""Services through a relay of one's own, and what becomes of them when it, its address, its cable or
the network of a client goes away."""

import os
import pathlib
import signal
import time

import lab
import nodes


def kill_all(node):
    for pid in node.processes():
        os.kill(pid, signal.SIGKILL)
    node.daemon.wait()
    node.daemon = None


# ---- what it carries ----


def test_a_service_through_the_relay():
    with lab.lab() as made:
        relay = made.relay("relay")
        _, laptop = made.ready([relay], lab.at)
        got = made.hosts["b"].fetch("http://127.0.0.1:8080/big", 60)
        nodes.check(got == made.big, "20 MB through the relay are those that home has")
        nodes.check(set(made.paths().values()) == {"relayed"}, f"relayed: {made.paths()}")
        ping = laptop.must("ping", "home", "-c", "2", "--json")
        nodes.check('"relayed"' in ping.out, f"ping says relayed: {ping}")
        status = relay.must("relay", "status", "--json").out
        nodes.check(laptop.id in status, "the relay shows the reservation of laptop")
        services = laptop.must("services", "home")
        nodes.check("web" in services.out, f"services are listed: {services}")
        lab.stop_in_order(made)


def reached_by(address, outside, families=(4,), listen=None):
    with lab.lab(families=families) as made:
        relay = made.relay("relay", listen)
        made.rules(outside)
        made.ready([relay], lambda relay: [address(relay)])
        nodes.check(set(made.paths().values()) == {"relayed"}, f"relayed: {made.paths()}")
        listed = relay.call("transport", "transport.peers")["connections"]
        return {c["address"] for c in listed}


def test_ipv6_only():
    used = reached_by(lambda relay: f"[{relay.host.ip6}]:{relay.port}", "", families=(6,))
    nodes.check(all("/ip6/" in address for address in used), f"over IPv6: {used}")


def test_udp_is_blocked():
    used = reached_by(lambda relay: lab.at(relay)[0], "meta l4proto udp drop")
    nodes.check(all("/tcp/" in address for address in used), f"over TCP: {used}")


def test_only_tcp_port_443_is_let_out():
    used = reached_by(
        lambda relay: f"/ip4/{relay.host.ip}/tcp/443/ws",
        "meta l4proto udp drop\nct state new tcp dport != 443 drop",
        listen="/ip4/0.0.0.0/tcp/443/ws",
    )
    nodes.check(all(address.endswith("/ws") for address in used), f"over WebSocket: {used}")


# ---- what it survives ----


def test_relay_killed_and_started_again():
    with lab.lab() as made:
        relay = made.relay("relay")
        made.ready([relay], lab.at)
        kill_all(relay)
        nodes.until(lambda: not made.works(), 10, "nothing goes through a dead relay")
        relay.spawn()
        lab.within(made.again(20, "home answers again"), 6, "from the relay's start to carrying")
        os.kill(relay.pid("transport"), signal.SIGKILL)
        lab.within(made.again(20, "home answers again"), 8, "from the death of its transport to carrying")


def test_relay_unplugged_for_a_while():
    away = float(os.environ.get("PEERUP_UNPLUGGED", "12"))
    with lab.lab() as made:
        relay = made.relay("relay")
        made.ready([relay], lab.at)
        relay.host.unplug()
        nodes.until(lambda: not made.works(), 10, "nothing goes through a cable that is out")
        end = time.monotonic() + away
        nodes.until(lambda: time.monotonic() > end, away + 5, "the cable was out long enough")
        relay.host.unplug(plugged=True)
        lab.within(made.again(40, "home answers again"), 20, "from the plug to carrying")


def test_one_of_two_relays_is_killed():
    with lab.lab(relays=("relay", "relay2")) as made:
        used, _ = lab.two_relays(made)
        kill_all(used)
        lab.within(made.again(20, "home answers through the other"), 5, "from its death to the other")


def test_one_of_two_relays_leaves_in_order():
    with lab.lab(relays=("relay", "relay2")) as made:
        used, _ = lab.two_relays(made)
        used.stop()
        lab.within(made.again(20, "home answers through the other"), 5, "from its end to the other")


def test_one_of_two_relays_falls_silent():
    with lab.lab(relays=("relay", "relay2")) as made:
        used, _ = lab.two_relays(made)
        used.host.unplug()
        lab.within(made.again(30, "home answers through the other"), 20, "from its silence to the other")


def test_the_address_of_the_relay_changes():
    with lab.lab() as made:
        relay = made.relay("relay")
        files = [pathlib.Path(f"/etc/netns/{made.hosts[name].ns}/hosts") for name in "ab"]
        try:
            for file in files:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(f"127.0.0.1 localhost\n{relay.host.ip} my-relay\n", encoding="ascii")
            made.ready([relay], lambda relay: [f"my-relay:{relay.port}"])
            moved = relay.host.ip[:-1] + "9"
            for file in files:
                file.write_text(f"127.0.0.1 localhost\n{moved} my-relay\n", encoding="ascii")
            relay.host.address(f"{moved}/24", instead_of=f"{relay.host.ip}/24")
            lab.within(made.again(40, "home answers again"), 20, "from the new address to carrying")
        finally:
            for file in files:
                file.unlink(missing_ok=True)
                file.parent.rmdir()


def test_a_client_moves_to_another_address():
    with lab.lab() as made:
        relay = made.relay("relay")
        made.ready([relay], lab.at)
        for host in ("b", "a"):
            old = made.hosts[host].ip
            made.hosts[host].address(old[:-1] + "77/24", instead_of=f"{old}/24")
            lab.within(made.again(20, "home answers again"), 12, f"from the new address of {host}")


def test_direct_from_the_start():
    with lab.lab() as made:
        made.rules("accept")
        relay = made.relay("relay")
        home, laptop = made.introduce([relay], lab.at)
        laptop.must("peer", "add", "home", home.address.replace("127.0.0.1", home.host.ip))
        lab.authorize(relay, home, laptop)
        made.start(relay, home, laptop)
        lab.reserved(home, laptop)
        made.reach()
        nodes.check(set(made.paths().values()) == {"direct"}, f"direct: {made.paths()}")
        got = made.hosts["b"].fetch("http://127.0.0.1:8080/big", 60)
        nodes.check(got == made.big, "20 MB that go directly are those that home has")
        carried = relay.call("transport", "transport.relaying")
        nodes.check(carried["bytes"] == 0, f"nothing went through the relay: {carried}")
        lab.stop_in_order(made)


def test_direct_as_soon_as_it_is_possible():
    with lab.lab() as made:
        relay = made.relay("relay")
        made.ready([relay], lab.at)
        nodes.check(set(made.paths().values()) == {"relayed"}, f"relayed: {made.paths()}")
        made.rules("accept")
        # News of the network make nodes try at once what they try once a minute anyway.
        made.hosts["b"].run("ip", "addr", "add", "45.0.2.3/24", "dev", "eth0")
        nodes.until(lambda: "direct" in made.paths().values(), 15,
                    lambda: f"a direct connection: {made.paths()}")
        ping = made.nodes["laptop"].must("ping", "home", "-c", "1", "--json")
        nodes.check('"direct"' in ping.out, f"new streams go directly: {ping}")
