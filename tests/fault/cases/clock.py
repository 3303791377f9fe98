# SPDX-License-Identifier: Apache-2.0
"""Clocks that are wrong, late, or set back and forth. libfaketime tells the program what time it is; only what the tests
say about a network's clock comes from fault_file.c."""
import datetime
import pathlib
import time

from lib.world import LeftOut, Failed, check, equal, until
from load import HOUR_MS
from scene import Scene

DAY_MS = 24 * HOUR_MS
LIBRARIES = ["/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
             "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"]


class Clock:
    """The program's own clock: the system's and so many days."""

    def __init__(self, world, days=0):
        library = next((p for p in LIBRARIES if pathlib.Path(p).exists()), None)
        if library is None:
            raise LeftOut("no faketime on this machine (apt-get install faketime): not tried")
        self.file = world.path("faketime")
        self.library = library
        self.set(days)
        self.environment = {"FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1", "NO_FAKE_STAT": "1",
                            "FAKETIME_DONT_FAKE_MONOTONIC": "1"}

    def set(self, days):
        self.days = days
        temporary = self.file.with_suffix(".new")
        temporary.write_text(f"{days * 86400:+d}\n")
        temporary.rename(self.file)  # never read half written

    def now_ms(self):
        return time.time_ns() // 1_000_000 + self.days * DAY_MS


def begin(world, days, **settings):
    clock = Clock(world, days)
    scene = Scene(world, start=False, device__clock="system", **settings)
    scene.daemon.environment |= clock.environment
    scene.daemon.environment["LD_PRELOAD"] += f":{clock.library}"
    return scene, clock


def say(scene, count, prefix, **more):
    """Messages without a time of their own; each conversation has ten."""
    with scene.daemon.client() as client:
        some = [{"kind": "message", "id": f"{prefix}{n}", "from": "user", "conversation": f"{prefix}{n // 10}",
                 "text": "Where are the hoses?", **more} for n in range(count)]
        equal(client.play(some), [], "answers other than ok")


def total(scene):
    return scene.server.total("messages.user", scene.daemon.name)


def counted(scene, tried, count, says=""):
    """A row: so many messages must have been told, no more and no less."""
    try:
        until(lambda: total(scene) == count, "", 60, 0.1)
    except Failed:
        pass
    told = total(scene)
    return {"tried": tried, "acknowledged": count, "lost": max(0, count - told), "twice": max(0, told - count),
            "says": says}


def hours_told(scene):
    return sorted({s.start * 1000 for s in scene.server.read().held.values() if s.resolution == "hour"})


def case_no_rtc(world):
    """A cold boot with a dead battery: it is 1971, and the broker's certificate not valid yet. Events are taken and
    counted; why there is no connection is said in log and status. Then the network sets the clock: connected within
    seconds, and what was counted before is told under the time it was."""
    scene, clock = begin(world, -20400, uplink__backoff_min_ms=60_000, uplink__backoff_max_ms=600_000)
    scene.daemon.start()
    say(scene, 100, "early")
    scene.daemon.wait_log("certificate is not valid yet")
    status = scene.daemon.status()
    equal((status["clock"], status["time"]), ("none", "unknown"), "clock and time in status")
    check("not valid yet" in status["broker"]["last_error"], f"status says why: {status['broker']}")
    scene.restart()  # switched off before the time was known
    say(scene, 100, "later")
    until(lambda: scene.daemon.text().count("certificate is not valid yet") == 2, "it says so again")
    clock.set(0)
    begun = time.monotonic()
    scene.daemon.wait_up(12)
    took_s = time.monotonic() - begun
    row = counted(scene, 1, 200, f"connected {took_s:.1f} s after the clock was set; the pause would have been a minute")
    known = [at for at in hours_told(scene) if at > clock.now_ms() - 3 * HOUR_MS]
    check(known, f"told under the time it was: {hours_told(scene)}")
    return row


