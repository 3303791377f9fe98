# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/boards/device.py - a board in QEMU, started by tools/run-board, and who is at its serial port."""
import contextlib
import functools
import queue
import re
import secrets
import socket
import threading
import time

import cbor2

from clock import TimeServer
from lib.client import to_cbor
from lib.fake_device import ANSWER, BAD, EVENT, frame, unframe
from lib.world import ROOT, Failed, Program, check, free_port, until
from wire import Wire

REQUEST, REPLY = 2, 0x82
AGAIN_ERRORS = (-13, -15)  # busy, storage: send it again
ENDED = re.compile(r"(?:^|\n)(ok|error: [^\r\n]*)\r?\n")


def only(*boards):
    """A test of these boards alone: others lack what it is about."""
    def mark(function):
        function.boards = boards
        return function
    return mark


class Line:
    """The other end of a serial port. Frames and text are told apart as docs/serial.md says. A thread takes in what comes: QEMU
    stops a board whose port nobody reads."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.text = ""
        self.frames = []     # (kind, number, body), as they came
        self.inside = None
        self.number = 0
        self.spoilt = 0      # frames from the device that are none: a reset cuts what it is saying
        self.come = queue.SimpleQueue()
        self.open = True
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self):
        data = b"-"
        while data:
            try:
                data = self.socket.recv(65536)
            except OSError:
                data = b""
            self.come.put(data)

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def write(self, data):
        self.socket.settimeout(None)
        try:
            self.socket.sendall(data)
        except OSError:
            self.open = False

    def read(self, seconds=0.0):
        """Take in what has come, waiting for so long; False: the line is gone."""
        with contextlib.suppress(queue.Empty):
            data = self.come.get(timeout=seconds) if seconds > 0 else self.come.get_nowait()
            while True:
                self.open = self.open and bool(data)
                for piece in re.split(b"(\0)", data):
                    self._take(piece)
                data = self.come.get_nowait()
        return self.open

    def _take(self, piece):
        if piece == b"\0":
            if self.inside is None:
                self.inside = b""
            elif self.inside:
                self._frame()
        elif self.inside is None:
            self.text += piece.decode("ascii", "replace")
        else:
            self.inside += piece

    def _frame(self):
        found = unframe(self.inside)
        self.inside = None
        if found is None:
            self.spoilt += 1
        else:
            self.frames.append(found)

    def expect(self, pattern, seconds=90, since=0):
        """Until the text since then matches; the match."""
        end = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.text[since:])
            if found:
                return found
            check(time.monotonic() < end, f"/{pattern}/ within {seconds} s; it says: {self.text[since:][-1500:]}")
            self.read(0.05)

    def type(self, line, seconds=90):
        """A command at the shell: (all that it prints, its last line)."""
        begin = len(self.text)
        self.write(line.encode() + b"\r")
        ended = self.expect(ENDED.pattern, seconds, begin)
        return self.text[begin:begin + ended.start()], ended.group(1)

    def told(self, line, seconds=90):
        """A command that must succeed; what it prints."""
        said, last = self.type(line, seconds)
        check(last == "ok", f"`{line}`: {last}; {said}")
        return said

    def next_number(self):
        self.number = self.number % 0xffff + 1
        return self.number

    def answer_to(self, number, kinds, seconds=90):
        """Take the frame that answers; None: a `bad` came instead."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for at, (kind, its, body) in enumerate(self.frames):
                if (kind in kinds and its == number) or kind == BAD:
                    del self.frames[at]
                    return None if kind == BAD else body
            self.read(0.05)
        raise Failed(f"no answer to frame {number}; text: {self.text[-800:]}")

    def hear(self, event, seconds=90):
        """Send an event until it is taken or refused for good; the answer as a dict."""
        number = self.next_number()
        wire = frame(EVENT, number, event if isinstance(event, bytes) else to_cbor(event))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.write(wire)
            body = self.answer_to(number, (ANSWER,), seconds)
            if body is not None and (answer := cbor2.loads(body))[0] not in AGAIN_ERRORS:
                return answer
        raise Failed(f"event {number} is not taken")

    def hear_all(self, events, ahead=4):
        """Send events a few at a time; each must be taken. How many came again."""
        again = 0
        for first in range(0, len(events), ahead):
            some = {self.next_number(): event for event in events[first:first + ahead]}
            self.write(b"".join(frame(EVENT, n, e if isinstance(e, bytes) else to_cbor(e)) for n, e in some.items()))
            for number, event in some.items():
                body = self.answer_to(number, (ANSWER,))
                answer = cbor2.loads(body) if body is not None else {0: AGAIN_ERRORS[0]}
                if answer[0] in AGAIN_ERRORS:
                    answer = self.hear(event)
                check(answer[0] == 0, f"event {number} is taken: {answer}, {event}")
                again += answer.get(2, False)
        return again

    def ask(self, request):
        """A request as on the topic cmd; the reply's bytes."""
        number = self.next_number()
        self.write(frame(REQUEST, number, request))
        return self.answer_to(number, (REPLY,))


