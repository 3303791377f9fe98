# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/lib/world.py - what a test has to itself: a directory, programs that are stopped at its end, deadlines."""
import contextlib
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
PORTS_GIVEN, PORTS_LOCK = set(), threading.Lock()


class Failed(Exception):
    """What was to be shown is not so."""


class LeftOut(Exception):
    """Something that this test needs is not on this machine."""


def check(condition, says):
    if not condition:
        raise Failed(says)


def equal(left, right, what):
    check(left == right, f"{what}: {left!r} instead of {right!r}")


def until(condition, what, seconds=60.0, pause=0.02):
    """Poll until condition() is true; its value. Fails after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"not within {seconds:g} s: {what() if callable(what) else what}")
        time.sleep(pause)


def free_port():
    """A port that nobody listens at and that no test of this run was given. It lies below those that the system gives to
    outgoing connections, so that a broker that is started again finds it free."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        end = int(file.read().split()[0])
    while True:
        port = random.randrange(10000, max(end, 10100))
        with PORTS_LOCK, socket.socket() as listener, contextlib.suppress(OSError):
            if port not in PORTS_GIVEN:
                listener.bind(("127.0.0.1", port))
                PORTS_GIVEN.add(port)
                return port


def shared_data():
    """The folder of real conversations, or None."""
    named = os.environ.get("EARSHOT_SHARED_DATA")
    folder = pathlib.Path(named) if named else ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


class Program:
    """A child process whose output goes to a file. Signals go to its own PID only."""

    def __init__(self, name, arguments, log, **options):
        self.name = name
        self.log = log
        with open(log, "ab") as out:
            self.child = subprocess.Popen([str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=subprocess.STDOUT, **options)

    @property
    def pid(self):
        return self.child.pid

    def running(self):
        return self.child.poll() is None

    def send(self, number):
        self.child.send_signal(number)

    def wait(self, seconds=60):
        """Exit status; negative: killed by that signal."""
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.name} did not end within {seconds} s") from None

    def stop(self, number=signal.SIGTERM, seconds=60):
        if not self.running():
            return self.child.returncode
        self.send(signal.SIGCONT)
        self.send(number)
        return self.wait(seconds)

    def end(self):
        """For the end of a test, whatever has happened."""
        if self.running():
            with contextlib.suppress(Failed):
                self.stop(seconds=3)
        if self.running():
            self.send(signal.SIGKILL)
        self.child.wait()

    def text(self):
        return self.log.read_text(errors="replace")


class World:
    """One test's own world. `build` is the build directory, `certs` are shared by all tests of a run."""

    def __init__(self, build, certs, name, verbose=False):
        self.build = build
        self.certs = certs
        self.verbose = verbose
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"ear-{name[:20]}-"))
        self.stack = contextlib.ExitStack()
        self.names = {}
        self.notes = []

    def path(self, name):
        return self.directory / name

    def tool(self, name):
        """A program of the build, wherever the build put it."""
        for folder in ("platform/linux", "tools/earshot", "tests"):
            program = self.build / folder / name
            if program.is_file():
                return program
        raise LeftOut(f"{name} is not built in {self.build}")

    def unique(self, name):
        self.names[name] = self.names.get(name, 0) + 1
        return name if self.names[name] == 1 else f"{name}-{self.names[name]}"

    def start(self, name, arguments, **options):
        program = Program(name, arguments, self.path(f"{self.unique(name)}.log"), **options)
        self.stack.callback(program.end)
        return program

    def run(self, *arguments, seconds=180, **options):
        """Run to the end; CompletedProcess with text."""
        try:
            return subprocess.run([str(a) for a in arguments], stdin=options.pop("stdin", subprocess.DEVNULL),
                                  capture_output=True, text=True, timeout=seconds, check=False, **options)
        except subprocess.TimeoutExpired:
            raise Failed(f"{arguments[0]} did not end within {seconds} s") from None

    def note(self, says):
        """A figure worth a line beside the result."""
        self.notes.append(says)

    def close(self, keep):
        self.stack.close()
        if keep:
            print(f"     kept: {self.directory}", file=sys.stderr)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)
