# SPDX-License-Identifier: Apache-2.0
"""An address for a while: what a DHCP server tells (time servers, name servers), renewing, losing it. Minutes pass in a second where
the board only waits: QEMU's `sleep=off` lets its time jump to its next timer."""
import itertools
import re
import socket

from device import Device
from lan import DISCOVER, HERE, NAK, NAMES, REQUEST, TIMES, WANTED, Dhcp, TimeOnWire, at_once, name_server, neighbour
from lib.broker import Broker
from lib.events import messages, sums
from lib.summaries import Server
from lib.world import check, equal, until

ELSEWHERE = "10.0.2.10"
LEASE_S = 600
JUMPING = ["-icount", "shift=3,sleep=off"]
NO_ADDRESS = "no network address any more"


def addresses(*texts):
    return b"".join(map(socket.inet_aton, texts))


def on_cable(world, broker, dhcp, *more, **settings):
    """A device whose address, time and names come from our servers."""
    clock = TimeOnWire()
    device = Device(world, broker, wire=True, start=False, **{"network__time_server": "", "network__time_port": 123} | settings)
    device.wire.answer = at_once(dhcp.answer, neighbour(HERE), clock.answer, *more)
    return device, clock


def waits(world, dhcp):
    """One that has nobody to tell: minutes pass in a second."""
    device, clock = on_cable(world, None, dhcp, broker__host="")
    device.qemu = JUMPING
    device.start().wait_log("time from the network")
    return device, clock


def uptime_s(device):
    said = device.status()["uptime"]
    return sum(int(count) * {"d": 86400, "h": 3600, "min": 60, "s": 1}[unit] for count, unit in re.findall(r"(\d+) (d|h|min|s)", said))


def test_time_and_names_as_dhcp_tells(world):
    """Options 42 and 6: the time comes from the first server of that list, the broker's address from that name server, and
    from nobody else."""
    name = "broker.elsewhere.example"
    dhcp = Dhcp(options={TIMES: addresses(HERE, ELSEWHERE), NAMES: addresses(HERE)})
    device, clock = on_cable(world, Broker(world, cert="othername"), dhcp, name_server({name: "10.0.2.2"}, HERE), broker__host=name,
                             broker__server_name="")
    device.start().wait_up()
    check(clock.asked >= 1, "the time server was asked")
    for kind in (DISCOVER, REQUEST):
        wanted = dhcp.of(kind)[0][1][WANTED]
        check(bytes([TIMES]) in wanted and bytes([NAMES]) in wanted, f"it asks for both: {list(wanted)}")


def test_setting_comes_before_dhcp(world):
    """A time server that a person has set is asked, not that of option 42."""
    dhcp = Dhcp(options={TIMES: addresses(HERE)})
    device, clock = on_cable(world, Broker(world), dhcp, network__time_server=ELSEWHERE)
    other = TimeOnWire(ELSEWHERE)
    device.wire.answer = at_once(device.wire.answer, neighbour(ELSEWHERE), other.answer)
    device.start().wait_log("time from the network")
    equal((clock.asked, other.asked), (0, 1), "questions to the server of option 42, to that of the setting")


def test_lease_is_renewed_at_half_time(world):
    """Of its server alone, under its own address; nothing else notices."""
    dhcp = Dhcp(lease_s=LEASE_S, options={TIMES: addresses(HERE)})
    device, clock = waits(world, dhcp)
    until(lambda: device.line.read(0.02) and len(dhcp.of(REQUEST)) >= 6, "five renewals", 120)
    renewals = len(dhcp.of(REQUEST)) - 1
    up_s = uptime_s(device)
    check(abs(renewals - up_s / (LEASE_S / 2)) <= 1.2, f"{renewals} renewals in {up_s} s")
    equal({source for _, _, source, _ in dhcp.of(REQUEST)[1:]}, {"10.0.2.15"}, "who asked")
    equal(len(dhcp.of(DISCOVER)), 1, "searches for a server")
    check(NO_ADDRESS not in device.line.text, "the address stays")
    world.note(f"a lease of {LEASE_S} s: {renewals} renewals in {up_s} s of the board, time asked {clock.asked} times")


