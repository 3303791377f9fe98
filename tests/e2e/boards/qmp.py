# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/boards/qmp.py - QEMU's monitor: how many instructions a board has executed, exactly (-icount)."""
import json
import socket

from lib.world import until

SHIFT = 3
INSTRUCTION_NS = 1 << SHIFT  # of the board's time


class Counter:
    """Starts with Counter.arguments(path) among QEMU's. What is counted is what the processor executed: time that it slept
    is no instruction."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        until(lambda: self._connect(path), "QEMU's monitor", pause=0.005)
        self.stream = self.socket.makefile("rw")
        self.stream.readline()
        self._ask("qmp_capabilities")

    @staticmethod
    def arguments(path):
        return ["-icount", f"shift={SHIFT}", "-qmp", f"unix:{path},server=on,wait=off"]

    def _connect(self, path):
        try:
            self.socket.connect(str(path))
            return True
        except OSError:
            return False

    def _ask(self, what):
        self.stream.write(json.dumps({"execute": what}) + "\n")
        self.stream.flush()
        while "return" not in (answer := json.loads(self.stream.readline())):
            pass
        return answer["return"]

    def now(self):
        return self._ask("query-replay")["icount"]
