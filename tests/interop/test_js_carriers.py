"""js-libp2p over TCP and WebSocket, secured by Noise or TLS, in both roles."""

import concurrent.futures
import contextlib
import hashlib
import os
import shutil
import socket
import struct
import subprocess
import threading
import time

import servers
from carriers import Web, check_secured, configure, connections, meet, offer, step, unused
from jspeer import js_peer, listen_at
from nodes import SLOW, Node, check, running, scratch, until, waits

MB = 1 << 20
STRANGER = "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"
NOISE, TLS = "/noise", "/tls/1.0.0"
BOTH_WAYS = ["noise", "tls"]


class Ends:
    """A service that notes how its clients end."""

    def __init__(self):
        self.seen = []

    def __call__(self, connection):
        connection.sendall(b"hello")
        try:
            while connection.recv(4096):
                pass
            self.seen.append("eof")
        except ConnectionResetError:
            self.seen.append("reset")


class HalfClosesFirst:
    """A service that says something, half-closes, and still reads to the end."""

    def __init__(self):
        self.heard = []

    def __call__(self, connection):
        connection.sendall(b"that is all")
        connection.shutdown(socket.SHUT_WR)
        total = 0
        while data := connection.recv(4096):
            total += len(data)
        self.heard.append(total)


def resets(connection):
    """A service that resets once it has read something."""
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


# ---- js dials us ----


def identify_both_ways(js, node):
    seen = js.ask("identified")
    check(seen["agent"].startswith("peerup/"), seen)
    check("/ipfs/ping/1.0.0" in seen["protocols"], seen)
    check("/tcp/" in seen["observed"], f"its own address is told: {seen}")
    (peer,) = until(
        lambda: [c for c in connections(node, js.id) if c["agent"]], 5, "our identify of js"
    )
    check(peer["agent"].startswith("js-libp2p/"), peer)
    check("/peerup/echo/1.0.0" in peer["protocols"], peer)


def js_uses_services(js, ends, late):
    with step("10 MB there and back"):
        check(js.ask("echo", protocol="/peerup/echo/1.0.0", bytes=10 * MB)["same"], "10 MB")
    with step("js half-closes first"):
        answer = js.ask("ask", protocol="/peerup/sink/1.0.0", text="x" * 1000)
        check(answer["text"] == "1000\n", answer)
    with step("the service half-closes first"):
        answer = js.ask("hear", protocol="/peerup/late/1.0.0", text="x" * 1000)
        check(answer["text"] == "that is all", answer)
        until(lambda: late.heard, 5, "what js sent after that")
        check(late.heard == [1000], late.heard)
    with step("js resets"):
        js.ask("abort", protocol="/peerup/watch/1.0.0", text="x")
        until(lambda: ends.seen, 5, "the end of the service's connection")
        check(ends.seen == ["reset"], ends.seen)
    with step("the service resets"):
        answer = js.ask("end", protocol="/peerup/resets/1.0.0", text="x")
        check(answer["error"] == "StreamResetError", answer)
    with step("100 streams at once"):
        answer = js.ask("many", protocol="/peerup/echo/1.0.0", count=100)
        check(answer["same"] == 100, answer)


def js_dials_us(carrier, security, encryption):
    """All that js does with a node that it has dialed."""
    ends, late = Ends(), HalfClosesFirst()
    with contextlib.ExitStack() as stack:
        root = stack.enter_context(scratch())
        web = Web(root) if carrier == "wss" else None
        authority = web.cert if web else None
        js = stack.enter_context(js_peer("dialer", security=security, authority=authority))
        serve = {"echo": servers.echo, "sink": servers.sink_then_report, "watch": ends}
        serve.update(late=late, resets=resets)
        ports = {name: stack.enter_context(servers.each(what)) for name, what in serve.items()}
        node, here = Node("home", root), unused(carrier)
        network = {"tls_certificate": str(web.cert), "tls_key": str(web.key)} if web else {}
        configure(node, [here], network)
        meet(node, js)
        offer(node, **ports)
        stack.enter_context(running(node))
        with step("handshake"):
            reached = js.ask("dial", addr=f"{here}/p2p/{node.id}")
            check(reached["peer"] == node.id, "the peer ID is proved")
            check_secured(reached, encryption)
        with step("identify"):
            identify_both_ways(js, node)
        with step("ping"):
            for _ in range(3):
                check(js.ask("ping")["ms"] < 1000 * SLOW, "an answer in time")
        js_uses_services(js, ends, late)
        with step("all that over one connection"):
            check(js.ask("seen")["opened"] == 1, js.ask("seen"))
            found = connections(node, js.id)
            check(len(found) == 1, f"one connection: {found}")
        with step("js that expects another peer refuses us"):
            js.fails("dial", addr=f"{here}/p2p/{STRANGER}")
            check(len(js.ask("connections")["list"]) == 1, "and has no other connection")


