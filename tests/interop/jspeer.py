"""A js-libp2p peer (js/peer.mjs): started, asked and stopped."""

import contextlib
import json
import os
import pathlib
import subprocess
import threading

from nodes import SLOW, Failure

JS = pathlib.Path(__file__).resolve().parent / "js"
NODE = os.environ.get("PEERUP_NODE", "node")


class JsError(Exception):
    """What js answered instead of a result."""


class JsPeer:
    def __init__(self, name):
        self.process = subprocess.Popen(
            [NODE, "--import", "./polyfill.mjs", "peer.mjs", name],
            cwd=JS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        me = self.ask("whoami")
        self.id, self.address = me["id"], me["addrs"][0].partition("/p2p/")[0]

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

    def close(self):
        with contextlib.suppress(Exception):
            self.ask("stop", seconds=5)
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def js_peer(name):
    peer = JsPeer(name)
    try:
        yield peer
    finally:
        peer.close()
