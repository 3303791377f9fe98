# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/lib/false_broker.py - a broker that the device trusts and that means it ill: MQTT 5 by hand, over TLS."""
import contextlib
import ssl
import threading

from lib.broker import Listener


def length_of(number):
    out = bytearray()
    while True:
        number, byte = divmod(number, 128)
        out.append(byte | (0x80 if number else 0))
        if not number:
            return bytes(out)


def publish(topic, payload, retained=False, length=None):
    """QoS 0. length: what the head says instead of the truth."""
    body = len(topic).to_bytes(2, "big") + topic.encode() + b"\x00" + payload
    return bytes([0x31 if retained else 0x30]) + length_of(len(body) if length is None else length) + body


class FalseBroker:
    """Takes every session, subscription and message; once somebody subscribes, does `evil(send)` in a thread of its own."""

    def __init__(self, world, evil):
        self.evil = evil
        self.sessions = 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(world.certs.crt("server"), world.certs.key("server"))
        self.listener = Listener(world, lambda c: threading.Thread(target=self._serve, args=(c,), daemon=True).start())
        self.port = self.listener.port

    def _serve(self, connection):
        with contextlib.suppress(OSError, EOFError, ssl.SSLError):
            line = self.context.wrap_socket(connection, server_side=True)
            stream, lock = line.makefile("rb"), threading.Lock()

            def send(packets):
                with lock:  # two threads send: packets must not mix, and OpenSSL knows no threads
                    line.sendall(packets)

            while True:
                kind, body = self._packet(stream)
                if kind == 0x10:
                    is_5 = body[6] == 5
                    send(b"\x20\x03\x00\x00\x00" if is_5 else b"\x20\x02\x00\x00")
                elif kind == 0x80:
                    send(b"\x90\x04" + body[:2] + b"\x00\x01" if is_5 else b"\x90\x03" + body[:2] + b"\x01")
                    self.sessions += 1
                    threading.Thread(target=self._do_evil, args=(send,), daemon=True).start()
                elif kind == 0x30:
                    at = 2 + int.from_bytes(body[:2], "big")
                    send(b"\x40\x02" + body[at:at + 2])
                elif kind == 0xc0:
                    send(b"\xd0\x00")

    def _do_evil(self, send):
        with contextlib.suppress(OSError, ssl.SSLError):
            self.evil(send)

    @staticmethod
    def _packet(stream):
        head = stream.read(1)
        length = shift = 0
        while True:
            byte = stream.read(1)
            if not byte:
                raise EOFError
            length |= (byte[0] & 0x7f) << shift
            shift += 7
            if byte[0] < 0x80:
                return head[0] & 0xf0, stream.read(length)
