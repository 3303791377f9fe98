# SPDX-License-Identifier: Apache-2.0
"""A serial line as it is on a shop floor: noise, torn frames, text without an end. Nothing that was sent properly is lost."""
import random

import cbor2

from device import REQUEST, Device
from lib.broker import Broker
from lib.client import to_cbor
from lib.events import message, sums
from lib.fake_device import ANSWER, BAD, EVENT, frame
from lib.summaries import Server
from lib.world import check, equal, until

ROUNDS = 20


def noise(dice):
    """What else may be on the wire: (name, bytes)."""
    good = frame(EVENT, 7, to_cbor(message(90_000 + dice.randrange(1000))))
    wrong = bytearray(good)
    wrong[dice.randrange(2, len(wrong) - 1)] ^= 1 << dice.randrange(8)
    return [("random bytes", dice.randbytes(dice.randrange(1, 400))),
            ("zeros", bytes(dice.randrange(1, 20))),
            ("a torn frame", good[:dice.randrange(2, len(good) - 1)]),
            ("the end of a frame", good[dice.randrange(1, len(good) - 2):]),
            ("a frame with a wrong CRC", bytes(wrong).replace(b"\0", b"\1").join([b"\0", b"\0"])),
            ("a frame of no kind", frame(0x33, 8, b"hello")),
            ("a frame that is an answer", frame(ANSWER, 8, cbor2.dumps({0: 0}))),
            ("a giant frame", b"\0" + dice.randbytes(20_000).replace(b"\0", b"\2") + b"\0"),
            ("a giant line", b"x" * dice.randrange(1000, 20_000)),
            ("lines that are no commands", b"".join(b"no such %d\r" % n for n in range(5))),
            ("terminal keys", b"\x1b[A\x7f\x08\x15\x1b[3~\t\xff\xfe"),
            ("an event that is none", frame(EVENT, 9, dice.randbytes(60))),
            ("a request that is none", frame(REQUEST, 9, dice.randbytes(60)))]


def test_garbage_between_events(world):
    """Each event has an id and is sent until it is answered, as docs/serial.md says: it is counted, and once."""
    dice = random.Random(world.seed)
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker)
    line, number, names = device.line, 0, set()
    for _ in range(4 if world.quick else ROUNDS):
        for name, data in dice.sample(noise(dice), k=len(noise(dice))):
            line.write(data)
            answer = line.hear(message(number))
            equal(answer[0], 0, f"the answer to an event after {name}")
            number += 1
            names.add(name)
    line.read(1.2)  # a frame that never ends is given up after a second
    line.write(b"\x03")
    said = device.status()
    counted, again, refused = device.counted()
    check(refused > 0, "events that were none are counted as refused")
    health = server.status(device.name)
    check(health is not None, "it told its status")
    server.wait_totals(sums(number), device.name, 60)
    equal(counted, number, "events counted by the device")
    check(said["serial"] == "0 bytes lost" and device.type("help")[1] == "ok", f"the line is as it was: {said}")
    world.note(f"{number} events among {len(names)} kinds of noise: {counted} counted, {again} came again, {refused} refused")


def test_bad_frames_are_told(world):
    """Whoever sends a broken frame hears that it was, at once, and why."""
    device = Device(world)
    good = frame(EVENT, 7, to_cbor(message(1)))
    for data, why in ((good[:10] + bytes([good[10] ^ 3 or 1]) + good[11:], 1), (b"\0\5abcd\0", 2),
                      (b"\0" + b"\xff" * 20_000 + b"\0", 3), (frame(0x44, 1, b""), 4)):
        device.line.frames.clear()
        device.line.write(data)
        kinds = until(lambda: device.line.read(0.05) and [(kind, body) for kind, _, body in device.line.frames],
                      f"an answer to a frame with fault {why}", 40)
        equal(kinds[:1], [(BAD, bytes([why]))], f"what it says to a frame with fault {why}")
        device.line.write(b"\0\0")
        device.line.read(0.1)
    equal(device.line.hear(message(2))[0], 0, "an event after that")
    equal(device.counted()[0], 1, "events counted")


def test_events_as_fast_as_they_come(world):
    """Many at once, without waiting: what is not answered is sent again, nothing is counted twice. No more at once than the
    board knows again by their ids (Kconfig SEEN_IDS)."""
    device, most = Device(world), 100 if world.board == "mps2" else 24
    line, waiting = device.line, {}
    for n in range(most):
        number = line.next_number()
        waiting[number] = n
        line.write(frame(EVENT, number, to_cbor(message(n))))
    for _ in range(200):
        line.read(0.05)
        for kind, number, body in line.frames:
            if kind == ANSWER and cbor2.loads(body)[0] == 0:
                waiting.pop(number, None)
        line.frames.clear()
        if not waiting:
            break
    for n in list(waiting.values()):
        line.hear(message(n))
    equal(device.counted()[0], most, f"events counted, {len(waiting)} of them sent again")
