# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/boards/gdb.py - as much of gdb's remote protocol as it takes to make a running image misbehave."""
import socket

from lib.world import check

SP, PC = 13, 15


class Gdb:
    """Attached, the board stands; it goes on at the end."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self.socket.settimeout(20)
        self.buffer = b""

    def __enter__(self):
        self.ask(b"qXfer:features:read:target.xml:0,ffb")  # else QEMU knows no single registers
        return self

    def __exit__(self, *_):
        self.socket.sendall(self.packet(b"D"))
        self.socket.recv(64)
        self.socket.close()

    @staticmethod
    def packet(body):
        return b"$" + body + b"#%02x" % (sum(body) & 0xff)

    def _packet(self):
        while len(self.buffer.partition(b"#")[2]) < 2:
            self.buffer += self.socket.recv(4096)
        answer, _, rest = self.buffer.partition(b"$")[2].partition(b"#")
        self.buffer = rest[2:]
        self.socket.sendall(b"+")
        return answer

    def ask(self, body):
        self.socket.sendall(self.packet(body))
        while (answer := self._packet())[:1] == b"T":  # that it stands is said unasked
            pass
        return answer

    def register(self, number):
        return int.from_bytes(bytes.fromhex(self.ask(b"p%x" % number).decode()), "little")

    def run_bytes(self, code):
        """The processor goes on with this code, which is put on the stack."""
        at = (self.register(SP) - 256) & ~3
        check(self.ask(b"M%x,%x:" % (at, len(code)) + code.hex().encode()) == b"OK", "memory is written")
        check(self.ask(b"P%x=" % PC + at.to_bytes(4, "little").hex().encode()) == b"OK", "the program counter is set")
