"""js-libp2p over quinn and rustls, in both roles."""

import contextlib
import hashlib
import os
import socket
import time

import servers
from jspeer import js_peer
from nodes import SLOW, Node, check, running, scratch, until, waits

MB = 1 << 20
STRANGER = "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"


@contextlib.contextmanager
def home(*friends, **services):
    """One node that knows these js peers and offers these services."""
    with scratch() as root:
        node = Node("home", root)
        for number, friend in enumerate(friends):
            node.must("auth", "add", friend.id, "--name", f"js{number}")
            node.must("peer", "add", f"js{number}", friend.address)
        for name, port in services.items():
            node.must("service", "add", name, f"localhost:{port}")
        with running(node):
            yield node


@contextlib.contextmanager
def dialed(**services):
    """A js peer that has dialed a node."""
    with js_peer("dialer") as js, home(js, **services) as node:
        reached = js.ask("dial", addr=f"{node.address}/p2p/{node.id}")
        check(reached["peer"] == node.id, "the peer ID is proved")
        yield js, node


# ---- js dials us ----


def test_identify_both_ways():
    with dialed() as (js, node):
        seen = js.ask("identified")
        check(seen["agent"].startswith("peerup/"), seen)
        check("/ipfs/ping/1.0.0" in seen["protocols"], seen)
        check(node.address in seen["addrs"], f"our address is told over loopback: {seen}")
        check("/udp/" in seen["observed"], f"its own address is told: {seen}")

        def known():
            peers = node.call("transport", "transport.peers")["connections"]
            return [p for p in peers if p["peer_id"] == js.id and p["agent"]]

        (peer,) = until(known, 5, "our identify of js")
        check(peer["agent"].startswith("js-libp2p/"), peer)
        check("/peerup/echo/1.0.0" in peer["protocols"], peer)


def test_ping_of_js():
    with dialed() as (js, _):
        for _ in range(5):
            check(js.ask("ping")["ms"] < 1000 * SLOW, "an answer in time")


def test_pingpong_of_js():
    with dialed() as (js, _):
        check(js.ask("pingpong")["text"] == "pong\n", "pong")
        answer = js.ask("ask", protocol="/pingpong/1.0.0", text="what\n")
        check(answer["text"] == "unknown\n", answer)


def test_perf_of_js_both_directions():
    with dialed() as (js, _):
        check(js.ask("perf", up=8 * MB, down=0)["got"] == 0, "upload")
        check(js.ask("perf", up=0, down=8 * MB)["got"] == 8 * MB, "download")


def test_js_uses_a_service():
    with servers.each(servers.echo) as port, dialed(echo=port) as (js, _):
        answer = js.ask("echo", protocol="/peerup/echo/1.0.0", bytes=4 * MB)
        check(answer["same"], "4 MB there and back")


def test_half_close_by_js_reaches_the_service():
    with servers.each(servers.sink_then_report) as port, dialed(sink=port) as (js, _):
        answer = js.ask("ask", protocol="/peerup/sink/1.0.0", text="x" * 1000)
        check(answer["text"] == "1000\n", answer)


def test_reset_by_js_reaches_the_service():
    ended = []

    def watch(connection):
        connection.sendall(b"hello")
        try:
            while connection.recv(4096):
                pass
            ended.append("eof")
        except ConnectionResetError:
            ended.append("reset")

    with servers.each(watch) as port, dialed(watch=port) as (js, _):
        js.ask("abort", protocol="/peerup/watch/1.0.0", text="x")
        until(lambda: ended, 5, "the end of the service's connection")
        check(ended == ["reset"], ended)


def test_many_streams_of_js():
    with servers.each(servers.echo) as port, dialed(echo=port) as (js, _):
        for _ in range(400):  # more than the 256 that may be open at once
            check(js.ask("ask", protocol="/peerup/echo/1.0.0", text="hi")["text"] == "hi", "hi")


