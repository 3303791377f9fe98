# SPDX-License-Identifier: Apache-2.0
"""New images for a board that runs: over its serial line and over its broker, taken, refused, rolled back, cut off."""
import random
import re
import subprocess
import time

from device import Device, only
from lib.broker import Broker
from lib.events import messages, sums
from lib.summaries import Server
from lib.world import Failed, check, equal

CUTS, CUTS_QUICK = 40, 8


def over_serial(world, device, path, kind="image"):
    with device.port() as port:
        return world.run(world.tool("earshot"), "deliver", kind, path, "--serial", port, "--quiet", seconds=120)


def over_mqtt(world, device, broker, path, kind="image"):
    certs = world.certs
    return world.run(world.tool("earshot"), "deliver", kind, path, "--quiet", "--device", f"t/s/{device.name}", "--host",
                     "127.0.0.1", "--port", broker.port, "--cafile", certs.ca, "--cert", certs.crt("client"), "--key",
                     certs.key("client"), "--timeout", "20s", seconds=180)


def taken(done):
    equal(done.returncode, 0, f"deliver: {done.stdout} {done.stderr}")


def refused(done, why):
    check(done.returncode == 1 and re.search(why, done.stderr), f"refused for `{why}`: {done.returncode} {done.stdout} {done.stderr}")


def reboot(device):
    since = len(device.line.text)
    device.line.write(b"reboot\r")
    return since


@only("mps2")
def test_accepted(world):
    """Over the serial line, then over the broker: each runs in the other slot, proves itself, and stays over a cut of power.
    What was counted goes on."""
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker)
    device.wait_log("boot: starts slot a")
    device.wait_up()
    equal(device.line.hear_all(messages(40)), 0, "events that came again")
    begun = time.monotonic()
    taken(over_serial(world, device, world.images.sign(world, "b", "0.2.0")))
    serial_s = time.monotonic() - begun
    since = reboot(device)
    device.wait_log("boot: slot b: 0.2.0, new.*\\s*boot: starts slot b", since=since)
    device.wait_up(since=since)
    check(device.status()["firmware"].endswith("slot b"), "it says so")
    equal(device.line.hear_all(messages(60)), 40, "events that it remembers")
    device.kill()
    device.start()
    device.wait_log("boot: slot b: 0.2.0, confirmed\\s*boot: starts slot b")
    device.wait_up()
    begun = time.monotonic()
    taken(over_mqtt(world, device, broker, world.images.sign(world, "a", "0.3.0", counter=2)))
    mqtt_s = time.monotonic() - begun
    since = reboot(device)
    device.wait_log("boot: slot a: 0.3.0, new\\s*boot: slot b: 0.2.0, confirmed, not checked\\s*boot: starts slot a", since=since)
    device.wait_up(since=since)
    check(device.status()["firmware"].endswith("slot a"), "it says so")
    device.kill()
    device.start()
    device.wait_log("boot: slot a: 0.3.0, confirmed\\s*boot: slot b: 0.2.0, confirmed, not checked\\s*boot: starts slot a")
    equal(device.line.hear_all(messages(80)), 60, "events that it remembers")
    server.wait_totals(sums(80), device.name, 60)
    world.note(f"{world.images.sign(world, 'a', '0.3.0').stat().st_size} bytes: {serial_s:.1f} s over serial, {mqtt_s:.1f} s over MQTT")


@only("mps2")
def test_refused(world):
    """Whatever is wrong with it, over whichever way: the reason comes back, and the slot that runs goes on."""
    broker = Broker(world)
    device = Device(world, broker)
    device.wait_up()
    images = world.images
    taken(over_mqtt(world, device, broker, images.sign(world, "b", "0.2.0", counter=5)))
    since = reboot(device)
    device.wait_up(since=since)
    other = world.path("other")
    subprocess.run([images.earshot, "pack", "keygen", "-o", other], check=True, stdout=subprocess.DEVNULL)
    flip = lambda data: data[:70_000] + bytes([data[70_000] ^ 1]) + data[70_001:]
    junk = world.path("junk")
    junk.write_bytes(b"no image at all" * 100)
    for path, why in ((images.sign(world, "a", "0.3.0", 5, bend=flip), "its hash is wrong"),
                      (images.sign(world, "a", "0.3.0", 5, bend=lambda d: d[:-3] + bytes([d[-3] ^ 1]) + d[-2:]), "its signature is wrong"),
                      (images.sign(world, "a", "0.3.0", 5, key=f"{other}.key.pem"), "signed with a key that this device does not trust"),
                      (images.sign(world, "a", "0.3.0", 4), "security counter is lower")):
        refused(over_mqtt(world, device, broker, path), why)
    for path, why in ((images.sign(world, "a", "0.1.9", 5), "not newer than the one that runs"),
                      (images.sign(world, "a", "0.2.0", 5), "not newer than the one that runs"),
                      (images.sign(world, "b", "0.3.0", 5), "for another board, or for the slot that runs"),
                      (junk, "MCUboot's format|no image")):
        refused(over_serial(world, device, path), why)
    since = reboot(device)
    device.wait_log("boot: slot b: 0.2.0, confirmed\\s*boot: starts slot b", since=since)
    device.wait_up(since=since)
    taken(over_mqtt(world, device, broker, images.sign(world, "a", "0.3.0", 5)))


