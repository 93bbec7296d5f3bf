"""Circuits with js-libp2p as relay, as the end that is dialed, and as the end that dials."""

import contextlib
import os
import time

import servers
from carriers import check_secured, configure, connections, offer, step, unused
from jspeer import js_peer, listen_at
from nodes import SLOW, Node, check, running, scratch, until, waits

MB = 1 << 20
NOISE, TLS = "/noise", "/tls/1.0.0"
UNLIMITED = {"data": None}  # js cuts circuits at 128 KiB unless told otherwise


def knows(node, *peers):
    for peer in peers:
        node.must("auth", "add", peer.id, "--name", peer.name)


def reserved(node):
    """What the node says of its only relay, once it has a reservation."""

    def ask():
        (relay,) = node.call("transport", "transport.relays")["relays"]
        return relay if relay["state"] == "reserved" else None

    return until(ask, 15, lambda: f"a reservation of {node.name}\n{node.log_tail()}")


def relayed(node, peer):
    """The node's only connection to this peer goes through a relay, and it knows who that is."""

    def identified():
        return [c for c in connections(node, peer.id) if c["agent"]]

    (found,) = until(identified, 5, f"{node.name}'s identify of {peer.name}")
    check(found["path"] == "relayed", lambda: f"relayed: {found}")
    check("/p2p-circuit" in found["address"], lambda: f"its address says so: {found}")
    return found


class World:
    """Our relay with a node `home` and a js peer `jim`; js's relay with a node `laptop` and a js
    peer `joe`. Who talks to whom decides which relay carries it."""

    def __init__(self, stack, carrier, security):
        root = stack.enter_context(scratch())
        self.ours, here = Node("ours", root), unused(carrier)
        self.our_relay = f"{here}/p2p/{self.ours.id}"
        self.theirs = stack.enter_context(
            js_peer("theirs", listen=listen_at(carrier), security=security, relay=UNLIMITED)
        )
        self.their_relay = f"{self.theirs.address_of(carrier)}/p2p/{self.theirs.id}"
        self.home, self.laptop = Node("home", root), Node("laptop", root)
        echo = stack.enter_context(servers.each(servers.echo))
        configure(self.ours, [here], relay={"serve": True})
        for node, relay in ((self.home, self.our_relay), (self.laptop, self.their_relay)):
            configure(node, [unused("quic")], relay={"addresses": [relay]})
            offer(node, echo=echo)
        self.jim, self.joe = (
            stack.enter_context(js_peer(name, listen=[], security=security))
            for name in ("jim", "joe")
        )
        self.introduce()
        stack.enter_context(running(self.ours, self.home, self.laptop))
        self.jim.ask("relay", addr=self.our_relay)
        self.joe.ask("relay", addr=self.their_relay)
        reserved(self.home)
        reserved(self.laptop)

    def introduce(self):
        """Each lets the others in; a name's address is the way through the relay it is at."""
        knows(self.ours, self.home, self.laptop, self.jim, self.joe)
        at_ours, at_theirs = (self.home, self.jim), (self.laptop, self.joe)
        for node in (self.home, self.laptop):
            for peers, relay in ((at_ours, self.our_relay), (at_theirs, self.their_relay)):
                for peer in peers:
                    if peer is not node:
                        knows(node, peer)
                        node.must("peer", "add", peer.name, f"{relay}/p2p-circuit")
            knows(node, self.theirs, self.ours)


def we_reach(node, peer):
    """A service of the peer, whoever runs it, through a relay."""
    data = os.urandom(10 * MB)
    node.must("ping", peer.name, "-c", "2", "--interval", "10ms")
    relayed(node, peer)
    with node.forward(peer.name, "echo") as forward:
        check(servers.round_trip(forward.address, data, 60 * SLOW) == data, "10 MB and back")
    relayed(node, peer)


def js_reaches(js, relay, peer, encryption):
    """The same from js, which also says what the circuit is secured and carried by."""
    seen = js.ask("dial", addr=f"{relay}/p2p-circuit/p2p/{peer.id}")
    check(seen["peer"] == peer.id, "the peer ID is proved")
    check("/p2p-circuit" in seen["address"], seen)
    check_secured(seen, encryption)
    check(seen["limits"] is None, f"nothing limits it: {seen}")
    check(js.ask("identified", peer=peer.id), "identify over the circuit")
    check(js.ask("ping")["ms"] < 1000 * SLOW, "an answer in time")
    answer = js.ask("echo", protocol="/peerup/echo/1.0.0", bytes=10 * MB, seconds=90)
    check(answer["same"], "10 MB there and back")
    check(js.ask("many", protocol="/peerup/echo/1.0.0", count=20)["same"] == 20, "streams")


