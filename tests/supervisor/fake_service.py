#!/usr/bin/env python3
"""A service for the supervisor's tests: speaks the control channel, and does what the file
<config directory>/<its name>.does says: one word (see `main`). It writes what it sees to
<config directory>/<its name>.log, one line per event."""
import array
import os
import signal
import socket
import sys
import time

name = os.path.basename(sys.argv[0]).removeprefix("peerup-")
config = sys.argv[sys.argv.index("--config") + 1]
here = os.path.dirname(config)
channel = socket.socket(fileno=os.dup(3))


def note(*words):
    with open(f"{here}/{name}.log", "a") as log:
        log.write(" ".join(str(word) for word in words) + "\n")


def packed(text):
    data = text.encode()
    return bytes([0xA0 | len(data)]) + data if len(data) < 32 else bytes([0xD9, len(data)]) + data


def message(kind, **fields):
    fields = {"type": kind, **fields}
    return bytes([0x80 | len(fields)]) + b"".join(packed(k) + packed(v) for k, v in fields.items())


def say(kind, fd=None, **fields):
    rights = [] if fd is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
    channel.sendmsg([message(kind, **fields)], rights)


def hear():
    data, rights, _, _ = channel.recvmsg(65536, socket.CMSG_SPACE(4))
    if not data:
        note("closed")
        sys.exit(0)
    fd = array.array("i", rights[0][2][:4])[0] if rights else None
    return data, fd


def serve(answers=True):
    while True:
        data, fd = hear()
        if b"service.health" in data:
            note("asked")
            if answers:
                say("service.healthy")
        if b"service.config" in data:
            note("config", os.pread(fd, 1000, 0))


def start():
    """Until service.go; answers what was kept."""
    kept = []
    while True:
        data, fd = hear()
        if b"service.kept" in data:
            kept.append((data, fd))
            note("kept", "port", socket.socket(fileno=os.dup(fd)).getsockname()[1])
        if b"service.config" in data:
            note("first config", os.pread(fd, 1000, 0))
            note("told", data)
        if b"service.go" in data:
            return kept


def stop(signo, frame):
    note("term")
    sys.exit(0)


def main():
    try:
        does = open(f"{here}/{name}.does").read().strip()
    except FileNotFoundError:
        does = "serve"
    signal.signal(signal.SIGTERM, signal.SIG_IGN if does == "stubborn" else stop)
    descriptors = sorted(int(fd) for fd in os.listdir("/proc/self/fd"))
    note("start", os.getpid(), "fds", *[fd for fd in descriptors if fd < 5], "group", os.getpgid(0),
         "notify", "NOTIFY_SOCKET" in os.environ)
    if does == "permanent":
        sys.exit(100)
    kept = start()
    if does == "keep" and not kept:
        listener = socket.create_server(("127.0.0.1", 0))
        note("listening", listener.getsockname()[1])
        say("service.keep", fd=listener.fileno(), name="web")
    if does == "slow":
        time.sleep(3)
    say("service.note", text=f"{does} since {time.time():.0f}")
    if does == "mad":
        channel.send(b"\xc1garbage")
    say("service.ready")
    note("ready")
    serve(answers=does != "hang")


main()
