"""What the tests of every carrier share: nodes that listen with it, a certificate of the web, and
what js shall say of a connection."""

import contextlib
import itertools
import json
import pathlib
import random
import re
import socket
import subprocess

from nodes import check

YAMUX = "/yamux/1.0.0"


# Below the ports that the kernel gives to clients, so that none of them takes one in between.
_ports = itertools.count(random.randrange(20000, 30000))


def _free(port):
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False


def unused(carrier):
    """An address of this carrier that a node can listen at."""
    port = next(port for port in _ports if _free(port))
    return "/ip4/127.0.0.1" + {
        "quic": f"/udp/{port}/quic-v1",
        "tcp": f"/tcp/{port}",
        "ws": f"/tcp/{port}/ws",
        "wss": f"/tcp/{port}/tls/ws",
    }[carrier]


@contextlib.contextmanager
def step(name):
    """One thing that must hold; many of them share the two peers."""
    try:
        yield
    except Exception as broken:
        broken.add_note(f"-- in the step: {name}")
        raise


class Web:
    """A certificate for 127.0.0.1 that only those trust who are told to."""

    def __init__(self, root):
        self.cert, self.key = pathlib.Path(root, "web.pem"), pathlib.Path(root, "web.key")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
            + ["-nodes", "-days", "2", "-subj", "/CN=peerup interop"]
            + ["-addext", "subjectAltName=IP:127.0.0.1"]
            + ["-keyout", str(self.key), "-out", str(self.cert)],
            check=True,
            capture_output=True,
        )


def configure(node, listen=(), network=None, relay=None):
    """Where the node listens, and more of its configuration."""
    text = node.config.read_text(encoding="utf-8")
    if listen:
        text = re.sub(
            r"  listen_addresses:\n(    - .*\n)+",
            f"  listen_addresses: {json.dumps(list(listen))}\n",
            text,
        )
    for key, value in (network or {}).items():
        text = text.replace("network:\n", f"network:\n  {key}: {json.dumps(value)}\n")
    if relay:
        text = text.replace("relay:\n  addresses: []\n", f"relay: {json.dumps(relay)}\n")
    node.config.write_text(text, encoding="utf-8")


def meet(node, *friends, at=None):
    """Lets these js peers in, under their names; `at`: and knows where to dial them with that."""
    for friend in friends:
        node.must("auth", "add", friend.id, "--name", friend.name)
        if at:
            node.must("peer", "add", friend.name, friend.address_of(at))


def offer(node, **services):
    for name, port in services.items():
        node.must("service", "add", name, f"localhost:{port}")


def check_secured(seen, encryption):
    """What js says of a connection."""
    check(seen["encryption"] == encryption, lambda: f"secured by {encryption}: {seen}")
    check(seen["multiplexer"] == YAMUX, lambda: f"carried by yamux: {seen}")


def connections(node, peer):
    """Those of the node to this peer."""
    found = node.call("transport", "transport.peers") or {}
    return [c for c in found.get("connections", []) if c["peer_id"] == peer]