class Device:
    """A board with an identity (certificate `client`), a broker and a time server. Settings are written section__name=value.
    wire: frames go through a Wire of ours. start=False: only made. shipped: of lm3s6965 the image that is shipped, to which
    somebody has to bring randomness (seed)."""

    def __init__(self, world, broker=None, cert="client", ca="ca", clock=True, wire=False, start=True, qemu=(), arguments=(),
                 identity=(), shipped=None, **settings):
        self.world, self.board, self.images = world, world.board, world.images
        self.shipped = shipped if shipped is not None else world.shipped
        self.brings_seed = shipped is None and world.shipped
        self.name = world.unique("board")
        self.directory = world.path(self.name)
        self.directory.mkdir()
        self.flash = self.directory / "flash.bin"
        self.clock = TimeServer(world, start=bool(clock)) if clock is not None else None
        self.wire = Wire(world) if wire else None
        self.qemu, self.arguments = list(qemu), list(arguments)
        self.settings = {
            "device__tenant": "t", "device__site": "s", "device__device": self.name, "device__clock": "events",
            "publish__hour_s": 1, "publish__day_s": 1, "uplink__backoff_min_ms": 100, "uplink__backoff_max_ms": 400,
            "broker__host": "10.0.2.2", "broker__port": broker.port if broker else free_port(),
            "broker__server_name": "127.0.0.1", "network__time_server": "10.0.2.2", "log__level": "debug",
            "network__time_port": self.clock.port if self.clock else free_port(), **settings}
        self.program, self.line = None, None
        self._make_identity(cert, ca, identity)
        if self.board == "mps2":
            self._earshot("flash", "--board", "mps2", "--image", self.images.firmware / "earshot-slot_a.img", "--identity",
                          self.directory / "identity.bin", "--settings", self.directory / "settings.bin", "--to", self.flash)
        if start:
            self.start()

    def _earshot(self, *arguments):
        done = self.world.run(self.world.tool("earshot"), *arguments)
        check(done.returncode == 0, f"earshot {' '.join(map(str, arguments))}: {done.stdout} {done.stderr}")

    def _make_identity(self, cert, ca, more):
        certs = self.world.certs
        given = ["--ca", certs.crt(ca)] if ca else []
        given += ["--cert", certs.crt(cert), "--key", certs.key(cert)] if cert else []
        for name, value in self.settings.items():
            if value is not None:
                given += ["--set", f"{name.replace('__', '.', 1)}={value}"]
        self._earshot("identity", "make", "--board", self.board, "--out", self.directory, *given, *more)

    @functools.cached_property
    def command(self):
        """As tools/run-board would start it."""
        port = self.directory / "serial"
        how = ["--boot", self.images.elf()] if self.board == "mps2" else [
            *([] if self.shipped else ["--test"]), "--image", self.images.elf(self.shipped), "--identity", self.directory / "identity.bin", "--settings",
            self.directory / "settings.bin"]
        how += ["--no-network"] if self.wire else []
        more = (["--", *self.qemu]) if self.qemu else []
        made = self.world.run(ROOT / "tools/run-board", self.board, "--print", "--flash", self.flash, "--serial",
                              f"unix:{port}", *how, *self.arguments, *more)
        check(made.returncode == 0, made.stderr)
        command = made.stderr.split()
        if self.wire:
            at = command.index("-nic")
            command[at:at + 2] = self.wire.arguments(self.board)
        return command

    def start(self):
        """Power comes."""
        path = self.directory / "serial"
        path.unlink(missing_ok=True)
        self.program = Program("qemu", self.command, self.directory / "qemu.log")
        self.world.stack.callback(self.program.end)
        until(lambda: self._connect(path), lambda: f"QEMU listens; it says: {self.program.text()}", pause=0.005)
        if self.brings_seed:
            self.seed()
        return self

    def seed(self):
        """As the computer at its serial port does after each start."""
        self.told(f"provision seed {secrets.token_hex(32)}")

    def _connect(self, path):
        check(self.program.running(), f"QEMU ended: {self.program.text()}")
        try:
            self.line = Line(path)
            return True
        except OSError:
            return False

    def kill(self):
        """Power is cut."""
        self.program.send(9)
        self.program.wait()
        self.line.close()

    @contextlib.contextmanager
    def port(self):
        """The serial port for another program, which has it alone; its name."""
        text = self.line.text
        self.line.close()
        path = self.directory / "serial"
        yield f"unix:{path}"
        self.line = until(lambda: self._reopen(path), "the serial port is free again", pause=0.02)
        self.line.text = text

    @staticmethod
    def _reopen(path):
        with contextlib.suppress(OSError):
            return Line(path)

    def end(self):
        self.program.end()
        self.line.close()

    # --- what it says of itself ---

    def type(self, line, seconds=90):
        return self.line.type(line, seconds)

    def told(self, line, seconds=90):
        return self.line.told(line, seconds)

    def status(self):
        """`name: value` lines of `status`, as a dict."""
        said = self.told("status")
        return dict(re.findall(r"^([a-z][a-z ]*): ([^\r\n]*)\r?$", said, re.M))

    def counted(self):
        return tuple(map(int, re.match(r"(\d+) counted, (\d+) came again, (\d+) refused", self.status()["events"]).groups()))

    def wait_log(self, pattern, seconds=120, since=0):
        return self.line.expect(pattern, seconds, since)

    def wait_up(self, seconds=120, since=0):
        return self.wait_log("connected to the broker", seconds, since)

    def wait_status(self, name, pattern, seconds=120):
        """Until a line of `status` matches."""
        return until(lambda: re.search(pattern, self.status().get(name, "")),
                     lambda: f"`status` says {name}: /{pattern}/; it says {self.status()}; {self.line.text[-800:]}", seconds, 0.2)
