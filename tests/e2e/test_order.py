# SPDX-License-Identifier: Apache-2.0
"""Twice, late, in another order, in another encoding, from a file: the same numbers."""
import random
import time

from lib.broker import Broker
from lib.client import to_cbor, to_json
from lib.daemon import Daemon
from lib.events import HOUR_MS, NOON_MS, message, messages, sums, time as time_event
from lib.summaries import Server
from lib.world import ROOT, check, equal, until

SEEN_IDS = 1024  # Kconfig's SEEN_IDS, kiosk
HOURS_HELD = 50  # Kconfig's HOUR_WINDOWS, kiosk


def told(server, device):
    """What the server holds of a device, without what counts tellings: revision, boot, sequence."""
    server.read()
    return {(s.resolution, s.start, s.slice): s.numbers for s in server.held.values() if s.device == device}


def test_the_same_event_again(world):
    """At once, over another connection, in the other encoding, after a restart."""
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker)
    some = messages(200)
    with daemon.client() as client, daemon.client() as other, daemon.client(binary=True) as packed:
        equal(client.play(some), [], "answers other than ok")
        for again in (client, other, packed):
            answers = again.ask(*some)
            check(all(a["ok"] and a.get("again") for a in answers), f"each was known: {answers[:2]}")
    equal(daemon.stop(), 0, "exit status")
    daemon.start()
    with daemon.client() as client:
        check(all(a.get("again") for a in client.ask(*some)), "known after a restart")
        equal(client.play(messages(100, 200)), [], "new ones")
    server.wait_totals(sums(300), daemon.name)
    equal(daemon.health("events.repeated"), 200, "events repeated since the start")


def test_as_many_ids_as_promised(world):
    """The newest ids are known, however many came."""
    daemon = Daemon(world)
    some = messages(SEEN_IDS + 500)
    with daemon.client() as client:
        equal(client.play(some), [], "answers other than ok")
        answers = client.ask(*some[500:])
        equal(sum(1 for a in answers if a.get("again")), SEEN_IDS, "ids known")


def test_late_ones_are_counted_where_they_belong(world):
    """Messages of yesterday that come today belong to yesterday; of too long ago, to the oldest hour held."""
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker)
    now, late, lost = NOON_MS + 100 * HOUR_MS, NOON_MS + 76 * HOUR_MS, NOON_MS
    with daemon.client() as client:
        equal(client.play(messages(20, at_ms=now) + [message(n, "late", late) for n in range(100, 107)]), [], "answers")
        equal(client.play([message(n, "too late", lost) for n in range(200, 205)]), [], "answers")
    server.wait_totals({"conversations": 3, "messages_per_minute": 32}, daemon.name)
    hours = {s.start * 1000: server.catalogue.flat(s.numbers) for s in server.held.values() if s.resolution == "hour"}
    oldest = now - (HOURS_HELD - 1) * HOUR_MS
    check(min(hours) >= oldest, f"no hour that is not held: {sorted(hours)}")
    equal(hours[now]["messages_per_minute"], 20, "messages of now")
    check(hours[late]["messages_per_minute"] >= 7, "messages of yesterday")
    check(sum(n.get("late_events", 0) for n in hours.values()) >= 5, "late facts are counted in the summaries")
    check(daemon.health("events.late") > 0, "and on the status page")


def test_from_the_future(world):
    """With the system's clock: further ahead than tolerated counts as now."""
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker, device__clock="system", events__future_tolerance_s=60)
    now = int(time.time() * 1000)
    with daemon.client() as client:
        equal(client.play([message(1, at_ms=now), message(3, at_ms=now + 86_400_000)]), [], "answers other than ok")
    server.wait_totals({"conversations": 1, "messages.bot": 2}, daemon.name)
    check(all(s.start * 1000 <= int(time.time() * 1000) for s in server.held.values()), "no window of tomorrow")
    equal(daemon.health("events.early"), 1, "early events")


def conversations(count):
    """With answers, a close by half of the users, and times that are all different."""
    events = []
    for c in range(count):
        start = NOON_MS + c * 60_000
        events += [message(100 * c + n, f"order{c}", start + 1000 * n) for n in range(8)]
        if c % 2:
            events.append({"kind": "close", "id": f"close{c}", "t": start + 20_000, "conversation": f"order{c}",
                           "by": "user", "channel": "web"})
    return events


