# SPDX-License-Identifier: Apache-2.0
"""Every table is fixed: what does not fit is counted elsewhere or turned away, and a number says so."""
import random

from lib.broker import Broker, Relay
from lib.daemon import Daemon
from lib.events import HOUR_MS, NOON_MS, message
from lib.summaries import Server
from lib.world import check, equal, until

SLICES = 8          # Kconfig, kiosk: with `other`
CONVERSATIONS = 128
LANGUAGES = 6


def test_more_slices_than_fit(world):
    """Forty channels: the sums are right, those without a place are in the slice `other`."""
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker)
    with daemon.client() as client:
        equal(client.play([message(n, f"c{n % 40}", channel=f"channel{n % 40}") for n in range(400)]), [], "answers")
    server.wait_totals({"conversations": 40, "messages_per_minute": 400}, daemon.name)
    slices = {s.slice for s in server.held.values() if s.resolution == "hour"}
    check(None in slices and len(slices) <= SLICES, f"slices told: {slices}")
    check(daemon.health("slices.overflowed") > 0, "counted")


def test_more_conversations_than_fit(world):
    """Five hundred at once: the longest idle have to leave; each is counted once, and its messages."""
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker)
    with daemon.client() as client:
        equal(client.play([message(n, f"c{n // 2}") for n in range(1000)]), [], "answers other than ok")
    server.wait_totals({"conversations": 500, "messages.user": 500, "messages.bot": 500}, daemon.name)
    totals = server.totals(daemon.name)
    equal(sum(v for n, v in totals.items() if n.startswith("status.")), 500, "every conversation has one status")
    equal(daemon.health("conversations.evicted"), 500 - CONVERSATIONS, "evicted")
    equal(totals["status.open"], CONVERSATIONS, "open")


def test_more_languages_than_fit(world):
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker)
    codes = ["en", "de", "fr", "es", "it", "pl", "nl", "sv", "tr", "cs"]
    with daemon.client() as client:
        equal(client.play([message(n, f"c{n % 100}", language=codes[n % 10]) for n in range(100)]), [], "answers")
    server.wait_totals({"languages": 100}, daemon.name)
    totals = server.totals(daemon.name)
    equal(len([n for n in totals if n.startswith("languages[")]), LANGUAGES + 1, "languages with a place, and other")
    equal(totals["languages[other]"], 100 - 10 * LANGUAGES, "without a place")
    check(daemon.health("tables.overflowed") > 0, "counted")


def test_more_windows_than_cells(world):
    """Slices times hours exceed the ring's cells: windows leave early, to the outbox, and nothing is lost."""
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker)
    daemon.wait_up()
    events = [message(n, f"c{n}", NOON_MS + (n // 7) * HOUR_MS, channel=f"ch{n % 7}") for n in range(700)]
    with daemon.client() as client:
        equal(client.play(events), [], "answers other than ok")
    server.wait_totals({"conversations": 700, "messages_per_minute": 700}, daemon.name, 30)
    until(lambda: daemon.health("outbox.live") == 0, "the outbox is empty")


def test_outbox_overflows(world):
    """More unsent summaries than the outbox holds: the oldest go, that is counted, the newest arrive."""
    broker = Broker(world, start=False)
    server = Server(world, broker)
    daemon = Daemon(world, broker, state__outbox_kib=64)
    hours = 3000
    with daemon.client() as client:
        equal(client.play([message(n, f"c{n}", NOON_MS + n * HOUR_MS) for n in range(hours)]), [], "answers")
    health = daemon.status()["health"]
    check(health["outbox.expired"] > 0, "some have expired")
    equal(health["outbox.stored"], health["outbox.live"] + health["outbox.expired"], "stored = live + expired")
    broker.start()
    until(lambda: daemon.health("outbox.live") == 0 and daemon.health("summaries.unsent") == 0, "all that is left is told")
    until(lambda: len(server.read().summaries) >= daemon.health("summaries.acked"), "and has arrived")
    starts = sorted(s.start for s in server.held.values() if s.resolution == "hour")
    equal(starts[-1] * 1000, NOON_MS + (hours - 1) * HOUR_MS, "newest hour")
    equal(starts, list(range(starts[0], starts[-1] + 1, 3600)), "hours without a gap")
    days = len({s.start for s in server.held.values() if s.resolution == "day"})
    world.note(f"{health['outbox.stored']} stored in 64 KiB, {health['outbox.expired']} expired; {len(starts)} hours and "
               f"{days} days arrived")
    equal(server.total("messages_per_minute", daemon.name), len(starts), "each once")
    all_days = (hours - 1) * HOUR_MS // 86_400_000 + 1
    equal(len(starts) + days + health["outbox.expired"], hours + all_days + (1 if days < all_days else 0),
          "arrived + expired = counted")


def test_everything_at_once(world):
    bad_month(world, 4711)


def bad_month(world, seed):
    """From a seed: the line breaks, the broker restarts, the daemon is stopped and started,
    events come in any order over sixty hours. At the end every message was counted once."""
    chance = random.Random(seed)
    broker = Broker(world)
    server = Server(world, broker)
    relay = Relay(world, broker.port)
    daemon = Daemon(world, relay, publish__minute_s=1)
    now, count, restarts = NOON_MS, 0, 0
    for _ in range(60):
        some = []
        for _ in range(chance.randrange(5, 120)):
            back = int(chance.expovariate(1 / (2 * HOUR_MS)))
            some.append(message(count, f"c{chance.randrange(90)}", now - min(back, 40 * HOUR_MS),
                                channel=f"ch{chance.randrange(4)}"))
            count += 1
        with daemon.client() as client:
            equal(client.play(some), [], "answers other than ok")
        now += chance.randrange(HOUR_MS)
        what = chance.randrange(6)
        if what == 0:
            relay.cut()
        elif what == 1:
            equal(daemon.stop(), 0, "exit status")
            daemon.start()
            restarts += 1
        elif what == 2:
            broker.restart()
        elif what == 3:
            until(lambda: daemon.health("uplink.connects") > daemon.health("uplink.losses"), "connected")
    world.note(f"{count} messages, {restarts} restarts of the daemon, {len(server.read().summaries)} summaries so far")
    until(lambda: daemon.health("summaries.unsent") == 0 and daemon.health("outbox.live") == 0, "all is told")
    until(lambda: server.total("messages_per_minute", daemon.name) == count, "every message has arrived", 40)
    totals = server.totals(daemon.name)
    equal(totals["messages.user"] + totals["messages.bot"], count, "messages by sender")
    equal(server.total("messages_per_minute", daemon.name), count, "and stays so")
    totals = server.totals(daemon.name, "day")
    equal(totals["messages.user"] + totals["messages.bot"], count, "messages by day")
