"""The tour of the README: two nodes get to know each other and one uses a service of the other."""

import pathlib
import urllib.request

import servers
from nodes import Pair, check, running, scratch, until


def fetch(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read()


def test_tour():
    with scratch() as root:
        site = pathlib.Path(root) / "site"
        site.mkdir()
        (site / "hello.txt").write_text("hello from home\n", encoding="ascii")
        with servers.web(site) as port:
            both = Pair(root)
            both.home.must("service", "add", "web", f"localhost:{port}")
            both.introduce()
            with running(*both.nodes()):
                tour(both)


def tour(both):
    laptop = both.laptop
    ping = laptop.must("ping", "home", "-c", "2", "-i", "100ms")
    check(ping.out, "ping says something")
    offers = laptop.must("services", "home")
    check("web" in offers.out, f"home offers web: {offers}")
    with laptop.forward("home", "web") as forward:
        check(fetch(f"{forward.url}/hello.txt") == b"hello from home\n", "the file came through")
        state = laptop.call("proxy", "proxy.status")
        listed = [entry for entry in state["forwards"] if entry["listen"] == forward.listen]
        check(listed and listed[0]["state"] == "listening", f"the forward is listed: {state}")
        check("home" in laptop.must("status").out, "status names the peer")
        until(lambda: counted(both), 5, "both ends count the stream")
    until(
        lambda: not laptop.call("proxy", "proxy.status")["forwards"],
        5,
        "the forward ends with its command",
    )


def counted(both):
    used = both.laptop.call("proxy", "proxy.status")["usage"]
    served = both.home.call("proxy", "proxy.status")["usage"]
    return (
        [(u["direction"], u["total"], u["active"]) for u in used] == [("out", 1, 0)]
        and [(u["direction"], u["total"], u["active"]) for u in served] == [("in", 1, 0)]
        and used[0]["bytes_in"] == served[0]["bytes_out"] > 0
    )


def test_permanent_forward_by_command():
    port = servers.free_port()
    with scratch() as root, servers.each(servers.echo) as target:
        both = Pair(root)
        both.introduce()
        both.home.must("service", "add", "echo", f"localhost:{target}")
        both.laptop.must("proxy", "add", "mirror", "home", "echo", str(port))
        with running(*both.nodes()):
            listed = both.laptop.must("proxy", "list", "--json").out
            check("mirror" in listed, f"it is listed: {listed}")
            until(lambda: echoes(port), 10, "the permanent forward works")
            both.laptop.must("proxy", "disable", "mirror")
            until(lambda: not echoes(port), 5, "it is closed while disabled")
            both.laptop.must("proxy", "enable", "mirror")
            until(lambda: echoes(port), 10, "it works again")
            both.laptop.must("proxy", "remove", "mirror")
            until(lambda: not echoes(port), 5, "it is closed once removed")


def echoes(port, host="127.0.0.1"):
    return servers.round_trip((host, port), b"hello") == b"hello"
