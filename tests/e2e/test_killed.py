"""Services that are killed while clients come and go: the others live, the killed one is back
within two seconds, and nothing is left behind."""

import os
import signal
import socket
import threading
import time

import servers
from nodes import SERVICES, SLOW, check, fd_count, pair, until


class Visitors:
    """Clients that come one after the other, with what became of them."""

    def __init__(self, address):
        self.address = address
        self.good = 0
        self.lost = []  # when each of those came that were not served
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._come_and_go, daemon=True)
        self.thread.start()

    def _come_and_go(self):
        while not self.over.is_set():
            came = time.monotonic()
            if servers.round_trip(self.address, b"hello", 15 * SLOW) == b"hello":
                self.good += 1
            else:
                self.lost.append(came)
            time.sleep(0.005)  # the pace of visitors; nothing waits for it

    def stop(self):
        self.over.set()
        self.thread.join(30 * SLOW)


class Guest:
    """A client that stays."""

    def __init__(self, address):
        self.socket = socket.create_connection(address, 20)
        self.socket.settimeout(20 * SLOW)

    def talks(self):
        try:
            self.socket.sendall(b"still?")
            return self.socket.recv(100) == b"still?"
        except OSError:
            return False

    def close(self):
        self.socket.close()


def kill_one(node, service):
    """Kills it and answers when that was, once it is back; its siblings must be the same processes
    as before."""
    before = node.services()
    os.kill(before[service]["pid"], signal.SIGKILL)
    killed = time.monotonic()

    def back():
        entry = node.services().get(service, {})
        return entry.get("state") == "running" and entry["pid"] != before[service]["pid"]

    until(back, 2, f"{service} of {node.name} is back\n{node.log_tail()}")
    after = node.services()
    for name in SERVICES:
        if name != service:
            check(after[name]["pid"] == before[name]["pid"], f"{name} lived through it")
    return killed


def survive(node, service, forward, may_lose_guest):
    """Answers the visitors that were lost: those that were under way when it was killed, and those
    that came later."""
    visitors = Visitors(forward.address)
    guest = Guest(forward.address)
    try:
        check(guest.talks(), "the guest is served")
        until(lambda: visitors.good >= 3, 10, "visitors are served")
        killed = kill_one(node, service)
        check(guest.talks() or may_lose_guest, f"the stream lives without {service}")
        served = visitors.good
        until(lambda: visitors.good >= served + 5, 15,
              f"visitors are served after {service} was killed: {len(visitors.lost)} were not")
        later = sum(came > killed for came in visitors.lost)
        return len(visitors.lost) - later, later
    finally:
        visitors.stop()
        guest.close()


def descriptors(node):
    return {name: fd_count(node.pid(name)) for name in SERVICES}


def kill_each(who):
    with servers.each(servers.echo) as port, pair(echo=port) as both:
        node = getattr(both, who)
        listen = servers.free_port()
        both.laptop.must("proxy", "add", "mirror", "home", "echo", str(listen))
        forward = PermanentForward(listen)
        until(lambda: servers.round_trip(forward.address, b"x") == b"x", 15, "the forward works")
        before, processes = descriptors(node), len(node.processes())
        for service in SERVICES:
            lost, later = survive(node, service, forward, may_lose_guest=service == "transport")
            # Whom proxy has accepted and not handed over yet dies with it. While the proxy of home
            # is away, nobody answers for its services.
            check(service in ("transport", "proxy") or lost == 0, f"{lost} were lost to {service}")
            may_lose = service == "transport" or (service == "proxy" and who == "home")
            check(may_lose or later == 0, f"{later} that came later were lost to {service}")
        until(
            lambda: len(node.processes()) == processes
            and all(now <= before[name] + 3 for name, now in descriptors(node).items()),
            10,
            f"nothing leaks: {before} became {descriptors(node)}",
        )


class PermanentForward:
    def __init__(self, port):
        self.address = ("127.0.0.1", port)


def test_each_service_of_the_client_side():
    kill_each("laptop")


def test_each_service_of_the_serving_side():
    kill_each("home")


def test_clients_wait_while_proxy_starts_again():
    with servers.each(servers.echo) as port, pair(echo=port) as both:
        with both.laptop.forward("home", "echo") as forward:
            check(servers.round_trip(forward.address, b"x") == b"x", "it works")
            os.kill(both.laptop.pid("proxy"), signal.SIGKILL)
            check(
                servers.round_trip(forward.address, b"hello", 15) == b"hello",
                "who came in the gap was served",
            )


def test_supervisor():
    with pair() as both:
        children = [both.laptop.pid(name) for name in SERVICES]
        both.laptop.daemon.kill()
        until(lambda: not both.laptop.processes(), 3, f"its services end with it: {children}")
        both.laptop.kill()
        both.laptop.start()
        check(both.laptop.run("ping", "home", "-c", "1").code == 0, "it can be started again")


def test_proxy_command():
    with servers.each(servers.echo) as port, pair(echo=port) as both:
        forward = both.laptop.forward("home", "echo")
        address = forward.address
        forward.process.kill()
        forward.stop()

        def closed():
            try:
                socket.create_connection(address, 2).close()
                return False
            except OSError:
                return True

        until(closed, 5, "the forward ends with its command")


def cpu_seconds(pids):
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def connect_and_go(path, said):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(str(path))
        client.sendall(said)


def test_commands_killed_while_they_connect():
    with pair() as both:
        home = both.home
        before = home.services()
        sockets = sorted((home.dir / "run").glob("*.ipc"))
        check(len(sockets) >= 2 * len(SERVICES), f"sockets: {sockets}")
        for path in sockets:
            for length in range(20):
                connect_and_go(path, b"\0SP\0\0\x30\0\0\1"[: length % 10])
        for delay in range(30):
            command = home.popen("status")
            time.sleep(delay / 10000)  # somewhere between its start and its end
            command.kill()
            command.communicate()
        after = home.services()
        for name in SERVICES:
            check(after[name]["pid"] == before[name]["pid"], f"{name} is the same process")
        home.must("whoami")
        pids = home.processes()
        used = cpu_seconds(pids)
        time.sleep(1)  # what is measured is how little happens meanwhile
        used = cpu_seconds(pids) - used
        check(used < 0.4, f"nothing spins: {used} s of CPU in one second")


def test_a_question_to_a_service_that_is_away_fails_soon():
    with pair() as both:
        home = both.home
        naming = home.pid("naming")
        os.kill(home.daemon.pid, signal.SIGSTOP)  # else it starts naming again
        try:
            os.kill(naming, signal.SIGKILL)
            start = time.monotonic()
            answer = home.run("resolve", "laptop")
            took = time.monotonic() - start
        finally:
            os.kill(home.daemon.pid, signal.SIGCONT)
        check(answer.code != 0 and "naming is not running" in answer.err, f"{answer}")
        check(took < 4 * SLOW, f"it took {took} s")
        until(lambda: home.run("resolve", "laptop").code == 0, 5, "naming is back")
