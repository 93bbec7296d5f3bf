"""Local servers for the tests: threads that serve on loopback or on a Unix socket."""

import contextlib
import http.server
import os
import socket
import subprocess
import sys
import threading
import time


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class _Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, *_):
        pass


@contextlib.contextmanager
def web(directory):
    """Serves the files of a directory over HTTP; gives the port."""
    def handler(*args):
        return _Quiet(*args, directory=str(directory))

    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


@contextlib.contextmanager
def each(handle, path=None):
    """Calls handle(connection) in a thread for each client; gives the port, or listens on `path`."""
    family = socket.AF_UNIX if path else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(str(path) if path else ("127.0.0.1", 0))
    listener.listen(256)

    def one(connection):
        with connection, contextlib.suppress(OSError):
            handle(connection)

    def loop():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    try:
        yield None if path else listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def echo(connection):
    """Sends back what comes, half-close included."""
    while True:
        data = connection.recv(65536)
        if not data:
            break
        connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)


def sink_then_report(connection):
    """Reads to the end, then says how many bytes there were."""
    total = 0
    while True:
        data = connection.recv(65536)
        if not data:
            break
        total += len(data)
    connection.sendall(b"%d\n" % total)


def endless(connection):
    """Sends for as long as somebody reads."""
    block = os.urandom(65536)
    while True:
        connection.sendall(block)


def free_port():
    """A TCP port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _send_all(client, data):
    with contextlib.suppress(OSError):
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)


def round_trip(address, data, timeout=20):
    """What comes back for `data` after our half-close; None when the connection breaks."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as client:
            client.settimeout(timeout)
            client.connect(address)
            threading.Thread(target=_send_all, args=(client, data), daemon=True).start()
            answer = bytearray()
            while block := client.recv(65536):
                answer += block
            return bytes(answer)
    except OSError:
        return None


@contextlib.contextmanager
def web_program(directory):
    """The web server that comes with Python, as a program of its own; gives the port."""
    port = free_port()
    program = subprocess.Popen(
        [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)],
        cwd=directory,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while program.poll() is None and round_trip(("127.0.0.1", port), b"") is None:
            time.sleep(0.02)
        yield port
    finally:
        program.terminate()
        program.wait()
