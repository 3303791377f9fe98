# SPDX-License-Identifier: Apache-2.0
"""The ledger (docs/meaning.md): from what arrives a server knows exactly what did not, whoever drops, doubles and delays."""
import json
import random
import time

from lib.broker import Broker, Relay
from lib.daemon import Daemon
from lib.events import HOUR_MS, NOON_MS, message
from lib.summaries import LEDGER, Server, Summary
from lib.world import ROOT, check, equal, until

LOST, DOUBLED = 0.2, 0.15
OUTBOX_KIB = 64
HOURS = 2500


def play_a_day(world, daemon, seed):
    """In pieces, so that windows are told in many a state."""
    file = world.path(f"events-{seed}")
    done = world.run(world.tool("earshot"), "sim", "--seed", seed, "--conversations", "120", "--idle", "2h", "--from",
                     "2026-03-01T08:00:00Z", "--device", "k", "--out", file, ROOT / "tests/data/scripts")
    check(done.returncode == 0, f"earshot sim: {done.stderr[-300:]}")
    events = [json.loads(line) for line in file.read_text().splitlines()]
    with daemon.client() as client:
        for first in range(0, len(events), len(events) // 6 + 1):
            produced = daemon.health("summaries.produced")
            client.play(events[first:first + len(events) // 6 + 1])
            until(lambda: daemon.health("summaries.produced") > produced, "the next state is told")


def wait_quiet(daemon):
    """Nothing waits any more; the health numbers then."""
    def quiet():
        health = daemon.status()["health"]
        waits = [health.get(n, 0) for n in ("summaries.unsent", "outbox.live", "uplink.in_flight")]
        return health if not any(waits) else None
    return until(quiet, lambda: f"all is told: {daemon.status()['health']}")


def account(health):
    """The account that a summary would bear now, of summaries."""
    return {"produced": health.get("summaries.produced", 0), "acked": health.get("summaries.acked", 0),
            "superseded": health.get("summaries.superseded", 0),
            "expired": sum(health.get(f"outbox.{n}", 0) for n in ("expired", "corrupt", "failed"))}


def gaps_of(seqs, produced):
    """[from, to] of what is missing of 1..produced."""
    gaps = []
    for seq in range(1, produced + 1):
        if seq in seqs:
            continue
        if gaps and gaps[-1][1] == seq - 1:
            gaps[-1][1] = seq
        else:
            gaps.append([seq, seq])
    return gaps


def middle_man(messages, chance):
    """What becomes of messages on a bad way: some lost, some doubled, all in another order. The last one, which bears the
    newest account, gets through."""
    kept = [m for m in messages[:-1] if chance.random() >= LOST]
    kept += [m for m in kept if chance.random() < DOUBLED]
    chance.shuffle(kept)
    return kept + messages[-1:]


def merged(world, messages):
    """What `earshot merge` says."""
    file = world.path(world.unique("messages"))
    file.write_text("".join(f"{topic} {payload.hex()}\n" for topic, payload in messages))
    done = world.run(world.tool("earshot"), "merge", file)
    check(done.returncode == 0, f"earshot merge: {done.stderr[-300:]}")
    return json.loads(done.stdout)


def gap_pairs(entry):
    return [[gap["from"], gap["to"]] if isinstance(gap, dict) else gap for gap in entry["gaps"]]


def test_a_middle_man_who_drops_doubles_and_reorders(world):
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker)
    daemon.wait_up()
    play_a_day(world, daemon, 3)
    health = wait_quiet(daemon)
    whole = [(topic, payload) for topic, _, payload in server.read().messages if "/summary/" in topic]
    seqs = {s.seq for s in server.summaries}
    truth = account(health)
    # without him: what is missing is what was superseded, and nothing expired or waits
    equal(truth["produced"], truth["acked"] + truth["superseded"], "produced")
    equal(truth["expired"], 0, "expired")
    equal(len(seqs), truth["acked"], "different summaries that arrived")
    equal(gaps_of(seqs, truth["produced"]) == [], truth["superseded"] == 0, "gaps, if some were superseded")

    chance = random.Random(7)
    some = middle_man(whole, chance)
    taken = [Summary(topic, payload) for topic, payload in some]
    left = {s.seq for s in taken}
    dropped = seqs - left
    check(len(dropped) > 10, f"enough was dropped to be a test: {len(dropped)} of {len(seqs)}")
    told = merged(world, some)
    equal(len(told["ledger"]), 1, "accounts")
    entry = told["ledger"][0]
    produced = max(s.ledger["produced"] for s in taken)
    equal(entry["produced"], produced, "produced")
    equal(entry["arrived"], len(left), "arrived")
    equal(entry["again"], len(some) - len(left), "twice or more")
    equal(gap_pairs(entry), gaps_of(left, produced), "gaps")
    missing = {seq for low, high in gap_pairs(entry) for seq in range(low, high + 1)}
    equal(missing & seqs, dropped, "what is missing and was told is what was dropped")
    equal(len(missing - dropped), produced - len(seqs), "the rest of the missing was superseded")
    check(entry["lost"] <= len(dropped), f"lost: {entry['lost']} of {len(dropped)}")

    # the numbers are right where the newest state got through
    held = {}
    for summary in taken:
        if summary.key not in held or held[summary.key].revision < summary.revision:
            held[summary.key] = summary
    newest_lost = {key for key, summary in server.held.items() if summary.seq in dropped}
    for key, summary in server.held.items():
        equal(key in held and held[key].seq == summary.seq, key not in newest_lost, f"the newest state of {key}")
    world.note(f"{produced} produced, {truth['superseded']} superseded, {len(dropped)} dropped: all named; "
               f"{len(newest_lost)} of {len(server.held)} windows behind")


def test_a_broker_away_for_long_and_a_small_outbox(world):
    """Windows go through the outbox, some expire; and each that did not arrive did expire."""
    broker = Broker(world, start=False)
    server = Server(world, broker)
    daemon = Daemon(world, broker, state__outbox_kib=OUTBOX_KIB)
    events = [message(n, conversation=f"c{n}", at_ms=NOON_MS + n * HOUR_MS) for n in range(HOURS)]
    with daemon.client() as client:
        equal(client.play(events), [], "answers other than ok")
    check(daemon.health("outbox.expired") > 0, "the outbox is too small")
    broker.start()
    truth = account(wait_quiet(daemon))
    until(lambda: len({s.seq for s in server.read().summaries}) >= truth["acked"], "all has arrived")
    seqs = {s.seq for s in server.summaries}
    equal(truth["produced"], sum(truth[n] for n in LEDGER[3:]), f"produced: {truth}")
    equal(len(seqs), truth["acked"], "different summaries that arrived")
    missing = set(range(1, truth["produced"] + 1)) - seqs
    equal(len(missing), truth["superseded"] + truth["expired"], "missing")
    # they are the eldest: of all windows told, those that are not there come first
    hours = sorted({s.start for s in server.summaries if s.resolution == "hour"})
    equal(hours, list(range(hours[0], NOON_MS // 1000 + HOURS * 3600, 3600)), "hours that arrived have no gap")
    entry = merged(world, [(t, p) for t, _, p in server.messages if "/summary/" in t])["ledger"][0]
    equal({n: entry[n] for n in ("expired", "missing", "lost")},
          {"expired": truth["expired"], "missing": len(missing), "lost": 0}, "what earshot merge says")
    world.note(f"{truth['produced']} produced, {truth['expired']} expired, {len(seqs)} arrived")


def test_a_line_that_breaks_over_and_over(world):
    """Sessions end with messages on their way: those come twice, or are replaced before anybody knows whether they arrived. None is
    unaccounted for."""
    broker = Broker(world)
    server = Server(world, broker)
    relay = Relay(world, broker.port)
    daemon = Daemon(world, relay, publish__minute_s=1, uplink__backoff_max_ms=100)
    count = 0
    with daemon.client() as client:
        for n in range(50):
            connections = relay.connections
            if n % 10 == 9:
                daemon.wait_up()
                relay.silent = True  # what is sent now is swallowed
            equal(client.play([message(i, at_ms=NOON_MS + i * 30_000) for i in range(count, count + 20)]), [], "answers")
            count += 20
            until(lambda: relay.connections > connections or relay.pairs, "a connection")
            if relay.silent:
                until(lambda: daemon.health("uplink.in_flight") > 0, "something is swallowed")
                more = [message(i, at_ms=NOON_MS + (i - 20) * 30_000) for i in range(count, count + 20)]
                equal(client.play(more), [], "answers")  # and replaced before it is said again
                count += 20
            time.sleep(0.002 * (n % 20))  # cut at another point of the session each time
            relay.cut()
            relay.silent = False
    truth = account(wait_quiet(daemon))
    equal(truth["produced"], sum(truth[n] for n in LEDGER[3:]), f"produced: {truth}")
    server.wait_total("messages_per_minute", count, daemon.name)
    seqs = {s.seq for s in server.summaries}
    missing = truth["produced"] - len(seqs)
    check(0 <= missing <= truth["superseded"], f"{missing} missing, {truth['superseded']} superseded")
    check(max(seqs) <= truth["produced"], "no seq beyond the produced")
    world.note(f"{truth}, {missing} never arrived, {len(server.summaries) - len(seqs)} came twice")
