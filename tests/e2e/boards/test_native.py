# SPDX-License-Identifier: Apache-2.0
"""Native plugins on a board that runs: made from `earshot plugin new`, taken over the serial line and over the broker, at work
after a restart, put into quarantine, withdrawn. What hostile ones do is tests/sandbox/run's."""
import re
import shutil

from device import Device, only
from lib.broker import Broker
from lib.events import message, sums
from lib.summaries import Server
from lib.world import ROOT, check, equal
from test_update import over_mqtt, over_serial, reboot, refused, taken

HOSTILE = ROOT / "tests/sandbox/board.c"


class Author:
    """Who writes plugins, with a key."""

    def __init__(self, world):
        self.world = world
        self.directory = world.path("author")
        self.directory.mkdir()
        self.key = self.directory / "key.key.pem"
        self.earshot("pack", "keygen", "-o", self.directory / "key")
        self.public = self.directory / "key.pub.pem"

    def earshot(self, *arguments):
        done = self.world.run(self.world.tool("earshot"), *arguments)
        check(done.returncode == 0, f"earshot {' '.join(map(str, arguments))}: {done.stdout} {done.stderr}")
        return done

    def build(self, out, counter, *arguments):
        path = self.directory / out
        self.earshot("plugin", "build", "--key", self.key, "--counter", counter, "--headers", ROOT, "-o", path, *arguments)
        return path

    def hostile(self, case, counter=1):
        return self.build(f"{case}.plugin", counter, "--", HOSTILE, f"-DHOSTILE_CASE={case}", f"-DHOSTILE_{case.upper()}", "-w")


def natives(device):
    """{name: the rest of its line} of `status`."""
    said = device.told("status")
    return dict(re.findall(r"^native plugin: (\S+) ([^\r\n]*)\r?$", said, re.M))


def restart(device):
    since = reboot(device)
    device.wait_up(since=since)


def said(first, count, text):
    return [message(n, text=text) for n in range(first, first + count)]


@only("mps2")
def test_from_source_to_counted(world):
    """`earshot plugin new` makes a plugin that gives tags; it comes over the serial line, a newer one over the broker."""
    check(shutil.which("arm-none-eabi-gcc"), "arm-none-eabi-gcc is needed")
    author = Author(world)
    author.earshot("plugin", "new", "returns", "--directory", author.directory, "--headers", ROOT)
    source = author.directory / "returns/returns.c"
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker, identity=("--pack-key", author.public))
    device.wait_up()
    taken(over_serial(world, device, author.build("one.plugin", 1, source), "plugin"))
    equal(natives(device), {}, "native plugins before the restart")
    restart(device)
    equal(natives(device), {"returns": "1.0.0, active"}, "native plugins")
    device.line.hear_all(said(0, 20, "Where is my parcel? I want a refund!"))
    server.wait_totals({"tags[delivery]": 1, "tags[refund]": 1, **sums(20)}, device.name)

    refused(over_serial(world, device, author.build("old.plugin", 0, source), "plugin"), "counter")
    text = source.read_text().replace("courier", "bicycle").replace('"1.0.0"', '"1.1.0"')
    source.write_text(text)
    refused(over_serial(world, device, author.build("same.plugin", 1, source), "plugin"), "counter")
    taken(over_mqtt(world, device, broker, author.build("two.plugin", 2, source), "plugin"))
    equal(natives(device), {"returns": "1.0.0, active"}, "native plugins before the restart")
    device.kill()  # instead of a restart in order
    device.start()
    device.wait_up()
    equal(natives(device), {"returns": "1.1.0, active"}, "native plugins")
    device.line.hear_all(said(20, 20, "It came by bicycle."))
    server.wait_totals({"tags[delivery]": 2, "tags[refund]": 1, **sums(40)}, device.name)

    taken(over_serial(world, device, author.build("none.plugin", 3, "--withdraw", "returns"), "plugin"))
    restart(device)
    check(natives(device)["returns,"].startswith("refused, withdrawn"), f"withdrawn: {natives(device)}")
    device.line.hear_all(said(40, 20, "It came by bicycle."))
    server.wait_totals({"tags[delivery]": 2, **sums(60)}, device.name)


@only("mps2")
def test_only_who_is_trusted(world):
    """Another's key, a changed byte, a pack, no key at all."""
    author, other = Author(world), None
    plugin = author.hostile("behaves")
    device = Device(world, identity=("--pack-key", author.public))
    device.wait_log("notice: earshot")
    changed = author.directory / "changed.plugin"
    data = bytearray(plugin.read_bytes())
    data[len(data) // 2] ^= 1
    changed.write_bytes(data)
    refused(over_serial(world, device, changed, "plugin"), "signature")
    bare = author.directory / "bare.plugin"
    bare.write_bytes(b"EARN" + bytes(200))
    refused(over_serial(world, device, bare, "plugin"), "envelope")
    other = author.directory / "other"
    author.earshot("pack", "keygen", "-o", other)
    author.key = author.directory / "other.key.pem"
    refused(over_serial(world, device, author.hostile("behaves", 2), "plugin"), "key")
    keyless = Device(world)
    keyless.wait_log("notice: earshot")
    refused(over_serial(world, keyless, plugin, "plugin"), "key")


@only("mps2")
def test_hostile_in_the_field(world):
    """One that crashes and one that never ends, side by side in the image that is shipped: every event is counted, the watchdog
    has no reason, and `status` says what happened."""
    author = Author(world)
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker, identity=("--pack-key", author.public))
    device.wait_up()
    for case in ("writes_host_ram", "loops"):
        taken(over_serial(world, device, author.hostile(case), "plugin"))
    restart(device)
    events = [message(n) for n in range(200)]
    equal(device.line.hear_all(events), 0, "events that came again")
    server.wait_totals(sums(200), device.name)
    found = natives(device)
    check(re.match(r"1.0.0, quarantined, signal: SIGSEGV.*, 3 faults, the last at 0x", found["writes_host_ram"]), f"{found}")
    check(re.match(r"1.0.0, quarantined, timeout.*, 3 faults", found["loops"]), f"{found}")
    status = device.status()
    equal((status["started by"], status.get("last fault")), ("reset", None), "start")
