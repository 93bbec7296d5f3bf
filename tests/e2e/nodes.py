"""Real nodes on loopback: what the end-to-end tests and the demo start, ask and stop."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time

BIN = pathlib.Path(os.environ.get("PEERUP_BIN", "build/dev/bin")).resolve()
PEERUP = str(BIN / "peerup")
# Sanitizers make everything slower; deadlines stretch, they are no sleeps.
SLOW = {"asan": 4, "tsan": 8}.get(os.environ.get("PEERUP_PRESET", ""), 1)
SERVICES = ("auth", "transport", "naming", "proxy")
SANITIZERS = {
    "ASAN_OPTIONS": "strict_string_checks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": f"suppressions={pathlib.Path(__file__).resolve().parents[1]}/lint/tsan.supp"
    ":halt_on_error=1:atexit_sleep_ms=0",
}
# Words of a program that broke, which a restart would hide.
BROKEN = re.compile(
    r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|SUMMARY: \w+Sanitizer|runtime error:"
    r"|Assertion .* failed|killed by signal (4|6|7|8|11) |level=fatal"
)


class Failure(AssertionError):
    """A check that did not hold; the text is for people."""


def check(holds, text):
    """`text` says what should hold; it may be a function that makes the words."""
    if not holds:
        raise Failure(text() if callable(text) else text)


def until(condition, seconds, what):
    """Waits for the condition to be true and answers its value. `what` is a text or makes one."""
    deadline = time.monotonic() + seconds * SLOW
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            text = what() if callable(what) else what
            raise Failure(f"not within {seconds * SLOW:g} s: {text}")
        time.sleep(0.02)


def waits(test):
    """Marks a test that hardly does more than wait: it runs beside the others."""
    test.waits = True
    return test


class Result:
    """What one command did."""

    def __init__(self, args, done):
        self.args = args
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    def __str__(self):
        return f"peerup {' '.join(self.args)} -> {self.code}\n{self.out}{self.err}"

    def json(self):
        return json.loads(self.out)


class Forward:
    """A `peerup proxy` that runs."""

    def __init__(self, node, peer, service, listen):
        self.args = ["proxy", peer, service, str(listen), "--json"]
        self.process = node.popen(*self.args)
        self.listen = None
        reader = threading.Thread(target=self._read_line, daemon=True)
        reader.start()
        reader.join(20 * SLOW)
        if self.listen is None:
            self.stop()
            raise Failure(f"peerup {' '.join(self.args)} did not listen: {self.err}")

    def _read_line(self):
        line = self.process.stdout.readline()
        if line:
            self.listen = json.loads(line)["listen"]

    @property
    def address(self):
        host, _, port = self.listen.rpartition(":")
        return ("127.0.0.1" if host == "localhost" else host.strip("[]"), int(port))

    @property
    def url(self):
        return "http://%s:%d" % self.address

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10 * SLOW)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.err = self.process.stderr.read() if not self.process.stderr.closed else ""
        self.process.stdout.close()
        self.process.stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Node:
    """One configuration directory and, while it runs, one daemon."""

    def __init__(self, name, root, config_dir=None):
        self.name = name
        self.dir = pathlib.Path(config_dir or pathlib.Path(root) / name)
        self.config = self.dir / "config.yaml"
        self.log_path = pathlib.Path(root) / f"{name}.log"
        self.daemon = None
        self.wrap = []  # what the daemon is started through
        made = self.run("init", "--name", name, "--dir", str(self.dir), "--json", config=False)
        check(made.code == 0, f"init failed: {made}")
        self.id = made.json()["peer_id"]
        self.port = made.json()["port"]

    @property
    def address(self):
        return f"/ip4/127.0.0.1/udp/{self.port}/quic-v1"

    def insert(self, above, line):
        """A line into the configuration, behind another one."""
        text = self.config.read_text(encoding="utf-8")
        check(f"{above}\n" in text, f"the configuration of {self.name} has a line {above}")
        self.config.write_text(text.replace(f"{above}\n", f"{above}\n{line}\n", 1), encoding="utf-8")

    # ---- commands ----

    def _env(self, config=True):
        env = {**SANITIZERS, **os.environ, "NO_COLOR": "1"}
        env.pop("PEERUP_CONFIG", None)
        if config:
            env["PEERUP_CONFIG"] = str(self.config)
        return env

    def run(self, *args, config=True, timeout=60):
        done = subprocess.run(
            [PEERUP, *args],
            env=self._env(config),
            capture_output=True,
            text=True,
            timeout=timeout * SLOW,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Result(args, done)

    def must(self, *args):
        result = self.run(*args)
        check(result.code == 0, f"{self.name}: {result}")
        return result

    def popen(self, *args):
        return subprocess.Popen(
            [PEERUP, *args],
            env=self._env(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def call(self, service, message, *fields):
        """One question to one service, as `peerup call` asks it; None when it cannot be asked."""
        result = self.run("call", service, message, *fields)
        return result.json() if result.code == 0 else None

    def forward(self, peer, service, listen=0):
        return Forward(self, peer, service, listen)

    # ---- the daemon ----

    def spawn(self):
        with open(self.log_path, "ab") as log:
            self.daemon = subprocess.Popen(
                [*self.wrap, PEERUP, "daemon"],
                env=self._env(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    def start(self):
        self.spawn()
        self.wait_ready()
        return self

    def wait_ready(self, seconds=15):
        until(self.is_ready, seconds, lambda: f"{self.name} is ready\n{self.log_tail()}")

    def is_ready(self):
        check(
            self.daemon.poll() is None,
            f"the daemon of {self.name} ended with {self.daemon.poll()}\n{self.log_tail()}",
        )
        states = self.services()
        return all(states.get(name, {}).get("state") == "running" for name in SERVICES)

    def services(self):
        state = self.call("supervisor", "supervisor.status") or {}
        return {entry["name"]: entry for entry in state.get("services", [])}

    def pid(self, service):
        return self.services()[service]["pid"]

    def processes(self):
        """The pids of the daemon's session."""
        found = []
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            with contextlib.suppress(OSError, IndexError):
                with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as stat:
                    fields = stat.read().rpartition(")")[2].split()
                if int(fields[3]) == self.daemon.pid and fields[0] != "Z":
                    found.append(int(entry))
        return found

    def reload(self):
        os.kill(self.daemon.pid, signal.SIGHUP)

    def stop(self):
        """Ends the daemon in order and checks that nothing of it is left."""
        if self.daemon is None:
            return
        if self.daemon.poll() is None:
            self.daemon.send_signal(signal.SIGTERM)
        try:
            code = self.daemon.wait(15 * SLOW)
            until(lambda: not self.processes(), 5, f"no process of {self.name} is left")
        except (subprocess.TimeoutExpired, Failure):
            self.kill()
            raise
        self.daemon = None
        check(code == 0, f"the daemon of {self.name} ended with {code}\n{self.log_tail()}")
        self.check_log()

    def kill(self):
        """Whatever it takes."""
        if self.daemon is None:
            return
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.daemon.wait()
        self.daemon = None

    # ---- what it says ----

    def log(self):
        with contextlib.suppress(FileNotFoundError):
            return self.log_path.read_text(encoding="utf-8", errors="replace")
        return ""

    def log_tail(self, lines=30):
        return "\n".join(self.log().splitlines()[-lines:])

    def check_log(self):
        found = BROKEN.search(self.log())
        check(found is None, lambda: f"{self.name}: {found[0]}\n{self.log_tail(200)}")


