# SPDX-License-Identifier: Apache-2.0
"""tests/fault/load.py - clients as they ought to be: every event has an id, and is sent again, the same, until it is
acknowledged. What was acknowledged is kept account of, by hour."""
import collections
import json
import select
import socket
import time

HOUR_MS = 3_600_000
NAMES = ["messages.user", "messages.bot"]


class Event:
    __slots__ = ("line", "hour", "name")

    def __init__(self, number, at_ms):
        self.hour = at_ms // HOUR_MS * HOUR_MS // 1000
        self.name = NAMES[number % 2]
        sender = "bot" if number % 2 else "user"
        self.line = (f'{{"kind":"message","id":"e{number}","t":{at_ms},"conversation":"c{number // 12}",'
                     f'"from":"{sender}","text":"Where do I find the garden hoses, number {number}?"}}\n').encode()


class Connection:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.setblocking(False)
        self.socket.connect(path)
        self.pending = collections.deque()
        self.rest = b""


class Load:
    """Single-threaded: call run. `clients` connections with at most `ahead` events unanswered each."""

    def __init__(self, path, now_ms, clients=12, ahead=8):
        self.path, self.clients, self.ahead = str(path), clients, ahead
        self.now_ms = now_ms
        self.step_ms = 20
        self.connections = []
        self.poll = select.poll()
        self.by_fd = {}
        self.again = collections.deque()  # to be sent once more, oldest first
        self.number = 0
        self.acked = collections.Counter()  # (hour, name): how many
        self.acknowledged = self.repeated = self.refused = self.broken = 0
        self.faults = []

    def _next(self):
        if self.again:
            return self.again.popleft()
        self.number += 1
        self.now_ms += self.step_ms
        return Event(self.number, self.now_ms)

    def _connect(self):
        while len(self.connections) < self.clients:
            try:
                connection = Connection(self.path)
            except OSError:
                return
            self.connections.append(connection)
            self.by_fd[connection.socket.fileno()] = connection
            self.poll.register(connection.socket, select.POLLIN)

    def _break(self, connection):
        self.poll.unregister(connection.socket)
        del self.by_fd[connection.socket.fileno()]
        self.connections.remove(connection)
        connection.socket.close()
        self.again.extendleft(reversed(connection.pending))
        self.broken += len(connection.pending)

    def drop(self):
        """Hang up on everything, answered or not."""
        for connection in list(self.connections):
            self._break(connection)

    def _send(self, connection, fresh):
        room = self.ahead - len(connection.pending)
        if room * 2 < self.ahead or not (fresh or self.again):
            return
        some = [self._next() for _ in range(room if fresh else min(room, len(self.again)))]
        connection.pending.extend(some)
        data = b"".join(event.line for event in some)
        try:
            if connection.socket.send(data) != len(data):
                self._break(connection)  # never: it is far less than a socket takes
        except OSError:
            self._break(connection)

    def _answer(self, line, event):
        if b'"ok":true' in line:
            self.acknowledged += 1
            self.repeated += b'"again"' in line
            self.acked[event.hour, event.name] += 1
            return
        error = json.loads(line).get("error")
        self.refused += 1
        self.again.append(event)
        if error not in ("io", "busy"):
            self.faults.append(line)

    def _receive(self, connection):
        try:
            data = connection.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        *lines, connection.rest = (connection.rest + data).split(b"\n")
        for line in lines:
            if not connection.pending:
                self.faults.append(b"an answer too many: " + line)
                continue
            self._answer(line, connection.pending.popleft())
        if not data:
            self._break(connection)

    def run(self, seconds, fresh=True, goal=None):
        """Send and be answered for so long, or until so many were acknowledged ever; not fresh: only what is to be sent
        again, and whether all of it is acknowledged."""
        end = time.monotonic() + seconds
        while True:
            self._connect()
            for connection in list(self.connections):
                self._send(connection, fresh)
            if (not fresh and not self.waiting()) or (goal is not None and self.acknowledged >= goal):
                return True
            left = end - time.monotonic()
            if left <= 0:
                return False
            if not self.connections:
                time.sleep(min(left, 0.002))
                continue
            for fd, _ in self.poll.poll(min(left, 0.05) * 1000 + 1):
                if fd in self.by_fd:
                    self._receive(self.by_fd[fd])

    def waiting(self):
        """Events without an acknowledgement yet."""
        return len(self.again) + sum(len(connection.pending) for connection in self.connections)


def differences(server, device, acked):
    """(hour, name) -> (told, acknowledged), where they are not the same."""
    server.read()
    told = collections.Counter()
    for summary in server.held.values():
        if summary.device == device and summary.resolution == "hour":
            flat = server.catalogue.flat(summary.numbers)
            for name in NAMES:
                told[summary.start, name] += flat.get(name, 0)
    return {key: (told[key], acked[key]) for key in sorted(set(told) | set(acked)) if told[key] != acked[key]}
