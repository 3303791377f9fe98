# SPDX-License-Identifier: Apache-2.0
"""What was said is what arrives: nothing lost, nothing twice, whatever the broker does."""
import json
import signal
import threading
import time

from lib.broker import Broker, Relay
from lib.daemon import Daemon
from lib.events import HOUR_MS, NOON_MS, message, messages, sums
from lib.summaries import Server, check_encoding
from lib.world import ROOT, Failed, LeftOut, check, equal, shared_data, until

MOST_RSS_GROWTH_KIB = 96


class Load:
    """A client that keeps sending, message by message number, until told to stop."""

    def __init__(self, daemon, pause=0.01, some=20):
        self.daemon, self.pause, self.some = daemon, pause, some
        self.sent = 0
        self.odd = []
        self.stopping = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            with self.daemon.client() as client:
                while not self.stopping:
                    self.odd += client.play(messages(self.some, self.sent))
                    self.sent += self.some
                    time.sleep(self.pause)
        except (OSError, Failed) as fault:
            self.odd.append(fault)

    def stop(self):
        """What was sent adds up to this."""
        self.stopping = True
        self.thread.join(20)
        check(not self.thread.is_alive(), "the load ends")
        equal(self.odd, [], "answers other than ok under load")
        return sums(self.sent)


def play(world, talks, devices, *options):
    """earshot sim over these daemons; what it says must arrive."""
    expect = world.path("expect.json")
    arguments = [world.tool("earshot"), "sim", "--expect", expect, *options]
    for daemon in devices:
        arguments += ["--device", f"{daemon.name}={daemon.socket}"]
    done = world.run(*arguments, *talks, seconds=120)
    check(done.returncode == 0, f"earshot sim: {done.stderr[-600:]}")
    world.note(done.stderr.strip().splitlines()[0])
    return json.loads(expect.read_text())


def adds_up(server, devices, expect, seconds=90):
    for daemon in devices:
        wanted = expect["devices"][daemon.name]
        server.wait_totals(wanted["exact"] | wanted["in_order"], daemon.name, seconds)
        totals = server.totals(daemon.name)
        for name, least in wanted["at_least"].items():
            check(totals.get(name, 0) >= least, f"{daemon.name} {name}: {totals.get(name, 0)}, at least {least} were sent")
        for name, most in wanted["at_most"].items():
            check(totals.get(name, 0) <= most, f"{daemon.name} {name}: {totals.get(name, 0)}, at most {most} were sent")


def test_scripts_of_our_own(world):
    """Conversations that ship with the project, on three devices: every number equals the simulator's own reckoning."""
    broker = Broker(world)
    server = Server(world, broker)
    devices = [Daemon(world, broker) for _ in range(3)]
    expect = play(world, [ROOT / "tests/data/scripts"], devices, "--seed", "11", "--conversations", "240")
    adds_up(server, devices, expect)
    check_encoding(server)
    exact = expect["total"]["exact"]
    for status in ("resolved", "assumed_resolved", "routed", "closed_out", "abandoned"):
        check(exact[f"status.{status}"] > 0, f"the scripts lead to status {status}")
    for daemon in devices:
        equal(daemon.health("events.repeated"), expect["devices"][daemon.name]["sent"]["again"], "events sent twice")


def test_scripts_in_cbor(world):
    broker = Broker(world)
    server = Server(world, broker)
    devices = [Daemon(world, broker)]
    adds_up(server, devices, play(world, [ROOT / "tests/data/scripts"], devices, "--seed", "5", "--cbor"))


def test_real_conversations(world):
    """Those of the shared collection, where it is."""
    data = shared_data()
    if data is None or not (data / "dialogues").is_dir():
        raise LeftOut("no real conversations here (EARSHOT_SHARED_DATA or ../shared/data): not tried")
    broker = Broker(world)
    server = Server(world, broker)
    devices = [Daemon(world, broker) for _ in range(6)]
    talks = sorted((data / "dialogues").glob("*.dev.ndjson"))
    # 120 a device: fewer than its table holds, so that none has to leave early and every number is exact
    adds_up(server, devices, play(world, talks, devices, "--seed", "3", "--conversations", "720"))
    check_encoding(server)


