"""Bytes through the tunnel: large, many at once, half-closed, over Unix sockets."""

import concurrent.futures
import hashlib
import os
import pathlib
import socket
import stat
import subprocess

import servers
from nodes import SLOW, check, pair, until

MB = 1 << 20


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def curl(url, *more):
    """The hash of what curl gets."""
    fetch = subprocess.Popen(
        ["curl", "-sSf", "--max-time", str(120 * SLOW), *more, url], stdout=subprocess.PIPE
    )
    digest = hashlib.sha256()
    while block := fetch.stdout.read(MB):
        digest.update(block)
    check(fetch.wait() == 0, f"curl {url} ended with {fetch.returncode}")
    return digest.hexdigest()


def test_curl_of_100_mb():
    with servers.each(servers.echo) as unused, pair(other=unused) as both:
        site = both.home.dir / "site"
        site.mkdir()
        data = os.urandom(100 * MB)
        (site / "data").write_bytes(data)
        with servers.web(site) as port:
            both.home.must("service", "add", "web", f"localhost:{port}")
            with both.laptop.forward("home", "web") as forward:
                check(curl(forward.url + "/data") == sha256(data), "the bytes are the same")


def test_upload_of_50_mb():
    data = os.urandom(50 * MB)
    with servers.each(servers.sink_then_report) as port, pair(sink=port) as both:
        with both.laptop.forward("home", "sink") as forward:
            answer = servers.round_trip(forward.address, data, timeout=120 * SLOW)
            check(answer == b"%d\n" % len(data), f"all bytes arrived: {answer}")


def test_50_clients_at_once():
    with servers.each(servers.echo) as port, pair(echo=port) as both:
        with both.laptop.forward("home", "echo") as forward:
            blocks = [os.urandom(200_000 + i) for i in range(50)]
            with concurrent.futures.ThreadPoolExecutor(50) as pool:
                answers = pool.map(
                    lambda block: servers.round_trip(forward.address, block, 60 * SLOW), blocks
                )
            broken = [i for i, answer in enumerate(answers) if answer != blocks[i]]
            check(not broken, f"clients {broken} got other bytes")
        check(len(both.laptop.call("transport", "transport.peers")["connections"]) == 1,
              "one connection carried them all")


def test_half_close_by_nc():
    with servers.each(servers.sink_then_report) as port, pair(sink=port) as both:
        with both.laptop.forward("home", "sink") as forward:
            host, where = forward.address
            done = subprocess.run(
                ["nc", "-N", host, str(where)], input=b"x" * 123456, capture_output=True,
                timeout=30 * SLOW, check=False,
            )
            check(done.stdout == b"123456\n", f"the server saw the end and answered: {done}")


def test_half_close_by_the_server():
    def speak_then_listen(connection):
        connection.sendall(b"bye")
        connection.shutdown(socket.SHUT_WR)
        heard.append(connection.recv(100))

    heard = []
    with servers.each(speak_then_listen) as port, pair(odd=port) as both:
        with both.laptop.forward("home", "odd") as forward:
            with socket.create_connection(forward.address, 20) as client:
                check(client.recv(100) == b"bye", "the words of the server")
                check(client.recv(100) == b"", "its end")
                client.sendall(b"still here")
                until(lambda: heard == [b"still here"], 5, "our direction stayed open")


def test_client_that_leaves_early():
    with servers.each(servers.endless) as port, pair(endless=port) as both:
        with both.laptop.forward("home", "endless") as forward:
            with socket.create_connection(forward.address, 20) as client:
                client.settimeout(20)
                check(client.recv(1000), "it is served, and leaves the rest unread")

            def usage():
                return both.laptop.call("proxy", "proxy.status")["usage"][0]

            until(lambda: usage()["active"] == 0, 10, "its stream ends")
            check((usage()["total"], usage()["failed"]) == (1, 0), f"nothing failed: {usage()}")
            log = both.laptop.log()
            check("forward.failed" not in log, f"the peer is not blamed\n{log}")


def test_unix_sockets_at_both_ends():
    with pair() as both:
        target = pathlib.Path(both.home.dir) / "app.sock"
        listen = pathlib.Path(both.laptop.dir) / "in.sock"
        with servers.each(servers.echo, path=target):
            both.home.must("service", "add", "app", f"unix:{target}")
            with both.laptop.forward("home", "app", f"unix:{listen}"):
                check(stat.S_IMODE(listen.stat().st_mode) == 0o600, "the socket is private")
                until(
                    lambda: servers.round_trip(str(listen), b"hello") == b"hello", 10, "it echoes"
                )
        until(lambda: not listen.exists(), 5, "the socket is gone with the forward")


def test_localhost_is_both_loopback_addresses():
    port = servers.free_port()
    with servers.each(servers.echo) as target, pair(echo=target) as both:
        with both.laptop.forward("home", "echo", port):
            for host in ("127.0.0.1", "::1"):
                with socket.create_connection((host, port), 20) as client:
                    client.settimeout(20)
                    client.sendall(b"hello")
                    check(client.recv(100) == b"hello", f"{host} is served")
