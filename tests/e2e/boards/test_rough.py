# SPDX-License-Identifier: Apache-2.0
"""Cables and brokers at their worst: a board stays up, counts on, says what happened, and its session goes on or comes again."""
import struct

from device import Device
from lib.broker import Broker, Relay
from lib.events import messages, sums
from lib.false_broker import FalseBroker, length_of
from lib.summaries import Server
from lib.world import check, equal, until
from wire import Rough

LOST = "no session with the broker"


def never_restarted(device):
    said = device.status()
    equal((said["started by"], said.get("last fault")), ("power", None), "why it started, what ended a run before")


def test_frames_lost_doubled_and_late(world):
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker, wire=True, start=False)
    rough = Rough(device.wire, world.seed)
    device.wire.passes = rough
    device.start().wait_up(120)
    for first in range(0, 200, 50):
        equal(device.line.hear_all(messages(50, first=first)), 0, "events that came again")
    server.wait_totals(sums(200), device.name, 120)
    check(min(rough.counts.values()) > 0, f"{rough.counts}")
    never_restarted(device)
    world.note(f"frames: {rough.counts}; sessions: {device.line.text.count('connected to the broker')}")


def publish(topic, payload, length=None, first=0x30, topic_length=None):
    """MQTT 3.1.1. The lengths: what the heads say instead of the truth."""
    body = struct.pack(">H", len(topic) if topic_length is None else topic_length) + topic.encode() + payload
    return bytes([first]) + length_of(len(body) if length is None else length) + body


def evil_session(world, evil, ends, sessions=3, **settings):
    """A broker that does this in each session; ends: whether that ends it, and the device comes again."""
    false = FalseBroker(world, lambda send: evil(send, f"earshot/1/t/s/{device.name}/cmd"))
    device = Device(world, None, start=False, broker__port=false.port, **settings)
    device.start().wait_up(60)
    equal(device.line.hear_all(messages(20)), 0, "events that came again")
    if ends:
        device.wait_log(LOST, 60)
        until(lambda: device.line.read(0.05) and false.sessions >= sessions, "it comes again", 60)
    said, last = device.type("status")
    equal(last, "ok", f"the shell answers: {said}")
    if not ends:
        check(LOST not in device.line.text, f"the session goes on: {device.line.text[-800:]}")
    equal(device.line.hear_all(messages(20, first=20)), 0, "events that came again")
    equal(device.counted()[0], 40, "events counted")
    never_restarted(device)
    found = [line for line in device.line.text.splitlines() if LOST in line]
    world.note(found[0].partition(": ")[2] if found else "the session goes on")
    device.end()


def test_messages_longer_than_its_buffers(world):
    """Whole ones of 60,000 and 1,000,000 bytes: taken in and refused, the session goes on."""
    evil_session(world, lambda send, cmd: [send(publish(cmd, bytes(count))) for count in (60_000, 1_000_000, 20)], False)


def test_message_that_never_ends(world):
    """Its head says 200 MB, then nothing comes: the broker's answers are swallowed by it, and the session is given up."""
    evil_session(world, lambda send, cmd: send(publish(cmd, b"x" * 100, length=200_000_000)), True, 2)


def test_length_that_is_none(world):
    evil_session(world, lambda send, cmd: send(b"\x30\xff\xff\xff\xff\xff"), True)


def test_topic_longer_than_the_message(world):
    evil_session(world, lambda send, cmd: send(publish("a", b"b", topic_length=60_000)), True)


def test_topic_longer_than_its_buffers(world):
    evil_session(world, lambda send, cmd: send(publish("t" * 2000, b"b")), True)


def test_packets_that_do_not_belong(world):
    """Acknowledgements of nothing, a second CONNACK, kinds that do not exist, a flood of small messages of another topic."""
    def evil(send, cmd):
        send(b"\x40\x02\x7f\xff" + b"\x90\x03\x7f\xff\x01" + b"\xb0\x02\x7f\xff" + b"\xd0\x00" * 50)
        send(publish("elsewhere", b"x") * 300)
    evil_session(world, evil, False)


def test_record_longer_than_its_buffers(world):
    """Somebody on the way puts in a TLS record of 16,416 bytes: lm3s6965 has no room for one, mps2 finds that it is nobody's."""
    broker = Broker(world)
    server = Server(world, broker)
    relay = Relay(world, broker.port)
    device = Device(world, relay)
    device.wait_up()
    since = len(device.line.text)
    connection = relay.pairs[-1][0]
    connection.sendall(b"\x17\x03\x03\x40\x20" + bytes(0x4020))
    device.wait_log(LOST, 60, since)
    device.wait_up(60, since)
    equal(device.line.hear_all(messages(40)), 0, "events that came again")
    server.wait_totals(sums(40), device.name, 60)
    never_restarted(device)
    world.note(next(line for line in device.line.text[since:].splitlines() if LOST in line))