def check_legs(world, encryption):
    """What carries the circuits between js and relays is what this test is about."""
    legs = world.jim.connections_to(world.ours.id)
    legs += world.theirs.connections_to(world.laptop.id)
    check(len(legs) == 2, legs)
    for leg in legs:
        check_secured(leg, encryption)


def everybody_through_everybody(carrier, security, encryption):
    with contextlib.ExitStack() as stack:
        world = World(stack, carrier, security)
        home, laptop, jim, joe = world.home, world.laptop, world.jim, world.joe
        if len(security) == 1:
            check_legs(world, encryption)
        with step("ours to ours through ours"):
            we_reach(laptop, home)
            relayed(home, laptop)
            laptop.must("disconnect", "home")
        with step("ours to ours through js"):
            we_reach(home, laptop)
            home.must("disconnect", "laptop")
        with step("js to js through ours"):
            js_reaches(joe, world.our_relay, jim, encryption)
        with step("js to ours through ours"):
            js_reaches(joe, world.our_relay, home, encryption)
            relayed(home, joe)
            joe.ask("close")
        with step("js to ours through js"):
            js_reaches(jim, world.their_relay, laptop, encryption)
            relayed(laptop, jim)
            jim.ask("close")
        with step("ours to js through ours"):
            until(lambda: not connections(laptop, jim.id), 5, "the end of the last circuit")
            we_reach(laptop, jim)
            check(jim.ask("identified", peer=laptop.id), "identify over the circuit")
        with step("ours to js through js"):
            until(lambda: not connections(home, joe.id), 5, "the end of the last circuit")
            we_reach(home, joe)
            check(joe.ask("identified", peer=home.id), "identify over the circuit")
        with step("our relay's view"):
            books = world.ours.call("transport", "transport.relaying")
            check({r["peer_id"] for r in books["reservations"]} == {home.id, jim.id}, books)
            check(books["bytes"] > 80 * MB, f"four times 10 MB in both directions: {books}")


def test_circuits_over_quic():
    everybody_through_everybody("quic", ["noise", "tls"], NOISE)


def test_circuits_over_tcp_with_noise():
    everybody_through_everybody("tcp", ["noise"], NOISE)


def test_circuits_over_tcp_with_tls():
    everybody_through_everybody("tcp", ["tls"], TLS)


def test_circuits_over_websocket():
    everybody_through_everybody("ws", ["noise"], NOISE)


# ---- time and limits ----


def relay_node(stack, root, name, **options):
    """A relay of ours over TCP, and its address; it must still be started."""
    node, here = Node(name, root), unused("tcp")
    configure(node, [here], relay={"serve": True, **options})
    return node, f"{here}/p2p/{node.id}"


def reservations(relay):
    """Who is reserved there, and for how many seconds more."""
    books = relay.call("transport", "transport.relaying")
    return {r["peer_id"]: r["expires_ms"] / 1000 for r in books["reservations"]}


def dial_through(js, relay, peer):
    return js.ask("dial", addr=f"{relay}/p2p-circuit/p2p/{peer.id}")


@waits
def test_reservations_are_renewed_in_time_or_end():
    """js renews after 30 s, whatever the relay says; we renew when three quarters are over."""
    with contextlib.ExitStack() as stack:
        root = stack.enter_context(scratch())
        brief, brief_relay = relay_node(stack, root, "brief", reservation_ttl="10s")
        long, long_relay = relay_node(stack, root, "long", reservation_ttl="36s")
        options = {"listen": listen_at("tcp"), "relay": {**UNLIMITED, "ttl": 10000}}
        theirs = stack.enter_context(js_peer("theirs", **options))
        jim, joe = (stack.enter_context(js_peer(name, listen=[])) for name in ("jim", "joe"))
        home = Node("home", root)
        their_relay = f"{theirs.address_of('tcp')}/p2p/{theirs.id}"
        configure(home, [unused("quic")], relay={"addresses": [brief_relay, their_relay]})
        for node in (brief, long):
            knows(node, home, jim, joe)
        knows(home, jim, joe, theirs, brief)
        stack.enter_context(running(brief, long, home))
        jim.ask("relay", addr=brief_relay)
        jim.ask("relay", addr=long_relay)
        start = time.monotonic()

        def both_reserved():
            relays = home.call("transport", "transport.relays")["relays"]
            return all(r["state"] == "reserved" for r in relays)

        until(both_reserved, 10, "home's reservations")
        with step("one that is not renewed ends"):
            dial_through(joe, brief_relay, jim)
            until(lambda: jim.id not in reservations(brief), 20, "the end of it")
            check(joe.ask("ping")["ms"] < 1000 * SLOW, "a circuit outlives its reservation")
            joe.ask("close")
            joe.fails("dial", addr=f"{brief_relay}/p2p-circuit/p2p/{jim.id}")
            error = joe.ask("why")["code"]
            check(error == "NO_RESERVATION", f"the relay says why: {error}")
        with step("ours live on, at ours and at js's"):
            while time.monotonic() < start + 25:  # more than twice their time
                check(home.id in reservations(brief), "reserved at ours")
                check(both_reserved(), lambda: home.call("transport", "transport.relays"))
                time.sleep(0.5)
            for relay in (brief_relay, their_relay):
                dial_through(joe, relay, home)
                check(joe.ask("ping")["ms"] < 1000 * SLOW, "and it answers")
                joe.ask("close")
        with step("js's lives on at ours"):
            time.sleep(max(0, start + 38 - time.monotonic()))  # it would be over
            check(reservations(long)[jim.id] > 20, lambda: reservations(long))
            dial_through(joe, long_relay, jim)
            check(joe.ask("ping")["ms"] < 1000 * SLOW, "and js answers")


