# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/lib/neighbour.py - a client that behaves, while others do not; and what was refused, by cause."""
import threading
import time

from lib.events import NOON_MS, message
from lib.world import Failed, check, equal, until

CAUSES = ["syntax", "type", "range", "missing", "unknown", "too_long", "duplicate", "utf8", "depth", "version", "time",
          "other"]


class Neighbour:
    """A well-behaved client that works all the time a test runs."""

    def __init__(self, daemon):
        self.client = daemon.client()
        self.count = 0
        self.slowest = 0.0
        self.fault = None
        self.stopping = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            while not self.stopping:
                begun = time.monotonic()
                answer = self.client.ask(message(self.count, f"n{self.count % 9}", NOON_MS, id=f"n{self.count}"))[0]
                self.slowest = max(self.slowest, time.monotonic() - begun)
                self.count += 1
                equal(answer, {"n": self.count, "ok": True}, "the neighbour's answer")
                time.sleep(0.001)
        except (Failed, OSError, AttributeError) as fault:
            self.fault = fault

    def done(self, world, least=20):
        until(lambda: self.count >= least or self.fault, "the neighbour works")
        self.stopping = True
        self.thread.join(20)
        self.client.close()
        check(self.fault is None, f"the neighbour: {self.fault}")
        check(self.slowest < 2, f"the neighbour's slowest answer took {self.slowest:.2f} s")
        world.note(f"a neighbour had {self.count} events answered, the slowest in {self.slowest * 1000:.1f} ms")
        return self.count


def refusals(daemon):
    health = daemon.status()["health"]
    return {cause: health.get(f"events.refused.{cause}", 0) for cause in CAUSES}