def test_lease_is_lost(world):
    """Its server is silent from then on: asked at half time, everybody at seven eighths, and at the end the address is given up;
    another that comes is taken, and the time is asked of the server that it brings."""
    dhcp = Dhcp(lease_s=LEASE_S, options={TIMES: addresses(HERE)})
    device, clock = waits(world, dhcp)
    dhcp.says = lambda kind: None
    device.wait_log(NO_ADDRESS, 120)
    asked = [(source, target) for _, _, source, target in dhcp.of(REQUEST)[1:]]
    check(("10.0.2.15", HERE) in asked, f"its server is asked: {asked}")
    equal(asked[-1], ("10.0.2.15", "255.255.255.255"), "the last that is asked")
    searches = len(dhcp.of(DISCOVER))
    until(lambda: device.line.read(0.02) and len(dhcp.of(DISCOVER)) > searches, "it looks for a server")
    check("nobody answers DHCP" in device.status()["network"], f"network: {device.status()['network']}")
    before, elsewhere = clock.asked, TimeOnWire(ELSEWHERE)
    device.wire.answer = at_once(device.wire.answer, neighbour(ELSEWHERE), elsewhere.answer)
    dhcp.address, dhcp.options[TIMES], dhcp.says = "10.0.2.44", addresses(ELSEWHERE), Dhcp.normally
    device.wait_log("network address: 10.0.2.44")
    until(lambda: device.line.read(0.02) and elsewhere.asked, "the time server of the new lease is asked")
    equal(clock.asked, before, "questions to the former one")


def test_lease_is_refused(world):
    """NAK, first at the start, then when it would renew: it begins anew, and never uses what was refused."""
    refusals = [NAK]
    dhcp = Dhcp(lease_s=LEASE_S, options={TIMES: addresses(HERE)})
    dhcp.says = lambda kind: refusals.pop() if kind == REQUEST and refusals else Dhcp.normally(kind)
    device, _ = waits(world, dhcp)
    dhcp.address = "10.0.2.44"
    refusals.append(NAK)
    device.wait_log("network address: 10.0.2.44", 120)
    kinds = [kind for kind, _ in itertools.groupby(message[0] for message in dhcp.heard)]
    equal(kinds, [DISCOVER, REQUEST] * 3, "what it said, without repetitions")
    equal(device.status()["network"], "10.0.2.44", "its address")


def test_session_outlasts_renewals_and_a_lost_lease(world):
    """Ten seconds each: the session goes on over renewals; it ends with the lease; all that was counted arrives under another."""
    broker = Broker(world)
    server = Server(world, broker)
    dhcp = Dhcp(lease_s=10, options={TIMES: addresses(HERE)})
    device, _ = on_cable(world, broker, dhcp)
    device.start().wait_up()
    until(lambda: device.line.read(0.1) and len(dhcp.of(REQUEST)) >= 4, "three renewals", 40)
    equal(device.line.hear_all(messages(20)), 0, "events that came again")
    server.wait_totals(sums(20), device.name, 60)
    check("no session" not in device.line.text and NO_ADDRESS not in device.line.text, f"all went on: {device.line.text}")
    dhcp.says = lambda kind: None
    device.wait_log(NO_ADDRESS)
    device.wait_log("no session with the broker")
    equal(device.line.hear_all(messages(20, first=20)), 0, "events that came again")
    since = len(device.line.text)
    dhcp.address, dhcp.says = "10.0.2.44", Dhcp.normally
    device.wait_up(since=since)
    server.wait_totals(sums(40), device.name, 60)
    world.note(re.search("no session with the broker[^\r\n]*", device.line.text).group())


def test_option_that_makes_no_sense(world):
    """Lists of servers whose length is wrong, options that are cut: such an answer is not believed, and a right one is."""
    dhcp = Dhcp(options={TIMES: b"\x0a\x00\x02"})
    device, clock = on_cable(world, None, dhcp, broker__host="")
    device.start()
    until(lambda: device.line.read(0.05) and len(dhcp.of(DISCOVER)) >= 2, "it asks again", 30)
    check("network address" not in device.line.text, "no address yet")
    dhcp.options[TIMES] = addresses(HERE)
    device.wait_log("network address: 10.0.2.15")
    device.wait_log("time from the network")
    equal(clock.asked, 1, "questions")