def test_limits_of_our_relay_are_told_to_js_and_kept():
    with contextlib.ExitStack() as stack:
        root = stack.enter_context(scratch())
        limits = {"session_data": "1MB", "session_duration": "4s"}
        relay, address = relay_node(stack, root, "relay", **limits)
        jim, joe = (stack.enter_context(js_peer(name, listen=[])) for name in ("jim", "joe"))
        knows(relay, jim, joe)
        stack.enter_context(running(relay))
        jim.ask("relay", addr=address)
        with step("bytes"):
            seen = dial_through(joe, address, jim)
            left = int(seen["limits"]["bytes"])  # js counts what the handshake took
            check(MB - 5000 < left <= MB and 0 < seen["limits"]["seconds"] <= 4, seen)
            check(joe.ask("echo", protocol="/peerup/echo/1.0.0", bytes=500_000)["same"], "500 kB")
            joe.fails("echo", protocol="/peerup/echo/1.0.0", bytes=10 * MB)
            until(lambda: not joe.connections_to(jim.id), 5, "the circuit's end")
        with step("time"):
            dial_through(joe, address, jim)
            check(joe.ask("ping")["ms"] < 1000 * SLOW, "it runs")
            start = time.monotonic()
            until(lambda: not joe.connections_to(jim.id), 8, "the circuit's end")
            check(time.monotonic() - start > 2, "not before its time")


def test_limits_of_a_js_relay_cut_our_circuit_and_no_more():
    with contextlib.ExitStack() as stack:
        root = stack.enter_context(scratch())
        js = stack.enter_context(js_peer("theirs", listen=listen_at("tcp"), relay={}))
        relay = f"{js.address_of('tcp')}/p2p/{js.id}"
        home, laptop = Node("home", root), Node("laptop", root)
        offer(home, echo=stack.enter_context(servers.each(servers.echo)))
        for node, other in ((home, laptop), (laptop, home)):
            configure(node, [unused("quic")], relay={"addresses": [relay]})
            knows(node, other, js)
        stack.enter_context(running(home, laptop))
        check(reserved(home)["data"] == 131072, lambda: f"js says its limit: {reserved(home)}")
        reserved(laptop)
        with laptop.forward("home", "echo") as forward:
            small, big = os.urandom(10_000), os.urandom(MB)
            check(servers.round_trip(forward.address, small) == small, "10 kB and back")
            relayed(laptop, home)
            check(servers.round_trip(forward.address, big) != big, "js cuts 1 MB")
            until(
                lambda: servers.round_trip(forward.address, small) == small, 10, "a new circuit"
            )


def test_strangers_and_guests_of_js_at_our_relay():
    with contextlib.ExitStack() as stack:
        root = stack.enter_context(scratch())
        closed, closed_relay = relay_node(stack, root, "closed")
        opened, open_relay = relay_node(stack, root, "open", open=True)
        jim, joe = (stack.enter_context(js_peer(name, listen=[])) for name in ("jim", "joe"))
        stack.enter_context(running(closed, opened))
        with step("strangers are refused"):
            jim.fails("relay", addr=closed_relay)
            check(not reservations(closed), "no reservation")
        with step("guests are let in, with limits"):
            jim.ask("relay", addr=open_relay)
            check(jim.id in reservations(opened), "a reservation")
            seen = dial_through(joe, open_relay, jim)
            check(seen["limits"], f"told: {seen}")
            check(joe.ask("ping")["ms"] < 1000 * SLOW, "it carries")
            joe.fails("ask", protocol="/peerup/nothing/1.0.0", text="x")
        with step("a peer that is not reserved is not reached"):
            joe.ask("close")
            jim.fails("dial", addr=f"{open_relay}/p2p-circuit/p2p/{joe.id}")
            check(jim.ask("why")["code"] == "NO_RESERVATION", jim.ask("why"))