def test_any_order_within_a_conversation(world):
    """The same events shuffled: the same summaries, byte for byte of what they count."""
    broker = Broker(world)
    server = Server(world, broker)
    events = conversations(40)
    shuffled = events[:]
    random.Random(7).shuffle(shuffled)
    devices = []
    for order in (events, shuffled):
        daemon = Daemon(world, broker)
        devices.append(daemon.name)
        with daemon.client() as client:
            equal(client.play(order), [], "answers other than ok")
        server.wait_total("messages_per_minute", 320, daemon.name)
    until(lambda: told(server, devices[0]) == told(server, devices[1]),
          lambda: f"equal: {told(server, devices[0])} and {told(server, devices[1])}")
    equal(server.total("status.resolved", devices[1]), 20, "resolved by the user")


def test_json_cbor_and_replay_agree(world):
    """The simulator's events through the socket in both encodings and from files: equal summaries."""
    broker = Broker(world)
    server = Server(world, broker)
    options = ["sim", "--seed", "21", "--from", "2026-03-01T08:00:00Z", "--conversations", "100", "--device"]
    devices = []
    same = {"device__user_key": "00112233445566778899aabbccddeeff"}  # people alike
    for more in ([], ["--cbor"]):
        daemon = Daemon(world, broker, **same)
        daemon.wait_up()
        devices.append(daemon.name)
        done = world.run(world.tool("earshot"), *options, f"k={daemon.socket}", *more, ROOT / "tests/data/scripts")
        check(done.returncode == 0, f"earshot sim: {done.stderr[-300:]}")
        equal(daemon.stop(), 0, "exit status")
    for more in ([], ["--cbor"]):
        file = world.path("events" + "".join(more))
        done = world.run(world.tool("earshot"), *options, "k", "--out", file, *more, ROOT / "tests/data/scripts")
        check(done.returncode == 0, f"earshot sim: {done.stderr[-300:]}")
        daemon = Daemon(world, broker, start=False, **same)
        devices.append(daemon.name)
        daemon.launch("--replay", file)
        equal(daemon.program.wait(), 0, f"exit status of the replay; {daemon.text()[-300:]}")
        check(not daemon.socket.exists(), "a replay does not listen")
    for device in devices[1:]:
        until(lambda: told(server, device) == told(server, devices[0]) != {},
              lambda: f"{device} tells the same as {devices[0]}")
    windows = len(told(server, devices[0]))
    check(windows > 10, f"windows told: {windows}")
    world.note(f"{windows} windows, four ways, equal")


def test_replay_of_several_files_with_faults(world):
    """Refused ones are named and counted, the rest is told."""
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker, start=False)
    good, bad = world.path("good.ndjson"), world.path("bad.ndjson")
    good.write_bytes(b"".join(map(to_json, messages(60))))
    bad.write_bytes(to_json(message(60)) + b'{"kind":"dance"}\nnot JSON\n' + to_json(message(61))[:-1])
    packed = world.path("more.cbor")
    packed.write_bytes(b"".join(map(to_cbor, messages(20, 62))))
    daemon.launch("--replay", good, "--replay", bad, "--replay", packed)
    daemon.program.wait()
    server.wait_totals(sums(82), daemon.name)
    daemon.wait_log("bad.ndjson.*unknown")
    daemon.wait_log("bad.ndjson.*syntax")


def test_replay_of_what_is_not_there(world):
    daemon = Daemon(world, Broker(world), start=False)
    daemon.launch("--replay", world.path("nothing"))
    check(daemon.program.wait() not in (0, 78), "exit status")
    daemon.wait_log("nothing.*No such file")


def test_time_events_close_idle_conversations(world):
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker, conversation__idle_close_s=600)
    with daemon.client() as client:
        equal(client.play(messages(40)), [], "answers other than ok")
        server.wait_totals({"status.open": 2}, daemon.name)
        equal(client.play([time_event(NOON_MS + 599_000)]), [], "answers other than ok")
        server.wait_totals({"status.open": 2}, daemon.name)
        equal(client.play([time_event(NOON_MS + 1_200_000)]), [], "answers other than ok")
    server.wait_totals({"status.open": 0, "status.resolved": 2, "conversations": 2}, daemon.name)


def test_replay_without_a_broker(world):
    """It waits for a session, not for ever; what it heard is kept and told by the next run."""
    broker = Broker(world, start=False)
    daemon = Daemon(world, broker, start=False)
    file = world.path("events")
    file.write_bytes(b"".join(map(to_json, messages(120))))
    daemon.launch("--replay", file)
    equal(daemon.program.wait(), 0, "exit status")
    broker.start()
    server = Server(world, broker)
    daemon.start()
    server.wait_totals(sums(120), daemon.name)
