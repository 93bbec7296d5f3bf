"""A js-libp2p peer (js/peer.mjs): started, asked and stopped."""

import contextlib
import functools
import json
import os
import pathlib
import re
import subprocess
import threading

from nodes import SLOW, Failure

JS = pathlib.Path(__file__).resolve().parent / "js"
NODE = os.environ.get("PEERUP_NODE", "node")

# The shape of an address of each carrier, and where to listen for it.
SHAPES = {
    "quic": (r"/udp/\d+/quic-v1", "/udp/0/quic-v1"),
    "tcp": (r"/tcp/\d+", "/tcp/0"),
    "ws": (r"/tcp/\d+/ws", "/tcp/0/ws"),
    "wss": (r"/tcp/\d+/tls/ws", "/tcp/0/tls/ws"),
}


def listen_at(*carriers):
    return [f"/ip4/127.0.0.1{SHAPES[carrier][1]}" for carrier in carriers]


class JsError(Exception):
    """What js answered instead of a result."""


class JsPeer:
    """It starts on its own; the first question waits for it."""

    def __init__(self, name, authority=None, **options):
        self.name = name
        env = {**os.environ, "NODE_EXTRA_CA_CERTS": str(authority)} if authority else None
        self.process = subprocess.Popen(
            [NODE, "--import", "./polyfill.mjs", "peer.mjs", name, json.dumps(options)],
            cwd=JS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=env,
        )

    @functools.cached_property
    def _me(self):
        return self.ask("whoami")

    @property
    def id(self):
        return self._me["id"]

    @property
    def address(self):
        return self._me["addrs"][0].partition("/p2p/")[0]

    def address_of(self, carrier):
        """Where it listens with this carrier, without its peer ID."""
        for addr in self._me["addrs"]:
            found = re.fullmatch(rf"(/ip4/127.0.0.1{SHAPES[carrier][0]})/p2p/\w+", addr)
            if found:
                return found[1]
        raise Failure(f"js does not listen with {carrier}: {self._me}")

    def ask(self, cmd, seconds=40, **fields):
        """The result of one command; JsError when js says that it failed."""
        self.process.stdin.write(json.dumps({"cmd": cmd, **fields}) + "\n")
        self.process.stdin.flush()
        watchdog = threading.Timer(seconds * SLOW, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline()
        watchdog.cancel()
        if not line:
            raise Failure(f"js did not answer to {cmd} within {seconds} s")
        answer = json.loads(line)
        if "error" in answer:
            raise JsError(answer["error"])
        return answer["ok"]

    def fails(self, cmd, **fields):
        """The error of a command that must fail."""
        try:
            result = self.ask(cmd, **fields)
        except JsError as error:
            return str(error)
        raise Failure(f"js: {cmd} should have failed, but gave {result}")

    def connections_to(self, peer):
        return [c for c in self.ask("connections")["list"] if c["peer"] == peer]

    def close(self):
        with contextlib.suppress(Exception):
            self.ask("stop", seconds=5)
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


@contextlib.contextmanager
def js_peer(name, **options):
    peer = JsPeer(name, **options)
    try:
        yield peer
    finally:
        peer.close()
