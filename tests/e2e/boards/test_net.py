# SPDX-License-Identifier: Apache-2.0
"""A board on networks as they are: frames get lost, servers come late, brokers come and go."""
import signal
import time

from device import Device
from lan import DHCP_CLIENT, DHCP_SERVER, name_server
from lib.broker import Broker, Relay
from lib.events import messages, sums
from lib.summaries import Server
from lib.world import ROOT, Program, check, equal, until
from wire import FROM_BOARD, TO_BOARD, udp_ports

ARP, IP = b"\x08\x06", b"\x08\x00"
TCP, UDP = 6, 17
GATEWAY = bytes([10, 0, 2, 2])
PLAIN = {"network__dhcp": "off", "network__address": "10.0.2.77", "network__mask": "255.255.255.0",
         "network__gateway": "10.0.2.2", "network__dns": "10.0.2.3"}


def every_fifth(wire):
    return lambda direction, frame: wire.frames[direction] % 5 != 0


def tells(world, broker, server, device, count=200):
    equal(device.line.hear_all(messages(count)), 0, "events that came again")
    server.wait_totals(sums(count), device.name, 120)


def test_every_fifth_frame_is_lost(world):
    """In both directions, from the first on."""
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker, wire=True, start=False)
    device.wire.passes = every_fifth(device.wire)
    device.start()
    begun = time.monotonic()
    device.wait_up(120)
    up_s = time.monotonic() - begun
    tells(world, broker, server, device)
    frames = sum(device.wire.frames.values())
    check(device.wire.lost >= frames // 6, f"{device.wire.lost} of {frames} frames were lost")
    world.note(f"a session after {up_s:.1f} s; {device.wire.lost} of {frames} frames were lost")


def test_run_board_loses_frames(world):
    """As whoever tries it by hand does: tools/run-board --drop."""
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker, start=False)
    run_board = [ROOT / "tools/run-board", world.board, "--drop", "5", "--flash", device.flash, "--serial",
                 f"unix:{device.directory / 'serial'}"]
    run_board += ["--boot", world.images.elf()] if world.board == "mps2" else [
        "--test", "--image", world.images.elf(), "--identity", device.directory / "identity.bin", "--settings",
        device.directory / "settings.bin"]
    device.program = Program("run-board", run_board, device.directory / "qemu.log")
    world.stack.callback(device.program.end)  # SIGTERM, which ends its QEMU too
    until(lambda: device._connect(device.directory / "serial"), lambda: f"QEMU listens: {device.program.text()}")
    device.wait_up(120)
    tells(world, broker, server, device, 60)


def test_dhcp_comes_late(world):
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker, wire=True, start=False)
    device.wire.passes = lambda direction, frame: not (direction == TO_BOARD and udp_ports(frame) == (DHCP_SERVER, DHCP_CLIENT))
    device.start()
    equal(device.line.hear_all(messages(40)), 0, "events that came again")
    check("nobody answers DHCP" in device.status()["network"], f"network: {device.status()['network']}")
    until(lambda: device.wire.lost >= 2, "it asks again", 30)
    device.wire.passes = lambda direction, frame: True
    device.wait_up(60)
    check(device.status()["network"].startswith("10.0.2."), "it has an address")
    server.wait_totals(sums(40), device.name, 60)


def test_gateway_is_slow_to_tell_its_address(world):
    """Time and broker are asked while nobody knows yet where the gateway is: neither question is lost."""
    device = Device(world, Broker(world), wire=True, start=False)
    told, asked = [], {}

    def passes(direction, frame):
        if direction == TO_BOARD and frame[12:14] == ARP:
            time.sleep(0.15)
            told.append(time.monotonic())
        if direction == FROM_BOARD and frame[12:14] == IP and frame[30:34] == GATEWAY:
            asked.setdefault(frame[23], time.monotonic())
        return True
    device.wire.passes = passes
    device.start().wait_log("time from the network")
    device.wait_up()
    waited = max(asked[UDP], asked[TCP]) - told[0]
    check(waited < 2.5, f"both are asked once the gateway is known, not when they are asked again, after 3 s: {waited:.1f} s")


