# SPDX-License-Identifier: Apache-2.0
"""A person at the serial port; what a device says of its faults; what outlasts a restart."""
import re

from device import Device, only
from gdb import Gdb
from lib.broker import Broker
from lib.events import messages, sums
from lib.summaries import Server
from lib.world import check, equal, until

FAULT, STATE_IN_RAM = 82, 85  # keys of core/tell/ear_health.def
HARD, ASSERT, WATCHDOG = 1, 2, 3
STANDS_STILL = b"\x62\xb6\xfe\xe7"  # cpsie i; b .
NO_INSTRUCTION = b"\x00\xde"         # udf #0
TRAP = b"\xff\xde"                   # udf #255, an assertion's end


def test_status_and_test(world):
    broker = Broker(world)
    device = Device(world, broker, device__clock="system")
    device.wait_up()
    device.wait_status("clock", r"^20\d\d-.*\(network\)")
    said, last = device.type("test")
    equal(last, "ok", f"`test`: {said}")
    check(said.count(": ok") >= 9 and "FAILED" not in said, f"each check: {said}")
    status = device.status()
    equal(status["device"], f"t/s/{device.name}", "its name")
    check(re.match(r"up, TLSv1\.[23]", status["broker"]) and status["identity"] == "complete", f"status: {status}")
    check(("what is counted is in RAM only" in status["flash"]) == (world.board == "lm3s6965"), f"flash: {status['flash']}")
    help_, last = device.type("help")
    check(last == "ok" and all(word in help_ for word in ("status", "set", "provision", "log", "test", "reboot")), help_)
    check(device.type("nonsense")[1].startswith("error:"), "a word that is no command")
    check("network address" in device.told("log"), "the log's latest lines")


def test_state_in_ram_is_told(world):
    """The server knows of a device that forgets at a restart."""
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker)
    body = until(lambda: server.status(device.name), lambda: f"its status: {device.line.read(1)} {device.line.text[-900:]}"
                 f"{broker.text()[-900:]}", 40)
    equal(body[8].get(STATE_IN_RAM, 0), int(world.board == "lm3s6965"), f"state_in_ram: {body}")


@only("mps2")
def test_set_and_reboot(world):
    """What is set outlasts a restart, orderly or not; so does what was counted."""
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker)
    equal(device.line.hear_all(messages(60)), 0, "events that came again")
    check("not changed" in device.type("set publish.hour_s x")[1], "a wrong value")
    device.told("set publish.status_s 77")
    check("publish.status_s: 77 s" in device.told("set publish.status_s"), "at once")
    since = len(device.line.text)
    device.line.write(b"reboot\r")
    device.wait_up(since=since)
    equal(device.status()["started by"], "reset", "why it started")
    check("publish.status_s: 77 s" in device.told("set publish.status_s"), "after a restart")
    device.kill()
    device.start()
    check("publish.status_s: 77 s" in device.told("set publish.status_s"), "after a cut of power")
    device.wait_up()
    equal(device.line.hear_all(messages(80), ahead=4), 60, "events that it remembers")
    server.wait_totals(sums(80), device.name, 60)


def test_reboot_tells_what_is_untold(world):
    """Where state is in RAM nothing else would save it."""
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker, publish__hour_s=3600, publish__day_s=3600)
    device.wait_up()
    equal(device.line.hear_all(messages(40)), 0, "events that came again")
    since = len(device.line.text)
    device.line.write(b"reboot\r")
    server.wait_totals(sums(40), device.name, 40)
    device.wait_up(since=since)


def stands_still(world, how):
    """The main loop ends, as `how` does it with a debugger; the status of the run after."""
    broker = Broker(world)
    server = Server(world, broker)
    gdb_port = world.path("gdb")
    device = Device(world, broker, qemu=["-gdb", f"unix:{gdb_port},server=on,wait=off"])
    device.wait_up()
    equal(device.line.hear_all(messages(20)), 0, "events that came again")
    server.wait_totals(sums(20), device.name, 40)
    since = len(device.line.text)
    with Gdb(gdb_port) as gdb:
        how(gdb)
    device.wait_log("the run before ended", 60, since)
    device.wait_up(60, since)
    told = until(lambda: server.status(device.name).get(8, {}).get(FAULT), lambda: f"the server hears of it: "
                 f"{server.status(device.name)}", 40)
    return device, told


def test_watchdog(world):
    """A loop that stands still is ended, and the next run says so and where."""
    device, told = stands_still(world, lambda gdb: gdb.run_bytes(STANDS_STILL))
    said = device.status()
    check(re.match("watchdog: .* at 0x2", said["last fault"]) and said["started by"] == "watchdog", f"status: {said}")
    equal(told, WATCHDOG, "the server's device.fault")
    world.note(f"last fault: {said['last fault']}")


def test_faults_of_the_program(world):
    for code, name, kind in ((NO_INSTRUCTION, "processor fault", HARD), (TRAP, "assertion", ASSERT)):
        device, told = stands_still(world, lambda gdb, code=code: gdb.run_bytes(code))
        said = device.status()
        check(re.match(f"{name} at 0x2", said["last fault"]), f"status: {said}")
        equal(told, kind, "the server's device.fault")
        equal(device.line.hear(messages(1, first=100)[0])[0], 0, "it goes on")
        world.note(f"last fault: {said['last fault']}")
        device.end()
