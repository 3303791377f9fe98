# SPDX-License-Identifier: Apache-2.0
"""Brokers that are away, full, or do not answer."""
import resource
import signal
import time

from lib.broker import Broker, Relay
from lib.events import NOON_MS
from lib.world import Failed, Program, check, until
from load import HOUR_MS
from scene import Scene


def case_does_not_acknowledge(world):
    """The connection stands and nothing comes back: what is in flight stays bounded, nobody has to wait for it, and
    afterwards nothing is missing."""
    scene = Scene(world, start=False, broker__keepalive_s=5)
    relay = Relay(world, scene.broker.port)
    scene.daemon.set(broker__port=relay.port)
    scene.daemon.start()
    scene.daemon.wait_up()
    relay.silent = True
    for _ in range(6):
        scene.run_until_acknowledged(200)
        scene.load.now_ms += HOUR_MS
    until(lambda: scene.daemon.health("uplink.in_flight") > 0, "something waits for the broker")
    until(lambda: scene.daemon.health("uplink.losses") > 0, "it is given up", 60)
    relay.silent = False
    relay.cut()
    scene.run_until_acknowledged(200)
    return scene.result(1)


def case_disk_full(world):
    """mosquitto cannot save what it holds, and is killed: it forgets everything, sessions and all."""
    broker = Broker(world, start=False, lines=["autosave_on_changes true", "autosave_interval 1"])
    broker.program = Program("mosquitto", ["mosquitto", "-c", broker.config], broker.directory / "mosquitto.log",
                             preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
    world.stack.callback(broker.program.end)
    until(broker.listens, "mosquitto listens")
    scene = Scene(world, broker=broker)
    resource.prlimit(broker.program.pid, resource.RLIMIT_FSIZE, (0, 0))  # no file takes another byte
    for _ in range(20):
        scene.run_until_acknowledged(100)
        scene.load.now_ms += HOUR_MS
    broker.stop(signal.SIGKILL)
    (broker.directory / "mosquitto.db").unlink(missing_ok=True)
    scene.run_until_acknowledged(100)
    scene.daemon.program.send(signal.SIGSTOP)  # a subscriber that is not there when something is told has missed it
    broker.start()
    subscribed = broker.text().count("Received SUBSCRIBE from server")
    scene.server.program.end()
    scene.server._subscribe()
    until(lambda: broker.text().count("Received SUBSCRIBE from server") > subscribed, "the subscriber is back")
    scene.daemon.program.send(signal.SIGCONT)
    return scene.result(1)


def case_away_for_a_week(world):
    """A week of hours and days without a broker, with room for all of it: every event arrives afterwards, in the order of
    time's windows, by itself."""
    scene = Scene(world, broker=Broker(world), start=False, state__outbox_kib=4096)
    scene.broker.stop()
    scene.daemon.start()
    while scene.load.now_ms < NOON_MS + 8 * 24 * HOUR_MS:
        scene.run_until_acknowledged(100)
        scene.load.now_ms += HOUR_MS
        if scene.load.now_ms // HOUR_MS % 40 == 0:
            scene.restart()  # a kiosk is switched off every evening
    check(scene.daemon.health("outbox.live") > 100, "windows that left the memory wait in the outbox")
    scene.broker.start()
    return scene.result(1, f"{scene.daemon.health('outbox.live')} messages waited in the outbox")


def fill_outbox(scene, hours):
    """Hours with eight channels each, so that an outbox of 64 KiB is too small for them."""
    with scene.daemon.client() as client:
        some = [{"kind": "message", "id": f"h{hour}c{channel}m{n}", "t": NOON_MS + hour * HOUR_MS + n, "from": "user",
                 "conversation": f"h{hour}c{channel}", "channel": f"c{channel}", "text": "Where are the hoses?"}
                for hour in range(hours) for channel in range(6) for n in range(3)]
        check(not client.play(some), "events are taken")


def case_outbox_at_its_bound(world):
    """More than the outbox holds: the newest windows win, and the ledger says how many expired."""
    scene = Scene(world, start=False, state__outbox_kib=64)
    hours = 24 * 21
    scene.broker.stop()
    scene.daemon.start()
    fill_outbox(scene, hours)
    expired = scene.daemon.health("outbox.expired")
    check(expired > 0, "the outbox is too small for all of it")
    scene.broker.start()
    scene.daemon.wait_up()
    until(lambda: scene.daemon.health("summaries.unsent") == 0 and scene.daemon.health("outbox.live") == 0, "all told")
    told = {}

    def whole():
        """Hours told of which nothing is missing; what mosquitto_sub has yet to write comes later."""
        told.clear()
        for summary in scene.server.read().held.values():
            if summary.resolution == "hour":
                hour = (summary.start - NOON_MS // 1000) * 1000 // HOUR_MS
                told[hour] = told.get(hour, 0) + scene.server.catalogue.flat(summary.numbers).get("messages.user", 0)
        return [hour for hour in told if told[hour] == 18]

    def newest_are_told():
        hours_whole = whole()
        return hours_whole and hours_whole.count(hours - 1) and len(hours_whole) == hours - min(hours_whole)
    try:
        until(newest_are_told, "", 30)
    except Failed:
        pass
    oldest = min(whole(), default=hours)
    missing = [hour for hour in range(oldest, hours) if told.get(hour, 0) != 18]
    older = [hour for hour in told if hour < oldest - 2]  # an hour is six summaries; two hours may be half gone
    check(not older, f"what is told is the newest: {older} besides {oldest} and later")
    check(0 < oldest < hours - 50, f"the oldest went, and no more than had to: {oldest} of {hours}")
    ledger = max(scene.server.summaries, key=lambda s: (s.boot, s.seq)).ledger
    check(ledger["expired"] == expired, f"the ledger says {ledger}, {expired} expired")
    check(ledger["produced"] >= ledger["acked"] + ledger["superseded"] + ledger["expired"], f"the ledger adds up: {ledger}")
    return {"tried": 1, "acknowledged": hours * 18, "lost": sum(18 - told.get(hour, 0) for hour in missing),
            "twice": sum(max(0, n - 18) for n in told.values()),
            "says": f"{oldest} of {hours} hours expired, oldest first; {expired} summaries, as the ledger says"}


def start_cost(scene):
    """Calls that a start makes on its files, and seconds, least of five."""
    least = None
    for _ in range(5):
        scene.daemon.stop(signal.SIGTERM)
        scene.disk.forget()
        begun = time.monotonic()
        scene.daemon.start()
        cost = scene.disk.calls("read"), scene.disk.calls("write"), time.monotonic() - begun
        least = cost if least is None else tuple(map(min, least, cost))
    return least


def case_start_with_a_full_outbox(world):
    """A start does the same work whatever waits."""
    scene = Scene(world, start=False, state__outbox_kib=1024)
    scene.broker.stop()
    scene.daemon.start()
    with scene.daemon.client() as client:  # the memory as full as it will be
        check(all(a["ok"] for a in client.ask({"kind": "time", "t": NOON_MS})), "time")
    empty = start_cost(scene)
    fill_outbox(scene, 24 * 120)
    live = scene.daemon.health("outbox.live")
    check(scene.daemon.health("outbox.expired") > 0, "the outbox is full")
    full = start_cost(scene)
    says = (f"empty: {empty[0]} reads, {empty[1]} writes, {empty[2] * 1000:.0f} ms; "
            f"{live} messages: {full[0]} reads, {full[1]} writes, {full[2] * 1000:.0f} ms")
    check(full[0] <= empty[0] * 1.5 + 64, says)
    return {"tried": 10, "says": says}
