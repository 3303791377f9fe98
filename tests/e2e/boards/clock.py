# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/boards/clock.py - a time server (SNTP, RFC 4330) on a port of 127.0.0.1, as much as a client asks for."""
import socket
import struct
import threading
import time

TO_1900_S = 2208988800


def reply(question, now_s):
    """What an answer to this question bears."""
    now_s += TO_1900_S
    stamp = struct.pack(">II", int(now_s), int(now_s % 1 * (1 << 32)))
    return bytes([0x24, 1, 6, 0xec]) + bytes(8) + b"TEST" + stamp + question[40:48] + stamp + stamp


class TimeServer:
    """Not started: its port is free, and nobody is there."""

    def __init__(self, world, start=True, offset_s=0):
        self.offset_s = offset_s
        self.asked = 0
        self.world = world
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))  # bound at once: the port stays ours
        self.port = self.socket.getsockname()[1]
        world.stack.callback(self.socket.close)
        if start:
            self.start()

    def start(self):
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                question, peer = self.socket.recvfrom(512)
                self._answer(question, peer)
            except OSError:
                return

    def _answer(self, question, peer):
        if len(question) < 48:
            return
        self.asked += 1
        self.socket.sendto(reply(question, time.time() + self.offset_s), peer)
