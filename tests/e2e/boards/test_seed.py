# SPDX-License-Identifier: Apache-2.0
"""lm3s6965 as it is shipped: no source of randomness, and a flash that cannot keep a seed. It does nothing that needs randomness
until somebody at its serial port brings 32 fresh bytes, after each start."""
import cbor2

from device import Device, only
from lib.broker import Broker
from lib.client import to_cbor
from lib.events import message, messages, sums
from lib.fake_device import ANSWER, EVENT, frame
from lib.summaries import Server
from lib.world import check, equal

WHY = "no randomness, for the flash cannot be written: `provision seed HEX` after each start"
BUSY = -13


def refuses(device, broker):
    """It says why, takes no event for good, and nobody comes to the broker."""
    before = broker.text().count(" as t:s:")
    device.wait_log("network address")
    said, last = device.type("test")
    check(f"randomness: FAILED: {WHY}" in said and f"broker: FAILED: {WHY}" in said and last.startswith("error"), f"`test`: {said}")
    status = device.status()
    equal((status["broker"], status["agent"]), (f"not tried: {WHY}", f"hears nothing: {WHY}"), "what `status` says")
    number = device.line.next_number()
    device.line.write(frame(EVENT, number, to_cbor(message(1))))
    equal(cbor2.loads(device.line.answer_to(number, (ANSWER,)))[0], BUSY, "the answer to an event: not now")
    equal(broker.text().count(" as t:s:"), before, "sessions")


@only("lm3s6965")
def test_nothing_without_it(world):
    broker = Broker(world)
    device = Device(world, broker, shipped=True)
    refuses(device, broker)
    for wrong in ("", "00" * 31, "xy" * 32, "00" * 65):
        check(device.type(f"provision seed {wrong}")[1].startswith("error: 64 to 128 random hex digits"), f"`{wrong}` is refused")
    for verb in ("key", "cert", "ca", "pack-key", "forget"):
        check("cannot write its flash" in device.type(f"provision {verb}")[1], f"`provision {verb}` is refused")
    refuses(device, broker)


@only("lm3s6965")
def test_brought_after_each_start(world):
    """With it: a session by TLS, events counted and told. After a cut of power again nothing, until there are fresh bytes; the
    second start is another one to the server, and what both counted adds up."""
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker, shipped=True)
    refuses(device, broker)
    device.seed()
    device.wait_up()
    equal(device.line.hear_all(messages(40)), 0, "events that came again")
    server.wait_totals(sums(40), device.name, 60)
    device.kill()
    device.start()
    refuses(device, broker)
    device.seed()
    device.wait_up()
    equal(device.line.hear_all(messages(20, first=40)), 0, "events that came again")
    server.wait_totals(sums(60), device.name, 60)
    said = device.told("test") if device.status()["clock"].startswith("2") else device.type("test")[0]
    check("randomness: ok" in said and "broker: ok" in said, f"`test`: {said}")


@only("lm3s6965")
def test_same_image_but_for_the_emulator(world):
    """What the other tests of this board run differs in one thing: it may ask the emulator for randomness. The shipped image
    makes no such call, which a processor without an emulator would stop at."""
    calls = [world.run("arm-none-eabi-objdump", "-d", world.images.elf(shipped)).stdout.count("bkpt\t0x00ab") for shipped in (True, False)]
    check(calls[0] == 0 < calls[1], f"calls of the emulator: {calls[0]} in the shipped image, {calls[1]} in that of tests")
