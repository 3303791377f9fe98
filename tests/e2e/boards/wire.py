# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/boards/wire.py - the network cable between a board and QEMU's own network: every frame passes through here."""
import contextlib
import random
import socket
import struct
import threading

MODELS = {"mps2": "lan9118", "lm3s6965": "stellaris"}
FROM_BOARD, TO_BOARD = "rx", "tx"  # as QEMU names the queues of its end
LONGEST_FRAME = 65536


def read_exactly(peer, count):
    data = b""
    while len(data) < count:
        more = peer.recv(count - len(data))
        if not more:
            raise OSError("the end")
        data += more
    return data


class Wire:
    """passes(direction, frame): whether it arrives. answer(frame): what comes back to the board for a frame of the board's
    in place of its way out (b"": nothing), or None: it goes its way."""

    def __init__(self, world, passes=lambda direction, frame: True, answer=lambda frame: None):
        self.passes, self.answer = passes, answer
        self.directory = world.path(world.unique("wire"))
        self.directory.mkdir()
        self.frames = {FROM_BOARD: 0, TO_BOARD: 0}
        self.lost = 0
        self.lock = threading.Lock()
        self.sinks = {}
        self.listeners = {}
        for queue in self.frames:
            for end in ("out", "in"):
                listener = socket.socket(socket.AF_UNIX)
                listener.bind(str(self.directory / f"{queue}-{end}"))
                listener.listen(1)
                self.listeners[queue, end] = listener
                world.stack.callback(listener.close)
            threading.Thread(target=self._serve, args=(queue,), daemon=True).start()

    def arguments(self, board):
        """Of QEMU."""
        command = ["-nic", f"user,id=net,model={MODELS[board]},mac=52:54:00:12:34:56"]
        for queue in self.frames:
            for end in ("out", "in"):
                command += ["-chardev", f"socket,id={queue}-{end},path={self.directory}/{queue}-{end}"]
            command += ["-object", f"filter-redirector,id={queue},netdev=net,queue={queue},outdev={queue}-out,indev={queue}-in"]
        return command

    def _serve(self, queue):
        try:
            while True:  # once for each QEMU
                source = self.listeners[queue, "out"].accept()[0]
                self.sinks[queue] = self.listeners[queue, "in"].accept()[0]
                try:
                    self._pass_on(queue, source)
                except OSError:
                    pass
        except OSError:
            return

    def _pass_on(self, queue, source):
        while True:
            length = struct.unpack(">I", read_exactly(source, 4))[0]
            frame = read_exactly(source, length)
            self.frames[queue] += 1
            if not self.passes(queue, frame):
                self.lost += 1
                continue
            back = self.answer(frame) if queue == FROM_BOARD else None
            if back is None:
                self.send(queue, frame)
            elif back:
                self.send(TO_BOARD, back)

    def send(self, queue, frame):
        with self.lock:
            self.sinks[queue].sendall(struct.pack(">I", len(frame)) + frame)


class Rough:
    """A `passes` for a wire: of ten frames one is lost, one comes twice, and two come up to 30 ms late, behind others."""

    def __init__(self, wire, seed):
        self.wire, self.dice = wire, random.Random(seed)
        self.counts = {"lost": 0, "doubled": 0, "late": 0, "as it is": 0}

    def __call__(self, direction, frame):
        what = self.dice.choices(list(self.counts), (1, 1, 2, 6))[0]
        self.counts[what] += 1
        if what == "doubled":
            self.wire.send(direction, frame)
        elif what == "late":
            threading.Timer(self.dice.uniform(0.005, 0.03), self._late, (direction, frame)).start()
        return what in ("as it is", "doubled")

    def _late(self, direction, frame):
        with contextlib.suppress(OSError):  # the board may have ended
            self.wire.send(direction, frame)


def udp_ports(frame):
    """(from, to) of a UDP datagram in IPv4, or None."""
    if frame[12:14] != b"\x08\x00" or frame[23] != 17:
        return None
    at = 14 + (frame[14] & 15) * 4
    return struct.unpack(">HH", frame[at:at + 4])


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff

