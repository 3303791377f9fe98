# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/lib/fake_device.py - a device's serial line on a Unix socket: shell and frames as platform/firmware has them,
and what a real one does only when it is broken. Written from the protocol (docs/serial.md), not from our code."""
import binascii
import socket
import struct
import subprocess
import threading
import time

import cbor2

EVENT, ANSWER, BAD = 1, 0x81, 0xFF
TAKEN, REFUSED_MISSING = 0, -4


def cobs_decode(data):
    out = bytearray()
    at = 0
    while at < len(data):
        code = data[at]
        out += data[at + 1:at + code]
        at += code
        if code < 0xFF and at < len(data):
            out.append(0)
    return bytes(out)


def cobs_encode(data):
    out = bytearray()
    blocks = data.split(b"\0")
    for i, block in enumerate(blocks):
        while len(block) >= 254:
            out += b"\xff" + block[:254]
            block = block[254:]
            if not block and i + 1 == len(blocks):
                return bytes(out)
        out += bytes([len(block) + 1]) + block
    return bytes(out)


def frame(kind, number, body):
    head = struct.pack("<BH", kind, number) + body
    return b"\0" + cobs_encode(head + struct.pack("<I", binascii.crc32(head))) + b"\0"


def unframe(wire):
    """(kind, number, body), or None: spoilt."""
    data = cobs_decode(wire)
    if len(data) < 7 or binascii.crc32(data[:-4]) != struct.unpack("<I", data[-4:])[0]:
        return None
    kind, number = struct.unpack("<BH", data[:3])
    return kind, number, data[3:-4]


class FakeDevice:
    """quirks: silent, garbage (answers, but no shell), read_only, other_name (of the request),
    never_connects, refuses={command: says}, spoil=N (each N-th frame comes spoilt), swallow=N (each N-th frame or answer
    is lost), hang_up (closes the line), slow_reboot=S (it answers meanwhile), logs (a line of the log in between)."""

    def __init__(self, world, **quirks):
        self.world = world
        self.directory = world.path(world.unique("device"))
        self.directory.mkdir()
        self.path = self.directory / "serial"
        self.port = f"unix:{self.path}"
        self.quirks = quirks
        self.settings = {}
        self.parts = {}
        self.events = {}      # id -> event
        self.order = []
        self.frames = 0
        self.resets = 0
        self.tests = 0
        self.begun = time.monotonic() - 100
        self.commands = []
        self.paste = None
        self.line = b""
        self.inside = None
        self.server = socket.socket(socket.AF_UNIX)
        self.server.bind(str(self.path))
        self.server.listen(4)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        world.stack.callback(self.close)

    def close(self):
        try:
            self.server.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.server.close()

    def _serve(self):
        while True:
            try:
                self.connection, _ = self.server.accept()
            except OSError:
                return
            try:
                while data := self.connection.recv(4096):
                    if self.quirks.get("hang_up"):
                        break
                    for byte in data:
                        self._byte(byte)
            except OSError:
                pass
            self.connection.close()

    def _say(self, text):
        if not self.quirks.get("silent"):
            self.connection.sendall(text.replace("\n", "\r\n").encode())

    def _byte(self, byte):
        if self.inside is not None:
            if byte:
                self.inside.append(byte)
            elif self.inside:
                self._frame(bytes(self.inside))
                self.inside = None
        elif byte == 0:
            self.inside = bytearray()
        elif self.quirks.get("garbage"):
            self.connection.sendall(b"\xfe\xfcx\xf8")
        elif byte == 3:
            self.line, self.paste = b"", None
            self._say("\n")
        elif byte in b"\r\n":
            line, self.line = self.line.decode(errors="replace"), b""
            self._say("\n")
            self._line(line)
        else:
            self.line += bytes([byte])
            self._say(chr(byte))

    # --- shell ---

    def _line(self, line):
        """Enter was pressed."""
        if self.paste is not None:
            self.paste[1].append(line)
            if line.startswith("-----END"):
                command, lines = self.paste
                self.paste = None
                self._finish(self._take(command, "\n".join(lines) + "\n"))
            return
        self.commands.append(line)
        if self.quirks.get("logs"):
            self._say("12.345 error: the clock was set\n")
        if not line.strip():
            return
        for begin, says in self.quirks.get("refuses", {}).items():
            if line.startswith(begin):
                self._finish(says)
                return
        words = line.split(" ", 2)
        if words[0] == "provision" and words[1] in ("cert", "ca", "pack-key"):
            self._say("paste it as PEM\n")
            self.paste = (words[1], [])
            return
        command = getattr(self, "_do_" + words[0], None)
        self._finish(command(line) if command else f"there is no command {words[0]}")
        if words[0] == "reboot":
            if self.quirks.get("slow_reboot"):
                threading.Timer(self.quirks["slow_reboot"], self._reset).start()
            else:
                self._reset()

    def _reset(self):
        self.resets += 1
        self.begun = time.monotonic()
        self.tests = 0
        self._say("0.000 notice: earshot 0.1.0\n")

    def _finish(self, error):
        self._say(f"error: {error}\n" if error else "ok\n")

    def _do_status(self, _):
        uptime = int(time.monotonic() - self.begun)
        flash = "can only be read" if self.quirks.get("read_only") else "can be written"
        self._say(f"device: t/s/\nfirmware: 0.1.0, slot a\nmac: 02:00:00:aa:bb:cc\nuptime: 0 h {uptime // 60} min "
                  f"{uptime % 60} s\nflash: 16384 KB, {flash}; what is counted outlasts a restart\n")

    def _do_help(self, _):
        self._say("help status provision set test reboot\n")

    def _do_set(self, line):
        _, name, value = line.split(" ", 2)
        self.settings[name] = value
        self._say("at work after a restart\n")

    def _do_time(self, line):
        self.time = line.split()[1]

    def _do_reboot(self, _):
        self._say("what is untold is told first: this takes up to some seconds\n")

    def _do_test(self, _):
        self.tests += 1
        if self.quirks.get("never_connects") or self.tests < 2:
            self._say("identity: ok\nbroker: FAILED: the broker's certificate has expired\n")
            return "not all is well: see above"
        self._say("identity: ok\nbroker: ok\n")
        return None

    def _do_provision(self, line):
        words = line.split()
        if words[1] == "forget":
            self.parts.clear()
        if words[1] == "seed":
            self.parts["seed"] = bytes.fromhex(words[2])
        elif words[1] == "key":
            self._key()
        return None

    def _openssl(self, *arguments):
        return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, text=True).stdout

    def _key(self):
        key = self.directory / "device.key"
        if "key" not in self.parts:
            self._openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
        name = self.quirks.get("other_name", self.settings.get("device.device", "?"))
        self._say(self._openssl("req", "-new", "-key", key, "-subj", f"/CN={name}"))
        self.parts["key"] = key

    def _take(self, what, pem):
        path = self.directory / f"{what}.pem"
        path.write_text(pem)
        if what == "cert":
            of_key = self._openssl("pkey", "-in", self.parts["key"], "-pubout")
            if self._openssl("x509", "-in", path, "-noout", "-pubkey") != of_key:
                return "this certificate is of another key than this device's"
        self.parts[what] = path
        return None

    # --- frames ---

    def _frame(self, wire):
        self.frames += 1
        spoil, swallow = self.quirks.get("spoil"), self.quirks.get("swallow")
        if swallow and self.frames % (2 * swallow) == swallow:
            return
        found = None if spoil and self.frames % spoil == 0 else unframe(wire)
        if found is None:
            self.connection.sendall(frame(BAD, 0, b"\1"))
            return
        kind, number, body = found
        if kind != EVENT:
            self.connection.sendall(frame(BAD, 0, b"\4"))
            return
        event = cbor2.loads(body)
        answer = {0: TAKEN}
        if event.get(1) == 1 and 4 not in event:
            answer = {0: REFUSED_MISSING, 1: 4}
        elif event.get(2) in self.events:
            answer = {0: TAKEN, 2: True}
        else:
            self.events[event.get(2)] = event
            self.order.append(event)
        if swallow and self.frames % (2 * swallow) == 0:
            return
        self.connection.sendall((b"log line\r\n" if self.quirks.get("logs") else b"") + frame(ANSWER, number, cbor2.dumps(answer)))