def test_js_with_noise_dials_us_over_tcp():
    js_dials_us("tcp", ["noise"], NOISE)


def test_js_with_tls_dials_us_over_tcp():
    js_dials_us("tcp", ["tls"], TLS)


def test_js_with_both_dials_us_over_tcp():
    js_dials_us("tcp", BOTH_WAYS, NOISE)  # the dialler chooses


def test_js_dials_us_over_websocket():
    js_dials_us("ws", ["noise"], NOISE)


def test_js_dials_us_over_secure_websocket():
    js_dials_us("wss", ["tls"], TLS)


def test_an_unknown_js_peer_is_closed_over_tcp():
    with scratch() as root, js_peer("unknown") as js:
        node, here = Node("home", root), unused("tcp")
        configure(node, [here])
        with running(node):
            with contextlib.suppress(Exception):  # refused at once, or a moment later
                js.ask("dial", addr=f"{here}/p2p/{node.id}")
            until(lambda: not js.connections_to(node.id), 5, "the refusal")
            check(not connections(node, js.id), "no connection")


# ---- we dial js ----


def one_of_many(address, data, all_open):
    with socket.create_connection(address, timeout=30 * SLOW) as client:
        client.sendall(data[:500])
        got = client.recv(4096)
        all_open.wait(30 * SLOW)
        client.sendall(data[500:])
        client.shutdown(socket.SHUT_WR)
        while block := client.recv(4096):
            got += block
        return got == data


def many_at_once(address, count):
    """How many of the clients, all connected at once, got their own bytes back."""
    all_open = threading.Barrier(count)
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        each = [
            pool.submit(one_of_many, address, os.urandom(1000), all_open) for _ in range(count)
        ]
        return sum(one.result() for one in each)


def reset_by_client(js, address):
    client = socket.create_connection(address, timeout=20)
    check(client.recv(10) == b"w", "the stream is open")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    # js does not tell its user a reset from a half-close: it only sees that the stream ends.
    until(lambda: js.ask("seen")["ended"], 5, "js to see the end")


def reset_by_js(address):
    with socket.create_connection(address, timeout=20) as client:
        client.sendall(b"x")
        try:
            check(client.recv(100) == b"", "no bytes")
        except ConnectionResetError:
            pass


def we_use_services_of_js(js, node):
    data = os.urandom(10 * MB)
    with step("10 MB there and back"), node.forward("js", "echo") as forward:
        check(servers.round_trip(forward.address, data, 60 * SLOW) == data, "10 MB and back")
    with step("we half-close first"), node.forward("js", "sum") as forward:
        answer = servers.round_trip(forward.address, data, 60 * SLOW)
        check(answer.decode() == hashlib.sha256(data).hexdigest(), "after our half-close")
    with step("js half-closes first"), node.forward("js", "first") as forward:
        with socket.create_connection(forward.address, timeout=20) as client:
            check(client.recv(100) == b"that is all" and client.recv(100) == b"", "js's half-close")
            client.sendall(b"x" * 1000)
            client.shutdown(socket.SHUT_WR)
            until(lambda: js.ask("seen")["heard"] == 1000, 5, "what we sent after that")
    with step("js resets"), node.forward("js", "cut") as forward:
        reset_by_js(forward.address)
    with step("the client resets"), node.forward("js", "watch") as forward:
        reset_by_client(js, forward.address)
    with step("100 streams at once"), node.forward("js", "echo") as forward:
        check(many_at_once(forward.address, 100) == 100, "all of them")


def we_dial(js, node, carrier, encryption):
    """All that a node does with a js peer that it dials."""
    meet(node, js, at=carrier)
    node.must("auth", "add", STRANGER, "--name", "stranger")
    node.must("peer", "add", "stranger", js.address_of(carrier))
    with running(node):
        with step("another peer than expected"):
            result = node.run("ping", "stranger", "-c", "1")
            check(result.code != 0, f"no answer from the wrong peer: {result}")
            check("peer" in result.err, f"and we say why: {result}")
        with step("handshake and ping"):
            node.must("ping", "js", "-c", "3", "--interval", "10ms")
            (seen,) = js.connections_to(node.id)
            check_secured(seen, encryption)
            check(seen["direction"] == "inbound", seen)
        with step("identify"):
            identify_both_ways(js, node)
        we_use_services_of_js(js, node)
        with step("all that over one connection"):
            check(len(js.connections_to(node.id)) == 1, "one connection")
            found = connections(node, js.id)
            check(len(found) == 1, f"one connection: {found}")


