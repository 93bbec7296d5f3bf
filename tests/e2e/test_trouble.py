"""A machine that is in no good state: full disk, wrong permissions, ports that are taken."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess

import servers
from nodes import PEERUP, SLOW, Node, Pair, check, pair, running, scratch, until


def ends(node, seconds=10):
    """The daemon ends by itself; answers its status and log."""
    until(lambda: node.daemon.poll() is not None, seconds, f"the daemon gives up\n{node.log_tail()}")
    code = node.daemon.returncode
    node.kill()
    return code, node.log()


def test_reload_touches_only_what_changed():
    keep, move, moved = servers.free_port(), servers.free_port(), servers.free_port()
    with servers.each(servers.echo) as port, pair(echo=port) as both:
        laptop = both.laptop
        laptop.must("proxy", "add", "keep", "home", "echo", str(keep))
        laptop.must("proxy", "add", "move", "home", "echo", str(move))
        for at in (keep, move):
            until(lambda at=at: servers.round_trip(("127.0.0.1", at), b"x") == b"x", 15, "works")
        with socket.create_connection(("127.0.0.1", keep), 20) as guest:
            guest.settimeout(20)
            guest.sendall(b"a")
            check(guest.recv(10) == b"a", "the guest is served")
            before, pids = listening(keep), [e["pid"] for e in laptop.services().values()]
            text = laptop.config.read_text(encoding="utf-8")
            laptop.config.write_text(text.replace(str(move), str(moved)), encoding="utf-8")
            laptop.reload()
            until(lambda: servers.round_trip(("127.0.0.1", moved), b"x") == b"x", 10, "it moved")
            check(not listening(move), "the old port is free")
            check(listening(keep) == before, "the other listener is the same socket")
            guest.sendall(b"b")
            check(guest.recv(10) == b"b", "and its stream was not touched")
            check(pids == [e["pid"] for e in laptop.services().values()], "nothing was restarted")


def listening(port):
    """The inodes of TCP sockets that listen on the port."""
    found = set()
    for name in ("tcp", "tcp6"):
        rows = pathlib.Path("/proc/net", name).read_text(encoding="ascii").splitlines()[1:]
        for row in map(str.split, rows):
            if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port:
                found.add(row[9])
    return found


def says(word):
    """A server of one word."""
    return servers.each(lambda connection: connection.sendall(word))


def test_reload_while_naming_is_slow():
    listen = servers.free_port()
    with scratch() as root, says(b"home") as home_port, says(b"office") as office_port:
        both, office = Pair(root), Node("office", root)
        both.introduce()
        laptop = both.laptop
        laptop.must("auth", "add", office.id, "--name", "office")
        laptop.must("peer", "add", "office", office.address)
        office.must("auth", "add", laptop.id, "--name", "laptop")
        for node, port in ((both.home, home_port), (office, office_port)):
            node.must("service", "add", "word", f"localhost:{port}")
        with running(*both.nodes(), office):
            laptop.must("proxy", "add", "word", "home", "word", str(listen))
            address = ("127.0.0.1", listen)
            until(lambda: servers.round_trip(address, b"") == b"home", 15, "it leads to home")

            def lead_to(peer):
                text = laptop.config.read_text(encoding="utf-8")
                other = {"home": "office", "office": "home"}[peer]
                check(f"peer: {other}\n" in text, f"the forward leads to {other}:\n{text}")
                laptop.config.write_text(
                    text.replace(f"peer: {other}\n", f"peer: {peer}\n"), encoding="utf-8"
                )
                laptop.reload()
                until(lambda: forward()["peer"] == peer, 4, f"the forward is for {peer}")

            def forward():
                return laptop.call("proxy", "proxy.status")["forwards"][0]

            naming = laptop.pid("naming")
            os.kill(naming, signal.SIGSTOP)
            try:
                lead_to("office")
                check(not forward()["peer_id"], "nobody knows yet who that is")
                with socket.create_connection(address, 20) as client:
                    client.settimeout(20)
                    lead_to("home")
                    os.kill(naming, signal.SIGCONT)
                    check(client.recv(100) == b"home", "the client gets where it leads now")
            finally:
                os.kill(naming, signal.SIGCONT)
            until(lambda: forward()["state"] == "listening", 5, "it listens")
            check(forward()["peer_id"] == both.home.id, "and leads to home")
            check(servers.round_trip(address, b"") == b"home", "as its clients see")


def test_reload_of_a_broken_configuration():
    with servers.each(servers.echo) as port, pair(echo=port) as both:
        with both.laptop.forward("home", "echo") as forward:
            good = both.home.config.read_text(encoding="utf-8")
            both.home.config.write_text(good + "\nnonsense: [1, 2\n", encoding="utf-8")
            both.home.reload()
            until(lambda: "config.yaml" in both.home.log(), 5, "the log names the file")
            check(servers.round_trip(forward.address, b"x") == b"x", "the old one is still used")
            status = both.home.run("status")
            check(status.code == 0 and "home" in status.out, f"status goes on: {status}")
            check(status.err.count("has mistakes") == 1, f"and says so once: {status.err}")
            reload = both.home.run("daemon", "reload")
            check("?" not in reload.err and reload.code == 1, f"the mistakes: {reload.err}")
            os.kill(both.home.pid("proxy"), signal.SIGKILL)
            until(
                lambda: servers.round_trip(forward.address, b"x") == b"x",
                10,
                "a service that dies meanwhile starts with the old one",
            )
            both.home.config.write_text(good, encoding="utf-8")


@contextlib.contextmanager
def small_disk(path, kilobytes):
    path.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k,mode=0700", "tmpfs", str(path)],
        check=True,
    )
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)


def fill(path):
    """Takes what room there is."""
    with open(path / "ballast", "wb", buffering=0) as ballast:
        with contextlib.suppress(OSError):
            while True:
                ballast.write(b"x" * 512)


def test_full_disk():
    if os.geteuid() != 0:
        return "mounting a small disk needs root"
    with scratch() as root, servers.each(servers.echo) as port:
        with small_disk(pathlib.Path(root) / "disk", 64) as disk:
            both = Pair(root)
            both.home = Node("small", root, config_dir=disk / "home")
            both.introduce()
            both.home.must("service", "add", "echo", f"localhost:{port}")
            with running(*both.nodes()):
                use_full_disk(both, disk)
    return None


def use_full_disk(both, disk):
    home = both.home
    with both.laptop.forward("home", "echo") as forward:
        check(servers.round_trip(forward.address, b"x") == b"x", "it works")
        fill(disk)
        config = home.config.read_bytes()
        keys = (home.dir / "authorized_keys").read_bytes()
        added = home.run("service", "add", "more", "localhost:1")
        check(added.code == 1 and added.err, f"it says that it cannot: {added}")
        check(home.config.read_bytes() == config, "the configuration is as it was")
        removed = home.run("auth", "remove", "laptop")
        check(
            removed.code != 0 or both.laptop.id not in (home.dir / "authorized_keys").read_text(),
            f"what is acknowledged is done: {removed}",
        )
        if removed.code != 0:
            check((home.dir / "authorized_keys").read_bytes() == keys, "the keys are as they were")
            check(servers.round_trip(forward.address, b"x") == b"x", "peers are still served")
        states = {entry["state"] for entry in home.services().values()}
        check(states == {"running"}, f"all services live: {home.services()}")
        (disk / "ballast").unlink()
        home.must("service", "add", "more", "localhost:1")


def refuses_to_serve(node, seconds=10):
    """auth gives up for good; answers why, as `status` says it, and stops the daemon."""
    node.spawn()
    try:
        until(
            lambda: node.services().get("auth", {}).get("state") == "failed", seconds,
            lambda: f"auth gives up\n{node.log_tail()}",
        )
        check(node.pid("auth") == 0, "it is not started again")
        return node.services()["auth"]["note"] + node.log()
    finally:
        node.kill()


def test_key_that_others_can_read():
    with scratch() as root:
        node = Node("home", root)
        (node.dir / "identity.key").chmod(0o644)
        said = refuses_to_serve(node)
        check("identity.key" in said, f"it names the file: {said}")
        whoami = node.run("whoami")
        check(whoami.code == 1 and "identity.key" in whoami.err, f"whoami says so: {whoami}")
        (node.dir / "identity.key").chmod(0o600)
        with running(node):
            check(node.must("whoami").out.strip() == node.id, "it is the same node")


def test_key_that_is_missing_or_no_key():
    for content in (None, b"", b"no key at all"):
        with scratch() as root:
            node = Node("home", root)
            key = node.dir / "identity.key"
            if content is None:
                key.unlink()
            else:
                key.write_bytes(content)
            said = refuses_to_serve(node)
            check("identity.key" in said, f"{content}: it names the file: {said}")
            if content is None:
                check(not key.exists(), "no new identity is made in silence")


def test_udp_port_that_is_taken():
    with scratch() as root:
        node = Node("home", root)
        with contextlib.ExitStack() as stack:
            for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
                holder = stack.enter_context(socket.socket(family, socket.SOCK_DGRAM))
                if family == socket.AF_INET6:
                    holder.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                holder.bind((host, node.port))
            node.spawn()
            try:
                until(lambda: str(node.port) in node.log(), 10, f"the log names it\n{node.log()}")
                until(
                    lambda: "another program uses the port of /ip" in node.run("status").out, 10,
                    "status tells why",
                )
            except BaseException:
                node.kill()
                raise
        # The port is free again: whether the daemon waited or gave up, the next one runs.
        node.kill()
        with running(node):
            pass


def test_listen_port_that_is_taken():
    with pair() as both, socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        proxy = both.laptop.run("proxy", "home", "web", str(port))
        check(proxy.code == 1 and str(port) in proxy.err, f"it names the port: {proxy}")
        both.laptop.must("proxy", "add", "web", "home", "web", str(port))

        def state():
            forwards = both.laptop.call("proxy", "proxy.status")["forwards"]
            return forwards[0]["state"] if forwards else None

        until(lambda: state() == "failed", 5, "the permanent one is listed as failed")
        holder.close()
        until(lambda: state() == "listening", 10, "it listens once the port is free")


def test_runtime_directory_that_others_can_write_to():
    with scratch() as root:
        node = Node("home", root)
        runtime = node.dir / "run"
        runtime.mkdir(exist_ok=True)
        runtime.chmod(0o777)
        node.spawn()
        code, log = ends(node)
        check(code != 0 and str(runtime) in log, f"the log names the directory: {code}\n{log}")


def test_commands_with_closed_files():
    with scratch() as root:
        node = Node("home", root)
        with running(node):
            for closed in (">&-", "<&- >&- 2>&-"):
                for command in ("status", "service add web 80", "service remove web"):
                    done = subprocess.run(
                        f"{PEERUP} --config {node.config} {command} {closed}", shell=True,
                        capture_output=True, check=False, timeout=20 * SLOW,
                    )
                    check(done.returncode == 1, f"{command} {closed} says that its output is lost: {done}")


def test_second_daemon():
    with scratch() as root:
        node = Node("home", root)
        with running(node):
            second = node.run("daemon")
            check(second.code == 1 and second.err, f"it says that one runs already: {second}")
            check(node.is_ready(), "the first one does not mind")


def test_stale_sockets_of_a_daemon_that_was_killed():
    with scratch() as root:
        node = Node("home", root)
        node.start()
        for pid in node.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        node.kill()
        with running(node):
            check(node.must("status").out, "a new one runs in the same place")


def test_commands_without_a_daemon():
    with scratch() as root:
        node = Node("home", root)
        for command in (["status"], ["ping", "home"], ["services", "home"], ["proxy", "home", "web", "0"]):
            result = node.run(*command)
            check(result.code == 5, f"daemon not running is exit 5: {result}")
