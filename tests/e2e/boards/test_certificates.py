# SPDX-License-Identifier: Apache-2.0
"""Brokers, devices and CAs with other keys than P-256: mps2 knows RSA 2048 and P-384, lm3s6965 says that it does not."""
import shutil

from device import Device, only
from lib.broker import Broker
from lib.certs import MAKE
from lib.events import messages, sums
from lib.summaries import Server
from lib.world import check, equal
from qmp import Counter
from test_tls import refused

MOST_INSTRUCTIONS = 250_000_000  # of a handshake: ten seconds at 25 MHz, half of the broker's patience


class Kind:
    """Certificates of one kind of key, as names that Broker and Device take; under_ours: by the CA that all tests have."""

    def __init__(self, world, option, under_ours=False):
        directory = world.path(world.unique("certs"))
        directory.mkdir()
        if under_ours:
            for end in (".crt", ".key"):
                shutil.copy(world.certs.ca.with_suffix(end), directory)
        done = world.run(MAKE, *option, directory, seconds=60)
        check(done.returncode == 0, done.stderr)
        self.server, self.client, self.ca = (str(directory / name) for name in ("server", "client", "ca"))


def full_handshake(world, version, broker, ca):
    """Events arrive; then instructions from the noticed loss of a session to the next one, when the broker has forgotten
    how to resume the former."""
    path = world.path(world.unique("qmp"))
    device = Device(world, broker, ca=ca, qemu=Counter.arguments(path), broker__tls_min=version, broker__tls_max=version,
                    uplink__backoff_min_ms=2000, uplink__backoff_max_ms=2000, log__level="notice")
    count = Counter(path)
    device.wait_up(120)
    equal(device.line.hear_all(messages(20)), 0, "events that came again")
    check(device.status()["broker"].startswith(f"up, TLSv{version}"), "the version")
    since = len(device.line.text)
    broker.restart()
    device.wait_log("no session with the broker", 60, since)
    before = count.now()
    device.wait_up(120, since)
    spent = count.now() - before
    check("resumed" not in device.status()["broker"], "a whole handshake")
    memory = device.status()["tls memory"]
    device.end()
    return spent, memory


@only("mps2")
def test_brokers_of_rsa_and_p384(world):
    """Whole handshakes, by both versions; what they cost is told."""
    rsa, p384 = Kind(world, ["--rsa"]), Kind(world, ["--p384"])
    for name, server, ca in (("P-256", "server", "ca"), ("RSA 2048", rsa.server, rsa.ca), ("P-384", p384.server, p384.ca)):
        for version in ("1.2", "1.3"):
            broker = Broker(world, cert=server)
            spent, memory = full_handshake(world, version, broker, ca)
            check(spent <= MOST_INSTRUCTIONS, f"{name}: {spent:,} instructions")
            world.note(f"broker and its CA {name}, TLS {version}: {spent / 1e6:.1f} million instructions; TLS memory {memory}")
            broker.stop()


@only("lm3s6965")
def test_brokers_that_it_does_not_know(world):
    """A broker's certificate of RSA or P-384, under a CA that the device trusts: it says what it lacks, and counts on."""
    for option in (["--rsa"], ["--p384"]):
        kind = Kind(world, option, under_ours=True)
        refused(world, Broker(world, cert=kind.server), "no ECDSA P-256 in common").end()


@only("lm3s6965")
def test_ca_that_it_does_not_know(world):
    """A CA of RSA or P-384: the device says at its start that it cannot use it, and counts on."""
    for option in (["--rsa"], ["--p384"]):
        kind = Kind(world, option)
        device = Device(world, Broker(world, cert=kind.server), ca=kind.ca)
        said = device.status()["broker"]
        check("not tried: the CA's certificate is not of a kind that is known here (EC P-256)" in said, f"broker: {said}")
        device.end()


def test_device_key_that_no_board_has(world):
    """Devices have P-256: said where the identity is made."""
    for option in (["--rsa"], ["--p384"]):
        kind = Kind(world, option)
        done = world.run(world.tool("earshot"), "identity", "make", "--board", world.board, "--out", world.path("out"), "--ca",
                         world.certs.ca, "--cert", f"{kind.client}.crt", "--key", f"{kind.client}.key")
        check(done.returncode != 0 and "devices use P-256" in done.stderr, f"refused: {done.stdout} {done.stderr}")
