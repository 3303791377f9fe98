# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/lib/client.py - a client of earshotd's socket, in JSON lines or a CBOR sequence. CBOR by python3-cbor2."""
import io
import json
import socket
import time

import cbor2

from lib.world import Failed

# The vocabulary of docs/events.md that these tests need, as keys and codes of CBOR.
KEYS = {"v": 0, "kind": 1, "id": 2, "t": 3, "conversation": 4, "user": 5, "from": 6, "text": 7, "channel": 8,
        "sender": 9, "automation": 10, "automation_version": 11, "language": 12, "confidence": 13, "fallback": 14,
        "attachments": 15, "reason": 16, "mode": 17, "by": 18, "label": 19, "resolved": 20, "score": 21, "agent": 22,
        "amount": 23, "currency": 24, "delivery": 25, "sentiment": 26, "intent": 27, "topic": 28, "product": 29,
        "count": 30}
CODES = {
    "kind": ["", "start", "message", "handoff", "assign", "close", "outcome", "csat", "flow", "tag", "topic",
             "procedure", "step", "link_click", "product_click", "add_to_cart", "order", "delivery", "agent_login",
             "agent_logout", "time"],
    "from": ["user", "bot", "agent"],
    "reason": ["human_requested", "low_confidence", "repetition_loop", "incomplete_info", "other"],
    "mode": ["routed", "closed_out"],
    "by": ["user", "bot", "agent", "idle", "left"],
    "delivery": ["sent", "delivered", "rejected", "expired", "undeliverable"],
    "sentiment": ["neutral", "positive", "negative"],
}


def to_json(event):
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def to_cbor(event):
    packed = {}
    for name, value in event.items():
        if name in CODES:
            value = CODES[name].index(value)
        elif name == "confidence":
            value = round(value * 1000)
        packed[KEYS[name]] = value
    return cbor2.dumps(packed, canonical=True)


class Client:
    """send() queues nothing: it blocks until the daemon has taken the bytes, so read answers in between."""

    def __init__(self, path, seconds=60, binary=False):
        self.binary = binary
        self.rest = b""
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(seconds)
        end = time.monotonic() + seconds
        while True:
            try:
                self.socket.connect(str(path))
                return
            except BlockingIOError:  # the listener's queue is full; a socket with a timeout is not made to wait
                if time.monotonic() > end:
                    raise
                time.sleep(0.001)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def raw(self, data):
        try:
            self.socket.sendall(data)
        except TimeoutError:
            raise Failed("the daemon takes no bytes") from None

    def send(self, *events):
        self.raw(b"".join((to_cbor if self.binary else to_json)(event) for event in events))

    def _split(self):
        if not self.rest:
            return None
        if self.rest[0] < 0x80:  # JSON is also what a client hears whose first byte was of neither encoding
            line, newline, rest = self.rest.partition(b"\n")
            if not newline:
                return None
            self.rest = rest
            return json.loads(line)
        stream = io.BytesIO(self.rest)
        try:
            answer = cbor2.load(stream)
        except EOFError:
            return None
        self.rest = self.rest[stream.tell():]
        names = ["n", "ok", "again", "error", "field", "at", "allowed"]
        return {names[key]: value for key, value in answer.items()}

    def answer(self):
        """The next answer as a dict; None: the daemon closed the connection."""
        while True:
            answer = self._split()
            if answer is not None:
                return answer
            try:
                got = self.socket.recv(65536)
            except TimeoutError:
                raise Failed(f"no answer; unread so far: {self.rest!r}") from None
            except ConnectionResetError:
                return None
            if not got:
                return None
            self.rest += got

    def answers(self, count):
        return [self.answer() for _ in range(count)]

    def ask(self, *events):
        """Send and wait for an answer to each."""
        self.send(*events)
        return self.answers(len(events))

    def play(self, events, ahead=500):
        """Send many with at most so many unanswered; the answers that are no plain ok."""
        odd = []
        for first in range(0, len(events), ahead):
            some = events[first:first + ahead]
            odd += [a for a in self.ask(*some) if a is None or not a.get("ok") or a.get("again")]
        return odd


def status(path):
    with Client(path) as client:
        client.raw(b'{"ask":"status"}\n')
        return client.answer()
