"""What a user is told when something cannot be reached, and that it stays closed."""

import socket
import threading
import time

import servers
from nodes import Pair, check, pair, running, scratch, until


def log_has(node, *words):
    return any(all(word in line for word in words) for line in node.log().splitlines())


def refused(forward):
    """The client sees a broken connection, not an empty answer and not a wait."""
    try:
        with socket.create_connection(forward.address, 20) as client:
            client.settimeout(20)
            client.sendall(b"hello")
            return client.recv(100) == b""
    except ConnectionError:
        return True


def test_server_that_is_down():
    with pair(down=servers.free_port()) as both:
        with both.laptop.forward("home", "down") as forward:
            check(refused(forward), "the client is cut off")
            until(
                lambda: log_has(both.laptop, "forward.failed", "not running"), 5,
                "the log of laptop says what is down",
            )
            check(log_has(both.home, "stream.refused", "refused the connection"),
                  "the log of home says which target")


def test_server_that_comes_up_later():
    port = servers.free_port()
    with pair(late=port) as both, both.laptop.forward("home", "late") as forward:
        check(refused(forward), "nothing there yet")
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", port))
            listener.listen()
            with socket.create_connection(forward.address, 20) as client:
                client.sendall(b"hello")
                connection, _ = listener.accept()
                with connection:
                    check(connection.recv(100) == b"hello", "it is used at once")


def test_service_that_does_not_exist():
    with pair() as both, both.laptop.forward("home", "nothing") as forward:
        check(refused(forward), "the client is cut off")
        until(lambda: log_has(both.laptop, "forward.failed", "has no service nothing"), 5,
              "the log says so")


def test_peer_that_is_not_on_the_list_of_the_service():
    with servers.each(servers.echo) as port, pair(echo=port) as both:
        text = both.home.config.read_text(encoding="utf-8")
        check("local_address" in text, text)
        changed = text.replace(
            f"local_address: localhost:{port}",
            f"local_address: localhost:{port}\n    allowed_peers: [{both.home.id}]",
        )
        check(changed != text, f"the configuration has its service:\n{text}")
        both.home.config.write_text(changed, encoding="utf-8")
        both.home.reload()
        until(lambda: not both.laptop.run("services", "home", "--json").json()["services"], 5,
              "laptop is offered nothing")
        with both.laptop.forward("home", "echo") as forward:
            check(refused(forward), "the client is cut off")
            until(lambda: log_has(both.laptop, "forward.failed", "does not let you use echo"), 5,
                  "the log says why")
            check(log_has(both.home, "stream.refused", "allowed_peers"), "and on home")


def test_unauthorized_peer():
    with scratch() as root, servers.each(servers.echo) as port:
        both = Pair(root)
        both.home.must("service", "add", "echo", f"localhost:{port}")
        both.laptop.must("auth", "add", both.home.id, "--name", "home")
        both.laptop.must("peer", "add", "home", both.home.address)
        with running(*both.nodes()):
            ping = both.laptop.run("ping", "home", "-c", "1")
            check(ping.code == 4, f"not authorized is exit 4: {ping}")
            for _ in range(5):
                connect = both.laptop.run("connect", "home")
                check(connect.code == 4, f"who is refused is not connected: {connect}")
            with both.laptop.forward("home", "echo") as forward:
                check(refused(forward), "the client is cut off")
                both.home.must("auth", "add", both.laptop.id, "--name", "laptop")
                until(
                    lambda: servers.round_trip(forward.address, b"x", 5) == b"x", 30,
                    "it works once home lets laptop in",
                )


def test_peer_that_we_do_not_authorize():
    with servers.each(servers.echo) as port, pair(echo=port) as both:
        with both.laptop.forward("home", "echo") as forward:
            check(servers.round_trip(forward.address, b"x") == b"x", "it works")
            both.laptop.must("auth", "remove", "home")
            check(refused(forward), "the client is cut off")
            until(
                lambda: "this node does not authorize home" in both.laptop.log(), 5,
                "the reason is ours, and told as ours",
            )
            ping = both.laptop.run("ping", "home", "-c", "1")
            check(ping.code == 4 and "let it in here" in ping.err, f"told what to do: {ping}")


def test_peer_that_is_off():
    with scratch() as root:
        both = Pair(root)
        both.introduce()
        with running(both.laptop):
            ping = both.laptop.run("ping", "home", "-c", "1")
            check(ping.code == 3, f"unreachable is exit 3: {ping}")


def test_unknown_peer_name():
    with pair() as both:
        proxy = both.laptop.run("proxy", "nobody", "web", "0")
        ping = both.laptop.run("ping", "nobody")
        check(proxy.code == 1 and "nobody is called \"nobody\"" in proxy.err, f"it names the name: {proxy}")
        check(proxy.err == ping.err and "hint: " in ping.err, f"in the same words as ping: {ping}")


def test_peer_revoked_in_mid_transfer():
    with servers.each(servers.endless) as port, pair(endless=port) as both:
        with both.laptop.forward("home", "endless") as forward:
            with socket.create_connection(forward.address, 20) as client:
                client.settimeout(20)
                received = [0, time.monotonic()]
                over = threading.Event()

                def read():
                    try:
                        while block := client.recv(65536):
                            received[0] += len(block)
                            received[1] = time.monotonic()
                    except OSError:
                        pass
                    over.set()

                threading.Thread(target=read, daemon=True).start()
                until(lambda: received[0] > 1_000_000, 10, "the transfer runs")
                both.home.must("auth", "remove", "laptop")
                until(over.is_set, 1, "the stream is cut within a second")
            check(refused(forward), "a new one is refused")
            ping = both.laptop.run("ping", "home", "-c", "1")
            check(ping.code == 4, f"and a ping as well: {ping}")