def test_minutes_hours_and_days_agree(world):
    """Three resolutions of the same facts."""
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker, publish__minute_s=1)
    with daemon.client() as client:
        equal(client.play([message(n, at_ms=NOON_MS + n * 500) for n in range(800)]), [], "answers other than ok")
    wanted = sums(800)
    server.wait_totals(wanted, daemon.name)
    del wanted["messages_per_minute"]
    for resolution in ("minute", "day"):
        server.wait_totals(wanted, daemon.name, resolution=resolution)
    starts = {s.start for s in server.held.values() if s.resolution == "minute"}
    equal(starts, {NOON_MS // 1000 + 60 * n for n in range(7)}, "minute windows")


def test_broker_absent_at_start(world):
    broker = Broker(world, start=False)
    server = Server(world, broker)
    daemon = Daemon(world, broker)
    with daemon.client() as client:
        equal(client.play(messages(1000)), [], "answers other than ok")
    until(lambda: daemon.health("uplink.attempts") >= 3, "three attempts")
    broker.start()
    server.wait_totals(sums(1000), daemon.name)


def test_broker_killed_under_load(world):
    """Killed without warning, away for a while, twice."""
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker)
    daemon.wait_up()
    load = Load(daemon)
    for _ in range(2):
        sent = load.sent
        until(lambda: load.sent > sent + 200, "load goes on")
        broker.program.send(signal.SIGUSR1)  # mosquitto saves its sessions, so that the server's one is not forgotten
        until(lambda: (broker.directory / "mosquitto.db").exists(), "the broker's sessions are saved")
        losses = daemon.health("uplink.losses")
        broker.stop(signal.SIGKILL)
        until(lambda: daemon.health("uplink.losses") > losses, "the loss is seen")
        sent = load.sent
        until(lambda: load.sent > sent + 300, "load goes on without a broker")
        broker.start()
        until(lambda: daemon.health("uplink.connects") > daemon.health("uplink.losses"), "connected again")
    server.wait_totals(load.stop(), daemon.name)


def test_broker_frozen_longer_than_the_keepalive(world):
    """SIGSTOP: connections stay open and nothing moves. The loss is noticed, and mended after SIGCONT."""
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker, broker__keepalive_s=5)
    daemon.wait_up()
    load = Load(daemon, pause=0.05)
    until(lambda: load.sent > 200, "load")
    broker.program.send(signal.SIGSTOP)
    begun = time.monotonic()
    until(lambda: daemon.health("uplink.losses") >= 1, "the silence is noticed")
    reason = daemon.status()["broker"]["last_error"]
    world.note(f"noticed after {time.monotonic() - begun:.1f} s: {reason}")
    check("not answer" in reason or "not finish" in reason, f"the true reason: {reason}")
    rss = daemon.rss_kib()
    sent = load.sent
    until(lambda: load.sent > sent + 500, "load goes on")
    check(daemon.rss_kib() - rss <= MOST_RSS_GROWTH_KIB, f"memory flat: {rss} to {daemon.rss_kib()} KiB")
    broker.program.send(signal.SIGCONT)
    server.wait_totals(load.stop(), daemon.name)


def test_frozen_for_a_moment(world):
    """Shorter than the keepalive: nothing is lost, nothing is counted twice, the window of unacknowledged ones holds."""
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker, publish__minute_s=1)
    daemon.wait_up()
    load = Load(daemon)
    for _ in range(3):
        broker.program.send(signal.SIGSTOP)
        sent = load.sent
        until(lambda: load.sent > sent + 400, "load")
        check(daemon.health("uplink.in_flight") <= 10, "no more than a window in flight")
        broker.program.send(signal.SIGCONT)
        until(lambda: load.sent > sent + 800, "load")
    server.wait_totals(load.stop(), daemon.name)
    equal(daemon.health("uplink.losses"), 0, "sessions lost")


