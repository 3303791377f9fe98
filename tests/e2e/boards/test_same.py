# SPDX-License-Identifier: Apache-2.0
"""The same events give the same summaries on a board as on Linux, byte for byte."""
import io
import re
import subprocess

import cbor2

from device import Device
from lib.broker import Broker
from lib.summaries import LEDGER, Server, check_encoding
from lib.world import ROOT, check, equal, until

EVENTS = ROOT / "tests/golden/events.cbor"
REVISION, BOOT, LEDGER_KEY, LIFE = 4, 5, 10, 11
ACKED = LEDGER.index("acked")
AS_GOLDEN = {"device__timezone": "CET-1CEST,M3.5.0,M10.5.0/3", "device__user_key": "5a" * 16, "publish__minute_s": 86400,
             "publish__hour_s": 86400, "publish__day_s": 86400}


def events():
    data = EVENTS.read_bytes()
    stream = io.BytesIO(data)
    found = []
    while (begin := stream.tell()) < len(data):
        cbor2.load(stream)
        found.append(data[begin:stream.tell()])
    return found


def twin(world, every):
    """What the agent makes of them on this machine, with the board's configuration: of each session [(resolution, payload)],
    and how many were acknowledged by then; what was counted."""
    out = subprocess.run([world.images.twin / "tests/replay", EVENTS, str(every)], check=True, capture_output=True, text=True).stdout
    sessions, told = [], []
    for line in out.splitlines():
        if "/summary/" in line:
            topic, payload = line.split()
            told.append((topic.rpartition("/")[2], bytes.fromhex(payload)))
        elif line.startswith("session"):
            sessions.append((told, int(line.split()[-1])))
            told = []
    return sessions, out.splitlines()[-1]


def without_acked(payload):
    """How many were acknowledged when it was encoded depends on how quick the broker is, and a board that keeps nothing draws
    the number of its start; all else does not."""
    body = cbor2.loads(payload)
    body[LEDGER_KEY][ACKED] = 0
    if body.get(LIFE, 1) != 1:
        equal(body.pop(LIFE), body[BOOT], "the life of counters that nothing keeps")
        equal(body[REVISION] >> 24, body[BOOT], "revisions of a boot")
        body[REVISION] += (1 - body[BOOT]) << 24
        body[BOOT] = 1
    return cbor2.dumps(body, canonical=True)


def seq(told):
    return cbor2.loads(told[1])[6]


def compare(told, expected):
    equal(len(told), len(expected), "summaries of a session")
    for (is_resolution, is_payload), (resolution, payload) in zip(sorted(told, key=seq), sorted(expected, key=seq)):
        equal(is_resolution, resolution, "topic")
        check(without_acked(is_payload) == without_acked(payload),
              f"board and this machine differ: {cbor2.loads(is_payload)} instead of {cbor2.loads(payload)}")


def different(summaries):
    """In the order in which they first came: over QoS 1 a message may come twice."""
    return list({(summary.resolution, without_acked(summary.payload)): summary for summary in reversed(summaries)}.values())[::-1]


def test_same_summaries_as_on_linux(world):
    """The broker is there now and then, after the same events as here: what is told depends on nothing but the events."""
    every = 330 if world.board == "mps2" else 65  # the small board forgets windows that nobody could be told
    sessions, counts = twin(world, every)
    broker, given = Broker(world, start=False), events()
    server, so_far = Server(world, broker), 0
    device = Device(world, broker, **AS_GOLDEN)
    for number, (expected, acked) in enumerate(sessions):
        for event in given[number * every:(number + 1) * every]:
            device.line.hear(event)
        broker.start()
        until(lambda: len(different(server.read().summaries)) >= so_far + len(expected), lambda: f"session {number}: "
              f"{len(expected)} summaries come; {len(different(server.summaries)) - so_far} came; {device.line.text[-500:]}", 60)
        device.wait_status("summaries", rf" made, {acked} told")
        told = different(server.read().summaries)[so_far:]
        compare([(summary.resolution, summary.payload) for summary in told], expected)
        so_far += len(told)
        broker.stop()
    accepted = int(re.search(r"accepted (\d+)", counts).group(1))
    equal(device.counted()[0], accepted, "events counted")
    check(accepted > 600 and so_far > 30, f"it was worth it: {counts}")
    check_encoding(server)
    world.note(f"{accepted} events, {so_far} summaries, {sum(len(s.payload) for s in server.summaries)} bytes the same; {counts}")
