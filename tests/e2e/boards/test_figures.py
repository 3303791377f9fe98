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
from qmp import INSTRUCTION_NS, Counter
from test_same import events as golden_events

# Most instructions: the goals, as docs/boards.md has them, of the small board with its tiny models.
GOALS = {"event without models": 20_000, "event with tiny models": 60_000, "message of 46 letters with tiny models": 60_000,
         "summary": 500_000, "resumption, TLS 1.2": 2_000_000}
BOOT = {"mps2": 115_000_000, "lm3s6965": 85_000_000}  # up to the first PUBACK; a whole handshake is most of it
OWN_WAITS_MS = 60  # of a start: for the cable, DHCP, time, broker, beside computing; the best of some
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


def hold(world, name, found, more=""):
    goal = GOALS.get(name)
    world.note(f"{name}: {found:,.0f} instructions{more}" + (f"; {goal:,} at most" if goal else ""))
    check(goal is None or found <= goal, f"{name}: {found:,.0f} instructions; {goal} at most")


def without_models(n):
    """What no classifier looks at."""
    return {"kind": "tag", "id": f"g{n}", "t": message(n)["t"], "conversation": f"c{n // 20}", "label": "vip"}


def test_instructions_per_event(world):
    """From the first byte of its frame to the last of its answer, durable where flash can be written."""
    counted = Counted(world, publish__hour_s=3600, publish__day_s=3600)
    line, count = counted.device.line, 200
    line.hear_all(messages(20))
    plain = counted.of(lambda: line.hear_all([without_models(n) for n in range(count)]))
    hold(world, "event without models", plain / count)
    mixed = golden_events()
    judged = counted.of(lambda: [line.hear(event) for event in mixed])
    models = "tiny models" if world.board == "lm3s6965" else "the models of a kiosk"
    hold(world, f"event with {models}", judged / len(mixed), f" (a stream of {len(mixed)}, mixed)")
    judged = counted.of(lambda: line.hear_all([{**message(n), "from": "user"} for n in range(1000, 1000 + count)]))
    hold(world, f"message of 46 letters with {models}", judged / count)
    world.note(f"by itself, connected: {counted.idle:,.0f} instructions in a second")


def test_instructions_per_summary(world):
    """Encoded, encrypted, sent, acknowledged, over a connection that is open."""
    counted = Counted(world)
    line, rounds, server = counted.device.line, 8, counted.server
    line.hear_all(messages(4))
    server.wait_totals(sums(4), counted.device.name, 60)
    before = len(server.summaries)

    def play():
        for n in range(rounds):
            line.hear(message(101 + 2 * n, conversation="c0"))
            time.sleep(1.1)
    spent = counted.of(play)
    told = len(server.read().summaries) - before
    check(told >= rounds, f"{told} summaries in {rounds} rounds")
    hold(world, "summary", spent / told, f" ({told} of them, and the {rounds} events that changed them)")


def test_instructions_to_reconnect(world):
    """From the moment that a cut line is noticed: lookup, TCP, a handshake by resumption, MQTT, status, subscription."""
    for version in ("1.2", "1.3") if world.board == "mps2" else ("1.2",):
        counted = Counted(world, broker__tls_min=version, broker__tls_max=version, publish__hour_s=3600, publish__day_s=3600,
                          log__level="notice", uplink__backoff_min_ms=2000, uplink__backoff_max_ms=2000)
        spent = []
        for _ in range(3):
            since = len(counted.device.line.text)
            counted.relay.cut()
            counted.device.wait_log("no session with the broker", 60, since)
            spent.append(counted.of(lambda since=since, counted=counted: counted.device.wait_up(60, since)))
            check("resumed" in counted.device.status()["broker"], "it was resumed")
        hold(world, f"resumption, TLS {version}", statistics.median(spent))
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


def test_instructions_to_first_puback(world):
    """As above, by the board's own measures, which do not depend on how busy this machine is: instructions; and of a board whose
    clock begins with the first of them, how much longer it took by that clock than they last."""
    waited, spent = [], []
    for _ in range(3):
        path = world.path(world.unique("qmp"))
        broker = Broker(world)
        device = Device(world, broker, start=False, qemu=Counter.arguments(path)).start()
        count = Counter(path)
        until(lambda broker=broker: "Sending PUBACK to t:s:" in broker.text(), "a PUBACK", 120, 0.002)
        spent.append(count.now())
        up_ms = float(device.wait_log(r"([\d.]+) notice: connected").group(1)) * 1000
        waited.append(up_ms - spent[-1] * INSTRUCTION_NS / 1e6)
        device.end()
    most = statistics.median(spent)
    world.note(f"boot to first PUBACK: {most / 1e6:.1f} million instructions, {BOOT[world.board] / 1e6:.0f} at most")
    check(most <= BOOT[world.board], f"instructions {spent}")
    if world.board == "lm3s6965":
        world.note(f"beside them it waited {max(0, min(waited)):.0f} ms, {OWN_WAITS_MS} at most")
        check(min(waited) <= OWN_WAITS_MS, f"waits {waited}")