def test_broker_restarted_many_times(world):
    """Twelve restarts under load; memory stays flat."""
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker)
    daemon.wait_up()
    load = Load(daemon)
    rss = []
    for n in range(12):
        losses = daemon.health("uplink.losses")
        broker.restart()
        until(lambda: daemon.health("uplink.losses") > losses, "the loss is seen")
        until(lambda: daemon.health("uplink.connects") > daemon.health("uplink.losses"), "connected again")
        if n >= 2:
            rss.append(daemon.rss_kib())
    server.wait_totals(load.stop(), daemon.name)
    world.note(f"RSS after each restart: {rss} KiB")
    check(rss[-1] - rss[0] <= MOST_RSS_GROWTH_KIB, f"memory flat: {rss} KiB")


def test_line_cut_many_times(world):
    """The network breaks within sessions and handshakes, forty times."""
    broker = Broker(world)
    server = Server(world, broker)
    relay = Relay(world, broker.port)
    daemon = Daemon(world, relay, publish__minute_s=1, uplink__backoff_max_ms=100)
    load = Load(daemon)
    for n in range(40):
        connections = relay.connections
        until(lambda: relay.connections > connections or relay.pairs, "a connection")
        time.sleep(0.002 * (n % 20))  # cut at another point of the session's beginning each time
        relay.cut()
    server.wait_totals(load.stop(), daemon.name)
    equal(daemon.health("summaries.unsent"), 0, "summaries unsent at the end")


def test_line_goes_silent(world):
    """No FIN, no RST, no bytes: a cable pulled."""
    broker = Broker(world)
    server = Server(world, broker)
    relay = Relay(world, broker.port)
    daemon = Daemon(world, relay, broker__keepalive_s=5)
    daemon.wait_up()
    relay.silent = True
    load = Load(daemon, pause=0.05)
    until(lambda: daemon.health("uplink.losses") >= 1, "the silence is noticed")
    relay.silent = False
    relay.cut()
    server.wait_totals(load.stop(), daemon.name)


def test_weeks_without_a_broker(world):
    """Windows leave their rings unsent: the outbox keeps them over a restart, then they arrive in any order."""
    broker = Broker(world, start=False)
    server = Server(world, broker)
    daemon = Daemon(world, broker)
    hours = 400
    events = [message(n, conversation=f"c{n}", at_ms=NOON_MS + n * HOUR_MS) for n in range(hours)]
    with daemon.client() as client:
        equal(client.play(events), [], "answers other than ok")
    check(daemon.health("outbox.live") > 300, f"summaries in the outbox: {daemon.health('outbox.live')}")
    equal(daemon.stop(), 0, "exit status")
    daemon.start()
    check(daemon.health("outbox.live") > 300, "the outbox outlives a restart")
    broker.start()
    server.wait_totals({"conversations": hours, "messages_per_minute": hours}, daemon.name)
    until(lambda: daemon.health("outbox.live") == 0, "the outbox is empty")
    equal(len([k for k in server.held if k[1] == "hour"]), hours, "hours at the server")
    check_encoding(server)


def test_birth_will_and_farewell(world):
    """The retained status says whether the device is there, and whether it left in an orderly way."""
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker)
    status = until(lambda: server.status(daemon.name), "birth")
    equal(status[1], True, "online")
    daemon.kill()
    until(lambda: server.status(daemon.name)[1] is False, "the will")
    check(server.status(daemon.name).get(2) is not True, f"not orderly: {server.status(daemon.name)}")
    daemon.start()
    until(lambda: server.status(daemon.name)[1] is True, "birth after the restart")
    equal(daemon.stop(), 0, "exit status")
    until(lambda: server.status(daemon.name)[1] is False, "farewell")
    equal(server.status(daemon.name).get(2), True, "orderly")
    check_encoding(server)
    late = Server.__new__(Server)  # a server that comes later finds it retained
    late.__init__(world, broker, topic="earshot/1/+/+/+/status")
    until(lambda: [m for m in late.read().messages if m[1]], "the retained status")


def test_two_devices_do_not_mix(world):
    broker = Broker(world)
    server = Server(world, broker)
    one, two = Daemon(world, broker), Daemon(world, broker)
    for daemon, count in ((one, 300), (two, 140)):
        with daemon.client() as client:
            equal(client.play(messages(count)), [], "answers other than ok")
    server.wait_totals(sums(300), one.name)
    server.wait_totals(sums(140), two.name)