def case_earlier_than_the_floor(world):
    """An RTC that says a day of last year: the device knows better, for its own files are younger. What is counted waits
    for the time; once the network has set the clock, it is believed."""
    scene, clock = begin(world, -400)
    scene.daemon.start()
    scene.daemon.wait_log("the system's clock is wrong: it says .* later than")
    equal(scene.daemon.status()["clock"], "none", "clock in status")
    say(scene, 50, "a")
    clock.set(0)
    until(lambda: scene.daemon.status()["clock"] == "rtc", "the clock is believed when it is right", 12)
    say(scene, 50, "b")
    return counted(scene, 1, 100)


def case_the_network_is_believed(world):
    """The network says that it is last year: so it is, whatever the files say."""
    scene, clock = begin(world, -300)
    scene.disk.fail("clock", 1)
    scene.daemon.start()
    until(lambda: scene.daemon.status()["clock"] == "network", "the network's time is known", 12)
    check("clock is wrong" not in scene.daemon.text(), "nothing is said against it")
    say(scene, 50, "a")
    scene.restart()  # the newest time that was known is a year off now, and the network says so
    clock.set(0)
    say(scene, 50, "b")
    return counted(scene, 1, 100)


def case_steps_of_years(world):
    """The network's clock steps forward and back by years, with conversations going on and restarts in between: each
    message is told in the hour that the clock said."""
    scene, clock = begin(world, 0)
    scene.disk.fail("clock", 1)  # the network's
    scene.daemon.start()
    sent = 0
    steps = [0, 365, 365, 0, 0, 730, 0, 0]
    for number, days in enumerate(steps):
        clock.set(days)
        time.sleep(0.2)
        if number % 3 == 2:
            scene.restart()
        say(scene, 60, f"s{number}m")
        sent += 60
    clock.set(0)
    scene.restart()
    scene.daemon.wait_up()
    row = counted(scene, len(steps), sent, "hours told: " + ", ".join(
        datetime.datetime.fromtimestamp(at / 1000, datetime.timezone.utc).strftime("%Y-%m-%d %H") for at in
        hours_told(scene)))
    told = {}
    for summary in scene.server.held.values():
        if summary.resolution == "hour":
            day = round((summary.start * 1000 - clock.now_ms()) / DAY_MS)
            told[day] = told.get(day, 0) + scene.server.catalogue.flat(summary.numbers).get("messages.user", 0)
    equal(told, {days: 60 * steps.count(days) for days in steps}, "messages told of the days that the clock said")
    return row


def case_daylight_saving(world):
    """Days of 23 and 25 hours, by the events' clock: every event is in its own day, and days meet."""
    scene = Scene(world, start=False, device__timezone="CET-1CEST,M3.5.0,M10.5.0/3")
    scene.daemon.start()
    tried = 0
    wanted = {}
    for month, day, offset in ((3, 29, 1), (10, 25, 2)):
        midnight = datetime.datetime(2026, month, day, tzinfo=datetime.timezone.utc).timestamp() - offset * 3600
        for hour in range(-2, 28):
            at_ms = int(midnight + hour * 3600 + 60) * 1000
            with scene.daemon.client() as client:
                equal(client.play([{"kind": "message", "id": f"d{at_ms}", "t": at_ms, "from": "user",
                                    "conversation": f"d{at_ms}", "text": "hello"}]), [], "answers")
            length = 23 if month == 3 else 25
            start = midnight - 24 * 3600 if hour < 0 else midnight if hour < length else midnight + length * 3600
            wanted[int(start)] = wanted.get(int(start), 0) + 1
            tried += 1

    def told():
        days = {}
        for summary in scene.server.read().held.values():
            if summary.resolution == "day":
                days[summary.start] = days.get(summary.start, 0) + scene.server.catalogue.flat(summary.numbers).get(
                    "messages.user", 0)
        return days
    until(lambda: told() == wanted, lambda: f"by day: {told()} instead of {wanted}", 60)
    return {"tried": 2, "acknowledged": tried, "says": "days of 23 and 25 hours"}