def we_dial_js(carrier, security, encryption):
    with js_peer("js", listen=listen_at(carrier), security=security) as js, scratch() as root:
        we_dial(js, Node("home", root), carrier, encryption)


def test_we_dial_js_with_noise_over_tcp():
    we_dial_js("tcp", ["noise"], NOISE)


def test_we_dial_js_with_tls_over_tcp():
    we_dial_js("tcp", ["tls"], TLS)


def test_we_dial_js_with_both_over_tcp():
    we_dial_js("tcp", BOTH_WAYS, TLS)  # we choose, and TLS costs less


def test_we_dial_js_over_websocket():
    we_dial_js("ws", ["noise"], NOISE)


def may_mount():
    """Whether a process of ours can have mounts of its own."""
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    return done.returncode == 0


def test_we_dial_js_over_secure_websocket():
    bundle = "/etc/ssl/certs/ca-certificates.crt"
    if not shutil.which("unshare") or not may_mount() or not os.path.exists(bundle):
        return "needs mounts of its own (root) and Debian's ca-certificates"
    with scratch() as root:
        web = Web(root)
        node = Node("home", root)
        # The system's authorities, as this node alone sees them: the test's, in their place.
        node.wrap = ["unshare", "--mount", "sh", "-c"]
        node.wrap += [f'mount --bind {web.cert} {bundle} && exec "$@"', "sh"]
        listen = listen_at("wss")
        key, cert = str(web.key), str(web.cert)
        with js_peer("js", listen=listen, security=["tls"], cert=cert, key=key) as js:
            we_dial(js, node, "wss", TLS)
    return None


def test_a_web_certificate_that_nobody_vouches_for_is_refused():
    with scratch() as root:
        web, node = Web(root), Node("home", root)
        key, cert = str(web.key), str(web.cert)
        with js_peer("js", listen=listen_at("wss"), cert=cert, key=key) as js:
            meet(node, js, at="wss")
            with running(node):
                result = node.run("ping", "js", "-c", "1")
                check(result.code != 0, f"not over an unknown certificate: {result}")
                check("ertificate" in result.err, f"and we say why: {result}")
                check(not js.ask("seen")["opened"], "js saw no connection")


# ---- silence ----


@waits
def test_idle_connections_live():
    """js asks each of its connections for a sign of life every 10 s, and we ask ours."""
    ours, theirs = [("tcp", "noise"), ("ws", "tls")], [("tcp", "tls"), ("ws", "noise")]
    with contextlib.ExitStack() as stack:
        root = stack.enter_context(scratch())
        node = Node("home", root)
        here = {carrier: unused(carrier) for carrier, _ in theirs}
        configure(node, here.values())
        peers = []
        for number, (carrier, security) in enumerate(ours + theirs):
            js = js_peer(f"js{number}", listen=listen_at(carrier), security=[security])
            peers.append(stack.enter_context(js))
        for js, (carrier, _) in zip(peers, ours + theirs, strict=True):
            meet(node, js, at=carrier)
        stack.enter_context(running(node))
        for js in peers[: len(ours)]:
            node.must("connect", js.name)
        for js, (carrier, _) in zip(peers[len(ours) :], theirs, strict=True):
            js.ask("dial", addr=f"{here[carrier]}/p2p/{node.id}")
        time.sleep(30)  # the time itself is tested
        for js in peers:
            check(js.ask("seen")["opened"] == 1, lambda: f"one connection: {js.ask('seen')}")
            check(js.ask("seen")["closed"] == 0, lambda: f"and the same: {js.ask('seen')}")
            js.ask("take")
            check(js.ask("ping")["ms"] < 1000 * SLOW, "and it answers")
            (peer,) = connections(node, js.id)
            check(peer["age_ms"] >= 29000, peer)


@waits
def test_a_connection_that_js_forgot_is_dropped():
    """js that finds another peer than expected behind TLS in a WebSocket leaves it open: to us
    it looks like a connection whose other end has fallen silent."""
    with scratch() as root, js_peer("dialer", security=["tls"]) as js:
        node, here = Node("home", root), unused("ws")
        configure(node, [here])
        meet(node, js)
        with running(node):
            js.fails("dial", addr=f"{here}/p2p/{STRANGER}")
            until(lambda: not connections(node, js.id), 20, "the end of it")
            check("peer.up" in node.log(), "it was one")