def test_cable_pulled_out_and_in(world):
    """Silence both ways for longer than the broker's patience; then all that was counted arrives."""
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker, wire=True, broker__keepalive_s=5)
    device.wait_up()
    device.wire.passes = lambda direction, frame: False
    equal(device.line.hear_all(messages(40)), 0, "events that came again")
    device.wait_log("no session with the broker", 60)
    device.wire.passes = lambda direction, frame: True
    server.wait_totals(sums(40), device.name, 90)


def test_no_time_server_then_there_is_one(world):
    """Hours are told where they belong once the time is known; nothing is lost."""
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker, clock=False, device__clock="system", wire=False)
    events = messages(40)
    for event in events:
        del event["t"]
    equal(device.line.hear_all(events), 0, "events that came again")
    check("unknown" in device.status()["clock"], f"clock: {device.status()['clock']}")
    device.clock.start()
    device.wait_log("time from the network", 90)
    begun = int(time.time())
    server.wait_totals({"messages.user": 20, "messages.bot": 20}, device.name, 60)
    hours = {summary.start for summary in server.held.values() if summary.resolution == "hour"}
    check(hours <= {begun // 3600 * 3600, (begun - 120) // 3600 * 3600}, f"told of the hours {hours}, it is {begun}")


def test_time_before_the_floor_is_not_believed(world):
    """A time server of long ago makes no expired certificate good."""
    broker = Broker(world, cert="expired")
    device = Device(world, broker, clock=False)
    device.clock.offset_s = -5 * 86400
    device.clock.start()
    device.wait_log("lies before what it can be", 60)
    device.wait_log("no session with the broker[^\n]*expired", 60)
    check("connected to the broker" not in device.line.text, "there was no session")


def test_fixed_address(world):
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker, wire=True, start=False, **PLAIN)
    asked = []
    device.wire.passes = lambda direction, frame: asked.append(udp_ports(frame)) or True
    device.start()
    device.wait_up()
    equal(device.status()["network"], "10.0.2.77", "its address")
    check((DHCP_CLIENT, DHCP_SERVER) not in asked, "nobody was asked for an address")
    tells(world, broker, server, device, 60)


def test_name_by_dns(world):
    """The broker is found by its name, and the certificate is checked against that name."""
    broker = Broker(world, cert="othername")
    server_name = "broker.elsewhere.example"
    device = Device(world, broker, wire=True, start=False, broker__host=server_name, broker__server_name="")
    device.wire.answer = name_server({})
    device.start()
    device.wait_log(f"the name {server_name} cannot be resolved", 60)
    device.wire.answer = name_server({server_name: "10.0.2.2"})
    device.wait_up(60)


def test_broker_killed_and_back(world):
    """With SIGKILL, while it is told; all arrives at last."""
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker)
    device.wait_up()
    equal(device.line.hear_all(messages(60)), 0, "events that came again")
    server.wait_totals(sums(60), device.name, 60)
    broker.restart()  # in order: mosquitto writes down the server's session
    since = len(device.line.text)
    broker.stop(signal.SIGKILL)
    equal(device.line.hear_all(messages(60, first=60)), 0, "events that came again")
    device.wait_log("no session with the broker", 60, since)
    broker.start()
    server.wait_totals(sums(120), device.name, 90)


def test_sessions_are_resumed(world):
    """The line is cut; the second handshake is a short one, in each version that the image has."""
    for version in ("1.2", "1.3") if world.board == "mps2" else ("1.2",):
        broker = Broker(world)
        relay = Relay(world, broker.port)
        device = Device(world, relay, broker__tls_min=version, broker__tls_max=version)
        device.wait_up()
        device.wait_status("summaries", "")  # TLS 1.3 gives its tickets after the handshake
        first, since = len(relay.heard), len(device.line.text)
        relay.cut()
        device.wait_up(since=since)
        check("resumed" in device.status()["broker"], f"resumed: {device.status()['broker']}")
        world.note(f"TLS {version}: the broker's first session took {first} bytes, the resumed one {len(relay.heard) - first}")
