# SPDX-License-Identifier: Apache-2.0
"""Power is cut at random instants, over and over, under load: every acknowledged event is counted once at the server."""
import collections
import pathlib
import random
import sys
import time

import cbor2

from device import AGAIN_ERRORS, Device, only
from lib.broker import Broker
from lib.client import to_cbor
from lib.events import NOON_MS
from lib.fake_device import ANSWER, EVENT, frame
from lib.summaries import Server
from lib.world import Failed, check, equal, until

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "fault"))
from load import HOUR_MS, NAMES, differences  # noqa: E402

CUTS, CUTS_QUICK = 60, 20
LONGEST_S, SHORTEST_S = 1.5, 0.002
AHEAD, RESEND_S = 8, 2.0  # docs/serial.md


class Load:
    """Events with ids over the serial line, up to eight unanswered, each sent again until it is acknowledged."""

    def __init__(self, device):
        self.device = device
        self.now_ms = NOON_MS
        self.count = 0
        self.again = collections.deque()  # unanswered when power was cut: the same event later
        self.pending = {}                 # number -> (event, when it was sent)
        self.acked = collections.Counter()
        self.acknowledged = self.repeated = self.later = 0

    def _next(self):
        if self.again:
            return self.again.popleft()
        self.count += 1
        self.now_ms += 20
        return {"kind": "message", "id": f"e{self.count}", "t": self.now_ms, "conversation": f"c{self.count // 12}",
                "from": "bot" if self.count % 2 else "user", "text": f"Where do I find the garden hoses, number {self.count}?"}

    def _send(self, event):
        number = self.device.line.next_number()
        self.pending[number] = event, time.monotonic()
        self.device.line.write(frame(EVENT, number, to_cbor(event)))

    def _take_answers(self):
        line = self.device.line
        for kind, number, body in line.frames:
            if kind != ANSWER or number not in self.pending:
                continue
            event, _ = self.pending.pop(number)
            answer = cbor2.loads(body)
            if answer[0] in AGAIN_ERRORS:
                self.later += 1
                self.again.append(event)
                continue
            equal(answer[0], 0, f"answer to {event}")
            self.acknowledged += 1
            self.repeated += answer.get(2, False)
            self.acked[event["t"] // HOUR_MS * HOUR_MS // 1000, NAMES[event["from"] == "bot"]] += 1
        line.frames.clear()
        for number, (event, sent) in list(self.pending.items()):
            if time.monotonic() - sent > RESEND_S:
                del self.pending[number]
                self._send(event)

    def run(self, seconds, goal=None, fresh=True):
        """For so long, or until so many are acknowledged; not fresh: until all that waits is. Whether it came to that."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            while len(self.pending) < AHEAD and (fresh or self.again):
                self._send(self._next())
            self.device.line.read(min(0.02, max(0.0, end - time.monotonic())))
            self._take_answers()
            if (goal is not None and self.acknowledged >= goal) or (not fresh and not self.pending and not self.again):
                return True
        return False

    def cut(self):
        """What came before the cut counts; what is unanswered is sent again."""
        while self.device.line.read(0.01) and self.device.line.frames:
            self._take_answers()
        self.again.extendleft(event for event, _ in reversed(self.pending.values()))
        self.pending.clear()


@only("mps2")
def test_cut_at_random_instants(world):
    """QEMU is killed: while it boots, shakes hands, hears, writes a checkpoint, tells. Time goes by in the events, so that
    hours and days end on the way."""
    dice = random.Random(world.seed)
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker, start=False, log__level="notice")
    load, done = Load(device), collections.Counter()
    cuts = CUTS_QUICK if world.quick else CUTS
    for _ in range(cuts):
        device.start()
        before = load.acknowledged
        if dice.random() < 0.7:  # else it may die before it is up
            check(load.run(20, goal=before + 1), f"it takes events after a start: {device.line.text[-1500:]}")
        load.run(SHORTEST_S * (LONGEST_S / SHORTEST_S) ** dice.random())
        device.program.send(9)
        equal(device.program.wait(), -9, "QEMU is killed, and did not end by itself")
        load.cut()
        device.line.close()
        done["before it acknowledged anything"] += load.acknowledged == before
        done["in a session"] += "connected to the broker" in device.line.text
        load.now_ms += dice.randrange(40 * 60_000)
    device.start()
    check(load.run(60, fresh=False), f"{len(load.pending)} events are not acknowledged: {device.line.text[-1500:]}")
    device.wait_up()
    try:
        until(lambda: not differences(server, device.name, load.acked), "", 60, 0.2)
    except Failed:
        pass
    equal(differences(server, device.name, load.acked), {}, "(hour, name): (told, acknowledged), where they differ")
    check(load.acknowledged > 4 * cuts and done["in a session"] > 0, f"it was worth it: {load.acknowledged}, {done}")
    world.note(f"{cuts} cuts ({', '.join(f'{n} {what}' for what, n in done.items())}), {load.acknowledged} events acknowledged in "
               f"{(load.now_ms - NOON_MS) // HOUR_MS} hours of events, {load.repeated} came again, {load.later} were asked for later; "
               "0 lost, 0 counted twice")