def fd_count(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


class Pair:
    """home offers, laptop uses; both run and know each other."""

    def __init__(self, root):
        self.home = Node("home", root)
        self.laptop = Node("laptop", root)

    def introduce(self):
        self.home.must("auth", "add", self.laptop.id, "--name", "laptop")
        self.laptop.must("auth", "add", self.home.id, "--name", "home")
        self.laptop.must("peer", "add", "home", self.home.address)

    def nodes(self):
        return (self.home, self.laptop)


@contextlib.contextmanager
def scratch():
    """A directory for short socket paths, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="peerup-") as root:
        yield root


@contextlib.contextmanager
def running(*nodes):
    """Starts the nodes and stops them in order; a failure brings their logs."""
    try:
        for node in nodes:
            node.spawn()
        for node in nodes:
            node.wait_ready()
        yield
        for node in nodes:
            node.stop()
    except BaseException as broken:
        for node in nodes:
            broken.add_note(f"-- log of {node.name}:\n{node.log_tail(60)}")
        raise
    finally:
        for node in nodes:
            node.kill()


@contextlib.contextmanager
def pair(**services):
    """Two running nodes that know each other; home offers name=port or name="unix:/path"."""
    with scratch() as root:
        both = Pair(root)
        both.introduce()
        for name, target in services.items():
            where = target if isinstance(target, str) else f"localhost:{target}"
            both.home.must("service", "add", name, where)
        with running(*both.nodes()):
            yield both