@only("mps2")
def test_never_confirmed(world):
    """An image that does not reach its broker is given up at the next start; the former one runs, and counts on."""
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker)
    device.wait_up()
    equal(device.line.hear_all(messages(40)), 0, "events that came again")
    image = world.images.sign(world, "b", "0.2.0")
    taken(over_mqtt(world, device, broker, image))
    broker.stop()
    since = reboot(device)
    device.wait_log("boot: slot b: 0.2.0, new.*\\s*boot: starts slot b", since=since)
    device.wait_log("no session with the broker", since=since)
    equal(device.line.hear_all(messages(60)), 40, "events that it remembers")
    refused(over_serial(world, device, world.images.sign(world, "a", "0.3.0")), "has not yet proven itself")
    since = reboot(device)
    device.wait_log("boot: slot b: 0.2.0, given up.*\\s*boot: starts slot a", since=since)
    broker.start()
    device.wait_up(since=since)
    equal(device.line.hear_all(messages(80)), 60, "events that it remembers")
    server.wait_totals(sums(80), device.name, 60)


@only("mps2")
def test_one_that_hangs(world):
    """On trial, and it stands still: the watchdog ends it, and the former one runs."""
    from gdb import Gdb
    broker = Broker(world)
    port = world.path("gdb")
    device = Device(world, broker, qemu=["-gdb", f"unix:{port},server=on,wait=off"])
    device.wait_up()
    taken(over_mqtt(world, device, broker, world.images.sign(world, "b", "0.2.0")))
    broker.stop()
    since = reboot(device)
    device.wait_log("boot: starts slot b", since=since)
    device.wait_log("no session with the broker", since=since)
    with Gdb(port) as gdb:
        gdb.run_bytes(b"\x62\xb6\xfe\xe7")  # cpsie i; b .
    device.wait_log("boot: slot b: 0.2.0, given up.*\\s*boot: starts slot a", 90, since)
    broker.start()
    device.wait_up(since=since)
    check("watchdog" in device.status()["last fault"], "it says why")


@only("mps2")
def test_cut_at_random(world):
    """Power goes while an image is delivered and while it starts, over and over: some image starts each time, the delivery goes
    on where it was, and at last the new image runs. What was acknowledged stays counted."""
    dice = random.Random(world.seed)
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker, log__level="notice")
    device.wait_up()
    cuts, version, slot, number, wanted = 0, 1, "b", 0, CUTS_QUICK if world.quick else CUTS
    while cuts < wanted:
        version += 1
        image = world.images.sign(world, slot, f"0.{version}.0")
        for _ in range(60):
            equal(device.line.hear_all(messages(10, first=number)), 0, "events that came again")
            number += 10
            cuts += not cut_delivery(world, device, broker, image, dice)
            device.wait_log("boot: starts slot", 60)
            cuts += start_anew(device, dice)
            device.wait_up()
            if device.status()["firmware"].endswith(f"slot {slot}"):
                break
        else:
            raise Failed(f"version 0.{version}.0 never came to run")
        slot = "a" if slot == "b" else "b"
    server.wait_totals(sums(number), device.name, 60)
    world.note(f"{cuts} cuts, {version - 1} updates, {number} events")


def cut_delivery(world, device, broker, image, dice):
    """True: it came to its end before."""
    certs = world.certs
    how, longest_s = dice.choice((
        (["--serial", f"unix:{device.directory / 'serial'}"], 4),
        (["--device", f"t/s/{device.name}", "--host", "127.0.0.1", "--port", broker.port, "--cafile", certs.ca, "--cert",
          certs.crt("client"), "--key", certs.key("client")], 2)))
    device.line.close()
    child = world.start("deliver", [world.tool("earshot"), "deliver", "image", image, "--quiet", *how])
    end = time.monotonic() + dice.uniform(0, longest_s)
    while time.monotonic() < end and child.running():
        time.sleep(0.005)
    done = not child.running()
    check(not done or child.child.returncode == 0, f"deliver: {child.text()}")
    device.program.send(9)
    device.program.wait()
    child.end()
    device.start()
    return done


def start_anew(device, dice):
    """Some starts that are cut, too; how many."""
    cuts = dice.randrange(3)
    for _ in range(cuts):
        time.sleep(dice.uniform(0, 0.4))
        device.kill()
        device.start()
    return cuts
