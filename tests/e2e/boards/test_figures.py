# SPDX-License-Identifier: Apache-2.0
"""What things cost, in instructions, and how long a start takes. Instructions repeat within some percent on any machine, and are
held to limits; milliseconds are of this machine, and only told."""
import statistics
import time

from device import Device
from lib.broker import Broker, Relay
from lib.events import message, messages, sums
from lib.summaries import Server
from lib.world import Program, check, until
from qmp import Counter

# board -> most instructions; the goals are docs/boards.md's
EVENT, EVENT_MODELS, SUMMARY, RESUMED = "event", "event with models", "summary", "resumed"
LIMITS = {"lm3s6965": {EVENT: 20_000, EVENT_MODELS: 60_000, SUMMARY: 500_000, RESUMED: 2_000_000},
          "mps2": {EVENT: 20_000, EVENT_MODELS: None, SUMMARY: 500_000, RESUMED: 2_000_000}}
STARTS, STARTS_QUICK = 9, 3


class Counted:
    """A device whose instructions are counted, connected, and what it does by itself in a second."""

    def __init__(self, world, **settings):
        self.broker = Broker(world)
        self.server = Server(world, self.broker)
        self.relay = Relay(world, self.broker.port)
        path = world.path("qmp")
        self.device = Device(world, self.relay, qemu=Counter.arguments(path), **settings)
        self.count = Counter(path)
        self.device.wait_up(120)
        self.idle = self.of(lambda: time.sleep(1.0))

    def of(self, does):
        """Instructions while it lasts, without what it does by itself."""
        self.settle()
        begun, before = time.monotonic(), self.count.now()
        does()
        self.settle()
        idle = getattr(self, "idle", 0) * (time.monotonic() - begun)
        return max(0, self.count.now() - before - idle)

    def settle(self):
        """Until it has nothing to do: a quarter of a second with few instructions."""
        for _ in range(80):
            before = self.count.now()
            time.sleep(0.1)
            if self.count.now() - before < 60_000:
                return
        raise AssertionError("it never rests")


def hold(world, name, found, unit=""):
    limit = LIMITS[world.board][name]
    world.note(f"{name}: {found:,.0f} instructions{unit}, of {f'{limit:,}' if limit else 'no limit'}")
    check(limit is None or found <= limit, f"{name}: {found:,.0f} instructions; {limit:,} at most")


def without_models(n):
    """What no classifier looks at."""
    return {"kind": "tag", "id": f"g{n}", "t": message(n)["t"], "conversation": f"c{n // 20}", "label": "vip"}


def test_instructions_per_event(world):
    """From the first byte of its frame to the last of its answer, durable where flash can be written."""
    counted = Counted(world, publish__hour_s=3600, publish__day_s=3600)
    line, count = counted.device.line, 200
    line.hear_all(messages(20))
    plain = counted.of(lambda: line.hear_all([without_models(n) for n in range(count)]))
    hold(world, EVENT, plain / count)
    judged = counted.of(lambda: line.hear_all([{**message(n), "from": "user"} for n in range(1000, 1000 + count)]))
    hold(world, EVENT_MODELS, judged / count)
    world.note(f"by itself, connected: {counted.idle:,.0f} instructions in a second")


def test_instructions_per_summary(world):
    """Encoded, encrypted, sent, acknowledged, over a connection that is open."""
    counted = Counted(world)
    line, rounds = counted.device.line, 8
    line.hear_all(messages(4))
    counted.server.wait_totals(sums(4), counted.device.name, 60)
    event = counted.of(lambda: line.hear_all([without_models(500 + n) for n in range(20)])) / 20
    before, told = counted.server.read().summaries[:], 0

    def play():
        for n in range(rounds):
            line.hear(without_models(n))
            time.sleep(1.1)
    spent = counted.of(play)
    told = len(counted.server.read().summaries) - len(before)
    check(told >= rounds, f"{told} summaries in {rounds} rounds")
    hold(world, SUMMARY, max(0, spent - rounds * min(event, LIMITS[world.board][EVENT])) / told, f" (of {told})")


def test_instructions_to_reconnect(world):
    """From the moment that the line is cut: lookup, TCP, a handshake by resumption, MQTT, status, subscription."""
    for version in ("1.2", "1.3") if world.board == "mps2" else ("1.2",):
        counted = Counted(world, broker__tls_min=version, broker__tls_max=version, publish__hour_s=3600, publish__day_s=3600)
        spent = []
        for _ in range(3):
            since = len(counted.device.line.text)

            def cut(since=since, counted=counted):
                counted.relay.cut()
                counted.device.wait_up(60, since)
            spent.append(counted.of(cut))
            check("resumed" in counted.device.status()["broker"], "it was resumed")
        hold(world, RESUMED, statistics.median(spent), f" (TLS {version})")
        counted.device.end()


def test_boot_to_first_puback(world):
    """From the start of QEMU's process: boot loader, DHCP, time, a whole handshake, the first message and its acknowledgement."""
    took = []
    for _ in range(STARTS_QUICK if world.quick else STARTS):
        broker = Broker(world)
        device = Device(world, broker, start=False)
        log, path = device.directory / "qemu.log", device.directory / "serial"
        command = device.command
        begun = time.monotonic()
        device.program = Program("qemu", command, log)
        world.stack.callback(device.program.end)
        until(lambda device=device, path=path: device._connect(path), "QEMU listens", pause=0.002)
        until(lambda broker=broker: "Sending PUBACK to t:s:" in broker.text(), "a PUBACK", 60, 0.002)
        took.append((time.monotonic() - begun) * 1000)
        device.end()
    world.note(f"boot to first PUBACK: median {statistics.median(took):.0f} ms, best {min(took):.0f} ms, of {len(took)} starts "
               "on this machine as it is loaded now")
