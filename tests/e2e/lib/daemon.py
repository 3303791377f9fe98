# SPDX-License-Identifier: Apache-2.0
"""tests/e2e/lib/daemon.py - earshotd with a configuration of the test's own."""
import os
import re
import signal

from lib.client import Client, status
from lib.world import Program, check, free_port, until


class Daemon:
    """Settings are written section__name=value; what is not given is quick, so that tests are."""

    def __init__(self, world, broker=None, start=True, environment=None, **settings):
        self.world = world
        self.name = world.unique("kiosk")
        self.directory = world.path(self.name)
        self.directory.mkdir()
        self.socket = self.directory / "events.sock"
        self.state = self.directory / "state"
        self.config = self.directory / "earshotd.conf"
        self.environment = environment or {}
        self.command = [world.tool("earshotd")]
        self.program = None
        certs = world.certs
        self.settings = {
            "device__tenant": "t", "device__site": "s", "device__device": self.name, "device__clock": "events",
            "publish__minute_s": 0, "publish__hour_s": 1, "publish__day_s": 1,
            "uplink__backoff_min_ms": 100, "uplink__backoff_max_ms": 400,
            "broker__host": "127.0.0.1", "broker__port": broker.port if broker else free_port(),
            "broker__ca_file": certs.ca, "broker__cert_file": certs.crt("client"),
            "broker__key_file": certs.key("client"),
            "socket__path": self.socket, "state__directory": self.state, "log__level": "debug",
            "control__path": self.directory / "control.sock",
        }
        self.set(**settings)
        self.state.mkdir()
        if start:
            self.start()

    def set(self, **settings):
        """None leaves a setting out."""
        self.settings.update(settings)
        sections = {}
        for name, value in self.settings.items():
            section, _, key = name.partition("__")
            if value is not None:
                sections.setdefault(section, []).append(f"{key} = {value}")
        self.config.write_text("".join(f"[{name}]\n" + "\n".join(lines) + "\n" for name, lines in sections.items()))

    def launch(self, *arguments):
        """Start without waiting for anything."""
        command = [*self.command, "--config", self.config, *arguments]
        environment = {k: v for k, v in os.environ.items() if k not in ("NOTIFY_SOCKET", "JOURNAL_STREAM")}
        self.program = Program("earshotd", command, self.directory / "earshotd.log",
                               env={**environment, **self.environment})
        self.world.stack.callback(self.program.end)
        return self.program

    def start(self, *arguments):
        self.launch(*arguments)
        until(self.answers, lambda: f"earshotd answers; its log: {self.text()[-800:]}")

    def answers(self):
        check(self.program.running(), f"earshotd ended: {self.text()[-800:]}")
        try:
            return status(self.socket) is not None
        except OSError:
            return False

    def client(self, **options):
        return Client(self.socket, **options)

    def status(self):
        return status(self.socket)

    def health(self, name):
        """A health number by its name in ear_health.def."""
        return self.status()["health"].get(name, 0)

    def text(self):
        return self.program.text() if self.program else ""

    def wait_log(self, pattern, seconds=60):
        return until(lambda: re.search(pattern, self.text()),
                     lambda: f"the log says /{pattern}/; it says: {self.text()[-800:]}", seconds)

    def wait_up(self, seconds=60):
        until(lambda: self.health("uplink.connects") > self.health("uplink.losses"),
              lambda: f"connected; {self.text()[-800:]}", seconds)

    def stop(self, number=signal.SIGTERM, seconds=60):
        return self.program.stop(number, seconds)

    def kill(self):
        return self.program.stop(signal.SIGKILL)

    def rss_kib(self):
        with open(f"/proc/{self.program.pid}/status") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))
