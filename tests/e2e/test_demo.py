"""The demo itself: it tells the truth by its exit status, and leaves nothing behind."""

import os
import pathlib
import re
import signal
import subprocess

from nodes import SLOW, check, until

DEMO = str(pathlib.Path(__file__).resolve().parents[1] / "demo" / "run")


def root_of(text):
    return pathlib.Path(re.search(r"everything is in (\S+)", text)[1])


def test_once():
    done = subprocess.run(
        [DEMO, "--once"], capture_output=True, text=True, timeout=120 * SLOW, check=False
    )
    check(done.returncode == 0, f"the bytes were right: {done.stdout}{done.stderr}")
    check(not root_of(done.stdout).exists(), "its files are gone")


def test_until_ctrl_c():
    demo = subprocess.Popen([DEMO], stdout=subprocess.PIPE, text=True, start_new_session=True)
    said = ""
    for line in demo.stdout:
        said += line
        if "tail -f" in line:
            break
    check("In another terminal" in said, f"it stays and says what to try: {said}")
    os.killpg(demo.pid, signal.SIGINT)
    rest = demo.stdout.read()
    check(demo.wait(60 * SLOW) == 0, f"it ends in order: {said}{rest}")
    until(lambda: not root_of(said).exists(), 5, "its files are gone")