def test_js_expecting_another_peer_refuses_us():
    with js_peer("dialer") as js, home(js) as node:
        js.fails("dial", addr=f"{node.address}/p2p/{STRANGER}")


def test_an_unknown_js_peer_is_closed():
    with js_peer("unknown") as js, js_peer("friend") as friend, home(friend) as node:
        try:
            js.ask("dial", addr=f"{node.address}/p2p/{node.id}")
        except Exception:  # refused at once is as good as refused a moment later
            return
        until(lambda: not js.ask("connections")["list"], 5, "the refusal")
        check(not node.call("transport", "transport.peers").get("connections"), "no connection")


@waits
def test_an_idle_connection_of_js_lives():
    with dialed() as (js, _):
        time.sleep(30)  # the time itself is tested: quinn gives up after 10 s of silence
        check(len(js.ask("connections")["list"]) == 1, "still the same connection")
        check(js.ask("ping")["ms"] < 1000 * SLOW, "and it answers")


# ---- we dial js ----


def test_ping_js():
    with js_peer("listener") as js, home(js) as node:
        out = node.must("ping", "js0", "-c", "3", "--interval", "10ms", "--json").out
        check(js.id in out or "rtt" in out, out)
        check(len(js.ask("connections")["list"]) == 1, "one connection carries all")
        check(js.ask("identified")["agent"].startswith("peerup/"), "js identified us")


def test_a_forward_to_js():
    data = os.urandom(4 * MB)
    with js_peer("listener") as js, home(js) as node:
        with node.forward("js0", "echo") as forward:
            check(servers.round_trip(forward.address, data, 60 * SLOW) == data, "4 MB and back")
        with node.forward("js0", "sum") as forward:
            answer = servers.round_trip(forward.address, data, 60 * SLOW)
            check(answer.decode() == hashlib.sha256(data).hexdigest(), "after our half-close")


def test_a_reset_by_js_reaches_the_client():
    with js_peer("listener") as js, home(js) as node, node.forward("js0", "cut") as forward:
        with socket.create_connection(forward.address, timeout=20) as client:
            client.sendall(b"x")
            try:
                check(client.recv(100) == b"", "no bytes")
            except ConnectionResetError:
                pass


def test_a_reset_by_the_client_reaches_js():
    with js_peer("listener") as js, home(js) as node, node.forward("js0", "watch") as forward:
        client = socket.create_connection(forward.address, timeout=20)
        check(client.recv(10) == b"w", "the stream is open")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
        # js does not tell its user a reset from a half-close: it only sees that the stream ends.
        until(lambda: js.ask("seen")["ended"], 5, "js to see the end")


def test_a_service_that_js_does_not_have():
    with js_peer("listener") as js, home(js) as node, node.forward("js0", "nothing") as forward:
        check(not servers.round_trip(forward.address, b"hello"), "the client is told")


def test_perf_to_js():
    with js_peer("listener") as js, home(js) as node:
        node.must("perf", "js0", "--bytes", "4MB", "--upload")
        node.must("perf", "js0", "--bytes", "4MB", "--download")
        check(js.ask("connections")["list"], "the connection is still there")


def test_we_refuse_another_peer_than_expected():
    with js_peer("listener") as js, home() as node:
        node.must("auth", "add", STRANGER, "--name", "stranger")
        node.must("peer", "add", "stranger", js.address)
        result = node.run("ping", "stranger", "-c", "1")
        check(result.code != 0, f"no answer from the wrong peer: {result}")
        check("peer" in result.err, f"and we say why: {result}")


@waits
def test_an_idle_connection_to_js_lives():
    with js_peer("listener") as js, home(js) as node:
        node.must("connect", "js0")
        time.sleep(30)  # the time itself is tested: quinn gives up after 10 s of silence
        check(len(js.ask("connections")["list"]) == 1, "still the same connection")
        (peer,) = node.call("transport", "transport.peers")["connections"]
        check(peer["age_ms"] >= 29000, peer)
