# SPDX-License-Identifier: Apache-2.0
"""tests/fault/scene.py - what most cases begin and end with: a broker, a subscriber, a daemon on a disk that can fail, and
clients that keep at it."""
import signal

from disk import Disk
from lib.broker import Broker
from lib.daemon import Daemon
from lib.events import NOON_MS
from lib.summaries import Server
from lib.world import Failed, until
from load import Load, differences


class Scene:
    def __init__(self, world, broker=None, environment=None, start=True, now_ms=NOON_MS, **settings):
        self.world = world
        self.broker = broker or Broker(world)
        self.server = Server(world, self.broker)
        self.daemon = Daemon(world, self.broker, start=False, log__level="info", **settings)
        self.disk = Disk(world, self.daemon.state, world.tool("fault_file.so"))
        self.daemon.environment = self.disk.environment | (environment or {})
        self.load = Load(self.daemon.socket, now_ms)
        if start:
            self.daemon.start()

    def run(self, seconds):
        """Load for so long. Fails on an answer that should not be."""
        self.load.run(seconds)
        if self.load.faults:
            raise Failed(f"answers: {self.load.faults[:3]}")

    def run_until_acknowledged(self, count, seconds=60):
        """Load until so many more events are acknowledged."""
        done = self.load.run(seconds, goal=self.load.acknowledged + count)
        if self.load.faults or not done:
            raise Failed(f"{count} events are acknowledged; odd answers: {self.load.faults[:3]}; the log: "
                         f"{self.daemon.text()[-800:]}")

    def restart(self, number=signal.SIGKILL):
        self.daemon.stop(number)
        self.daemon.start()

    def result(self, tried, says="", seconds=60):
        """Send until all is acknowledged, wait until all is told; a row of the table."""
        if not self.load.run(30, fresh=False):
            raise Failed(f"{self.load.waiting()} events are not acknowledged: {self.daemon.text()[-1200:]}")
        self.daemon.wait_up()

        def different():
            return differences(self.server, self.daemon.name, self.load.acked)
        try:
            until(lambda: not different(), "", seconds, 0.1)
        except Failed:
            pass
        wrong = different()
        if wrong:
            says += "".join(f"\n{key}: {told} told, {right} acknowledged" for key, (told, right) in
                            list(wrong.items())[:8])
        return {"tried": tried, "acknowledged": self.load.acknowledged,
                "lost": sum(max(0, right - told) for told, right in wrong.values()),
                "twice": sum(max(0, told - right) for told, right in wrong.values()), "says": says}
