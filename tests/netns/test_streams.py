"""What becomes of the bytes of single streams through a relay. Services and forwards are Unix
sockets, which namespaces of the network do not divide."""

import contextlib
import os
import socket
import subprocess
import threading

import lab
import nodes
import servers

MB = 1 << 20


@contextlib.contextmanager
def tunnel(made, handle, source="laptop", target="home"):
    """A forward on `source` to a service of `target`; gives the path of its socket."""
    name = f"s{len(list(made.root.glob('*.sock')))}"
    there, here = made.root / f"{name}.there.sock", made.root / f"{name}.here.sock"
    with servers.each(handle, path=there):
        made.nodes[target].must("service", "add", name, f"unix:{there}")
        with made.nodes[source].forward(target, name, f"unix:{here}"):
            yield str(here)


@contextlib.contextmanager
def open_stream(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(30 * nodes.SLOW)
        client.connect(path)
        yield client


def read_all(client):
    got = bytearray()
    while block := client.recv(65536):
        got += block
    return bytes(got)


# ---- half-closed ----


def half_closed_both_ways(leg):
    heard = []

    def speak_then_listen(connection):
        connection.sendall(b"bye")
        connection.shutdown(socket.SHUT_WR)
        heard.append(read_all(connection))

    with lab.lab() as made:
        relay = made.relay("relay")
        made.ready([relay], lab.over(leg))
        nodes.check(set(made.paths().values()) == {"relayed"}, f"relayed: {made.paths()}")
        data = os.urandom(MB)
        with tunnel(made, servers.sink_then_report) as path:
            done = subprocess.run(["nc", "-N", "-U", path], input=data, capture_output=True,
                                  timeout=30 * nodes.SLOW, check=False)
            nodes.check(done.stdout == b"%d\n" % MB, f"home sees the end and answers: {done}")
        with tunnel(made, speak_then_listen) as path, open_stream(path) as client:
            nodes.check(read_all(client) == b"bye", "the words of home, and their end")
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            nodes.until(lambda: heard == [data], 20, "the other direction stayed open")
        lab.stop_in_order(made)


def test_half_close_over_quic():
    half_closed_both_ways("quic")


def test_half_close_over_tcp():
    half_closed_both_ways("tcp")


# ---- while something else happens ----


def test_the_other_relay_leaves_in_order_while_bytes_are_in_flight():
    data = os.urandom(10 * MB)
    with lab.lab(relays=("relay", "relay2")) as made:
        _, other = lab.two_relays(made)
        with tunnel(made, lambda connection: connection.sendall(data)) as path:
            with open_stream(path) as client:
                got = client.recv(65536)
                other.stop()
                nodes.check(got + read_all(client) == data, "the 10 MB are whole")
        lab.stop_in_order(made)


def test_a_node_moves_into_another_network():
    """The tunnel that is open may live on or end; it must not hang. The next one carries."""
    with lab.lab() as made:
        relay = made.relay("relay")
        made.ready([relay], lab.at)
        with tunnel(made, servers.echo) as path:
            for number, name in ((5, "b"), (6, "a")):
                with open_stream(path) as client:
                    client.sendall(b"x")
                    nodes.check(client.recv(1) == b"x", "the tunnel is open")
                    made.hosts[name].move(number)
                    lab.within(made.again(20, "home answers again"), 12,
                               f"from the new network of {name}")
                    with contextlib.suppress(ConnectionError):
                        client.sendall(b"y")
                        nodes.check(client.recv(1) in (b"y", b""), "it lives, or has ended")
        got = made.hosts["b"].fetch("http://127.0.0.1:8080/big", 60)
        nodes.check(got == made.big, "20 MB from one new network to the other")
        lab.stop_in_order(made)


# ---- fairness ----


def carried(relay, source):
    """Bytes of the circuits that this node has opened."""
    circuits = relay.call("transport", "transport.relaying")["circuits"]
    return sum(c["bytes_in"] + c["bytes_out"] for c in circuits if c["source"] == source.id)


def test_a_greedy_circuit_does_not_crowd_out_another():
    """Sixteen endless streams in one circuit have the turns of one stream in another."""
    data = os.urandom(10 * MB)
    with lab.lab() as made:
        relay = made.relay("relay", options="bandwidth: 20MB")  # else the processors are shared
        made.ready([relay], lab.at)
        greedy, generous = made.node("greedy", "b"), made.node("generous", "a")
        greedy.must("auth", "add", generous.id, "--name", "generous")
        generous.must("auth", "add", greedy.id, "--name", "greedy")
        lab.use(relay, lab.at, greedy, generous)
        lab.authorize(relay, greedy, generous)
        made.start(greedy, generous)
        lab.reserved(greedy, generous)
        with contextlib.ExitStack() as stack:
            endless = stack.enter_context(tunnel(made, servers.endless, "greedy", "generous"))
            for _ in range(16):
                client = stack.enter_context(open_stream(endless))
                threading.Thread(target=drain, args=(client,), daemon=True).start()
            nodes.until(lambda: carried(relay, greedy) > MB, 20, "the greedy circuit carries")
            path = stack.enter_context(
                tunnel(made, lambda connection: connection.sendall(data)))
            before = carried(relay, greedy)
            with open_stream(path) as client:
                nodes.check(read_all(client) == data, "the 10 MB are whole")
            theirs = (carried(relay, greedy) - before) / len(data)
            print(f"  meanwhile the greedy circuit carried {theirs:.1f} times as much", flush=True)
            nodes.check(theirs < 4, f"one turn each, not 1 to {theirs:.1f}")
        lab.stop_in_order(made)


def drain(client):
    with contextlib.suppress(OSError):
        while client.recv(MB):
            pass
