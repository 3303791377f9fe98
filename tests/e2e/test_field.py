# SPDX-License-Identifier: Apache-2.0
"""earshot identity, flash, provision, send --serial: against a device that is played (lib/fake_device.py), faults, and the
walk of docs/field.md with real images in QEMU."""
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import stat
import struct
import subprocess
import threading
import time

import cbor2

from lib.broker import Broker
from lib.fake_device import FakeDevice
from lib.world import ROOT, LeftOut, check, equal, until

MPS2_FLASH, MPS2_IDENTITY, MPS2_SETTINGS = 16 << 20, (0x210000, 0x4000), (0x220000, 0x8000)
LM3S_FLASH, LM3S_IDENTITY, LM3S_SETTINGS = 256 << 10, (0x3e000, 0x1000), (0x3f000, 0x1000)


def run(world, *arguments, **options):
    return world.run(world.tool("earshot"), *arguments, **options)


def done(world, *arguments, **options):
    """What it prints; it has to succeed."""
    result = run(world, *arguments, **options)
    check(result.returncode == 0, f"{' '.join(map(str, arguments))}: {result.returncode}, {result.stdout[-900:]} {result.stderr[-600:]}")
    return result.stdout


def refused(world, status, says, *arguments, **options):
    result = run(world, *arguments, **options)
    equal(result.returncode, status, f"exit status of {' '.join(map(str, arguments))} ({result.stderr[-400:]})")
    check(re.search(says, result.stderr), f"`{says}` is said: {result.stderr[-600:]}")
    return result


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, text=True, **options).stdout


def pack_key(world):
    done(world, "pack", "keygen", "-o", world.path("shop"))
    return world.path("shop.pub.pem")


# --- identity ---


def make_identity(world, board, *more, out="out"):
    certs = world.certs
    return done(world, "identity", "make", "--board", board, "--ca", certs.ca, "--cert", certs.crt("client"), "--key",
                certs.key("client"), "--set", "device.device=till-7", "--set", "broker.host=broker.example", "--out",
                world.path(out), *more)


def test_identity_for_both_boards(world):
    key = pack_key(world)
    for board, (_, identity_bytes), (_, settings_bytes) in (("mps2", MPS2_IDENTITY, MPS2_SETTINGS),
                                                            ("lm3s6965", LM3S_IDENTITY, LM3S_SETTINGS)):
        make_identity(world, board, "--pack-key", key, out=board)
        identity, settings = world.path(board) / "identity.bin", world.path(board) / "settings.bin"
        equal(identity.stat().st_size, identity_bytes, "bytes of the partition identity")
        equal(settings.stat().st_size, settings_bytes, "bytes of the partition settings")
        equal(stat.S_IMODE(identity.stat().st_mode), 0o600, "nobody else reads the key")
        der = openssl("x509", "-in", world.certs.crt("client"), "-noout", "-fingerprint", "-sha256").split("=")[1].strip()
        said = done(world, "identity", "show", "--board", board, identity)
        check(der in said and "client" in said and "complete" in said, f"it is read back: {said}")
        check(b"broker.host=broker.example" in settings.read_bytes(), "the settings are in it")


def test_identity_seed(world):
    make_identity(world, "mps2", out="one")
    make_identity(world, "mps2", out="two")
    one, two = ((world.path(n) / "identity.bin").read_bytes() for n in ("one", "two"))
    check(one != two, "each device has a seed of its own")
    make_identity(world, "mps2", "--seed", "0123456789abcdef" * 4, out="three")
    check(bytes.fromhex("0123456789abcdef" * 4) in (world.path("three") / "identity.bin").read_bytes(), "the given seed")
    said = make_identity(world, "mps2", "--seed", "none", out="four")
    check("seed         none" in done(world, "identity", "show", "--board", "mps2", world.path("four") / "identity.bin"),
          f"no seed: {said}")


def test_identity_faults(world):
    certs = world.certs
    base = ["identity", "make", "--board", "mps2", "--out", world.path("out")]
    refused(world, 1, "certificate of another key", *base, "--cert", certs.crt("client"), "--key", certs.key("server"))
    refused(world, 1, "holds a private key; a certificate is meant", *base, "--ca", certs.key("client"))
    refused(world, 1, "ran out on", *base, "--cert", certs.crt("expired"), "--key", certs.key("expired"))
    refused(world, 1, "valid only from .* is the clock right", *base, "--cert", certs.crt("future"), "--key",
            certs.key("future"))
    refused(world, 1, "holds a certificate; a private key", *base, "--cert", certs.ca, "--key", certs.ca)
    refused(world, 1, "no public key of P-256|public key is meant", *base, "--pack-key", certs.ca)
    refused(world, 2, "mps2 and lm3s6965", "identity", "make", "--board", "esp32", "--out", "x")
    refused(world, 2, "no such setting", *base, "--set", "broker.hots=x")
    refused(world, 2, "a whole number from 1 to 65535", *base, "--set", "broker.port=0")
    refused(world, 2, "section.name=value is meant", *base, "--set", "broker")
    refused(world, 2, "64 hex digits", *base, "--seed", "12")
    refused(world, 2, "go together", *base, "--cert", certs.crt("client"))
    refused(world, 1, "No such file", *base, "--ca", world.path("nothing"))
    rsa = world.path("rsa.key")
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", rsa)
    openssl("req", "-x509", "-new", "-key", rsa, "-subj", "/CN=x", "-days", "2", "-out", world.path("rsa.pem"))
    refused(world, 1, "devices use P-256", *base, "--cert", world.path("rsa.pem"), "--key", rsa)


# --- flash ---


def vectors(length):
    """A program for lm3s6965, as far as its first words tell."""
    return struct.pack("<II", 0x20010000, 0x101) + bytes(range(256)) * (length // 256)


def test_flash_of_lm3s6965(world):
    make_identity(world, "lm3s6965")
    flash, image = world.path("flash.bin"), world.path("fw.bin")
    image.write_bytes(vectors(4096))
    done(world, "flash", "--board", "lm3s6965", "--image", image, "--identity", world.path("out") / "identity.bin", "--to",
         flash)
    bytes_ = flash.read_bytes()
    equal(len(bytes_), LM3S_FLASH, "bytes of the flash")
    equal(bytes_[:len(image.read_bytes())], image.read_bytes(), "the image is at 0")
    at, size = LM3S_IDENTITY
    equal(bytes_[at:at + size], (world.path("out") / "identity.bin").read_bytes(), "the identity is in its place")
    check(set(bytes_[len(image.read_bytes()):at]) == {0xff}, "what is between is erased")
    equal(stat.S_IMODE(flash.stat().st_mode), 0o600, "a key is in it")
    # an update keeps what it does not name
    image.write_bytes(vectors(1024))
    done(world, "flash", "--board", "lm3s6965", "--image", image, "--settings", world.path("out") / "settings.bin", "--to",
         flash)
    after = flash.read_bytes()
    equal(after[at:at + size], bytes_[at:at + size], "the identity stays")
    equal(after[LM3S_SETTINGS[0]:], (world.path("out") / "settings.bin").read_bytes(), "the settings are in their place")
    check(set(after[len(image.read_bytes()):at]) == {0xff}, "nothing is left of the longer image")
    done(world, "flash", "--board", "lm3s6965", "--erase", "identity", "--to", flash)
    check(set(flash.read_bytes()[at:at + size]) == {0xff}, "the identity is gone")


def linked_for(address, length=2048):
    return struct.pack("<II", 0x20010000, address + 0x200 + 0x101) + bytes(range(256)) * (length // 256)


def signed(world, slot, version, counter=1):
    """An image for a slot of mps2; its path."""
    if not world.path("fw.key.pem").exists():
        done(world, "pack", "keygen", "-o", world.path("fw"))
    body, image = world.path("body.bin"), world.path(f"{slot}-{version}.img")
    body.write_bytes(linked_for(0x21000000 if slot == "a" else 0x21100000))
    done(world, "image", "sign", "--slot", slot, "--version", version, "--counter", counter, "--key",
         world.path("fw.key.pem"), body, image)
    return image


def test_flash_of_mps2(world):
    flash = world.path("flash.bin")
    one, two = signed(world, "a", "1.0.0"), signed(world, "b", "1.1.0")
    said = done(world, "flash", "--board", "mps2", "--image", two, "--to", flash)
    check("slot_b" in said and "1.1.0" in said and "newer" not in said, f"where it goes: {said}")
    bytes_ = flash.read_bytes()
    equal(len(bytes_), MPS2_FLASH, "bytes of the flash")
    equal(bytes_[0x100000:0x100000 + two.stat().st_size], two.read_bytes(), "the image is in its slot")
    check(set(bytes_[:0x100000]) == {0xff}, "the other slot is as it was")
    said = done(world, "flash", "--board", "mps2", "--image", one, "--to", flash)
    check(re.search("slot_b has version 1.1.0.* newer", said), f"the older one does not start: {said}")
    equal(flash.read_bytes()[0x100000:0x200000], bytes_[0x100000:0x200000], "slot b stays")


def test_flash_faults(world):
    flash, image = world.path("flash.bin"), world.path("fw.bin")
    image.write_bytes(b"\x7fELF" + bytes(100))
    base = ["flash", "--to", flash, "--board"]
    refused(world, 1, "is an ELF file", *base, "lm3s6965", "--image", image)
    refused(world, 1, "is an ELF file", *base, "mps2", "--image", image)
    image.write_bytes(bytes(1000))
    refused(world, 1, "does not begin with the vectors", *base, "lm3s6965", "--image", image)
    refused(world, 1, "is no signed image", *base, "mps2", "--image", image)
    image.write_bytes(vectors(260 << 10))
    refused(world, 1, "has room for 253952", *base, "lm3s6965", "--image", image)
    refused(world, 1, "made for another board", *base, "mps2", "--identity", image)
    refused(world, 1, "has no partition `state`; it has image, identity, settings", *base, "lm3s6965", "--erase", "state")
    refused(world, 2, "nothing is to be written", *base, "mps2")
    check(not flash.exists(), "nothing was written")
    flash.write_bytes(bytes(10))
    image.write_bytes(vectors(256))
    refused(world, 1, "has 10 bytes; the flash of lm3s6965 has 262144", *base, "lm3s6965", "--image", image)
    equal(flash.read_bytes(), bytes(10), "it is as it was")


# --- provision ---


def provisioning(world, device, *more, sign=True):
    certs = world.certs
    signer = ["--sign-ca", certs.ca, "--sign-key", certs.key("ca")] if sign else []
    return ["provision", "--serial", device.port, "--device", "till-7", "--tenant", "shop", "--site", "berlin", "--broker",
            "broker.example:8884", "--ca", certs.ca, *signer, *more]


def test_provision(world):
    for quirks in ({}, {"logs": True}, {"slow_reboot": 2}):
        device = FakeDevice(world, **quirks)
        said = done(world, *provisioning(world, device, "--set", "network.time_port=1123", "--pack-key", pack_key(world))
                    if not quirks else provisioning(world, device))
        expected = {"device.tenant": "shop", "device.site": "berlin", "device.device": "till-7",
                    "broker.host": "broker.example", "broker.port": "8884"}
        for name, value in expected.items():
            equal(device.settings.get(name), value, f"setting {name} with {quirks}")
        if not quirks:
            equal(device.settings["network.time_port"], "1123", "a setting of --set")
            equal(device.parts["pack-key"].read_text(), world.path("shop.pub.pem").read_text(), "the key of packs")
            world.path("shop.pub.pem").unlink()
            world.path("shop.key.pem").unlink()
        equal(len(device.parts["seed"]), 32, "bytes of the seed")
        equal(device.resets, 1, "restarts")
        check(device.tests > 0, "it was tested after its restart")
        certificate = device.parts["cert"]
        openssl("verify", "-CAfile", world.certs.ca, "-purpose", "sslclient", certificate)
        facts = openssl("x509", "-in", certificate, "-noout", "-subject", "-ext", "extendedKeyUsage,basicConstraints")
        check("till-7" in facts and "Client Authentication" in facts and "CA:FALSE" in facts, f"the certificate: {facts}")
        fingerprint = openssl("x509", "-in", certificate, "-noout", "-fingerprint", "-sha256").split("=")[1].strip()
        label = said[said.index("For the box"):]
        for value in ("till-7", "berlin", "shop", "02:00:00:aa:bb:cc", "0.1.0", fingerprint[:47], fingerprint[48:]):
            check(value in label, f"{value} is on the label: {label}")


def test_provision_signed_elsewhere(world):
    device, request, certificate = FakeDevice(world), world.path("till.csr"), world.path("till.pem")
    said = done(world, *provisioning(world, device, "--csr-out", request, sign=False))
    check("come back with --cert" in said, said)
    openssl("req", "-in", request, "-noout", "-verify")
    seed = device.parts["seed"]
    refused(world, 1, "is the certificate of `client`", "provision", "--serial", device.port, "--device", "till-7", "--ca",
            world.certs.ca, "--cert", world.certs.crt("client"))
    openssl("x509", "-req", "-in", request, "-CA", world.certs.ca, "-CAkey", world.certs.key("ca"), "-set_serial", "7",
            "-days", "9", "-out", certificate)
    done(world, "provision", "--serial", device.port, "--device", "till-7", "--ca", world.certs.ca, "--cert", certificate)
    equal(device.parts["seed"], seed, "the seed that the key was made with stays")
    equal(device.parts["cert"].read_text(), certificate.read_text(), "its certificate")


def test_provision_certificate_of_another_key(world):
    device = FakeDevice(world)
    done(world, *provisioning(world, device, "--csr-out", world.path("till.csr"), sign=False))
    key, certificate = world.path("other.key"), world.path("other.pem")
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
    openssl("req", "-x509", "-new", "-key", key, "-subj", "/CN=till-7", "-days", "2", "-out", certificate)
    refused(world, 1, "giving it its certificate: .*error: this certificate is of another key", "provision", "--serial",
            device.port, "--device", "till-7", "--ca", world.certs.ca, "--cert", certificate)


def test_provision_faults_of_the_line(world):
    def with_(**quirks):
        return provisioning(world, FakeDevice(world, **quirks))

    refused(world, 1, "nothing answers. Is this the right port", *with_(silent=True), seconds=30)
    refused(world, 1, "something answers .* but not Earshot's shell", *with_(garbage=True), seconds=30)
    refused(world, 1, "the line was closed", *with_(hang_up=True))
    refused(world, 1, "setting it up: the device says to `set device.site berlin`: error: flash is full",
            *with_(refuses={"set device.site": "flash is full"}))
    refused(world, 1, "giving it a seed .*`provision seed ...`: error: no room", *with_(refuses={"provision seed": "no room"}))
    refused(world, 1, "this device's flash can only be read: .*earshot identity make", *with_(read_only=True))
    refused(world, 1, "certificate request is for `till-8`, not for `till-7`", *with_(other_name="till-8"))
    device = FakeDevice(world, never_connects=True)
    result = refused(world, 1, "the broker's certificate has expired", *provisioning(world, device, "--wait", "2s"))
    check("--check" in result.stderr and device.tests >= 2, f"what to do then: {result.stderr}")
    refused(world, 1, "is the cable plugged in", "provision", "--serial", "/dev/ttyNONE9", "--check")


def test_provision_touches_nothing_where_files_are_wrong(world):
    certs, device = world.certs, FakeDevice(world)
    for says, more in (("a whole number from 1 to 65535", ["--set", "broker.port=99999"]),
                       ("holds a certificate; a public key", ["--pack-key", certs.ca]),
                       ("cannot be read|a certificate is meant", ["--ca", certs.key("ca")]),
                       ("one way to a certificate", ["--csr-out", world.path("x")]),
                       ("--wait", ["--wait", "soon"])):
        result = run(world, *provisioning(world, device, *more))
        check(result.returncode != 0 and re.search(says, result.stderr), f"{says}: {result.stderr}")
    equal(device.commands, [], "what the device heard")
    refused(world, 1, "do they belong together", *provisioning(world, device, sign=False), "--sign-ca", certs.ca,
            "--sign-key", certs.key("otherca"))
    check("cert" not in device.parts, "it got no certificate")


def test_check(world):
    device = FakeDevice(world)
    said = done(world, "provision", "--serial", device.port, "--check")
    check("02:00:00:aa:bb:cc" in said and "all is well" in said, said)
    equal(device.resets, 0, "restarts")
    broken = FakeDevice(world, never_connects=True)
    equal(run(world, "provision", "--serial", broken.port, "--check", "--wait", "1s").returncode, 1, "not all is well")


def test_provision_once_more(world):
    device = FakeDevice(world)
    keys = []
    for more in ([], [], ["--new-key"]):
        done(world, *provisioning(world, device, *more))
        keys.append(device.parts["key"].read_text())
    check(keys[0] == keys[1] != keys[2], "it keeps its key, until it is told to make another")


def test_provision_with_a_chain(world):
    """Two certificates come to the device as one block, one behind the other."""
    device, chain = FakeDevice(world), world.path("chain.pem")
    chain.write_text(world.certs.ca.read_text() + world.certs.crt("otherca").read_text())
    done(world, *provisioning(world, device), "--ca", chain)
    pem = device.parts["ca"].read_text()
    ders = [ssl.PEM_cert_to_DER_cert(world.certs.crt(name).read_text()) for name in ("ca", "otherca")]
    equal(ssl.PEM_cert_to_DER_cert(pem), b"".join(ders), "what the device keeps")
    chain.write_text(chain.read_text() * 3)
    refused(world, 1, "a device keeps at most 1024", *provisioning(world, device), "--ca", chain)


def test_a_real_port(world):
    """A terminal device, as /dev/ttyUSB0 is one: raw, nothing translated, for one program at a time."""
    if not shutil.which("socat"):
        raise LeftOut("socat is not installed")
    device, port = FakeDevice(world), world.path("tty")
    world.start("socat", ["socat", f"PTY,link={port},rawer", f"UNIX-CONNECT:{device.path}"])
    until(port.exists, "socat makes a terminal")
    said = done(world, "provision", "--serial", port, "--check")
    check("02:00:00:aa:bb:cc" in said and "all is well" in said, said)
    # every byte value comes through
    text = "".join(chr(i) for i in range(0x20, 0x250) if i not in range(0x7f, 0xa0))
    done(world, "send", "--serial", port, json.dumps({"kind": "message", "conversation": "c", "from": "user", "text": text}))
    equal(device.order[0][7], text, "what was said")
    with subprocess.Popen([world.tool("earshot"), "send", "--serial", port], stdin=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as child:
        child.stdin.write(json.dumps(events(1)[0]).encode() + b"\n")
        child.stdin.flush()
        until(lambda: len(device.order) == 2, "the first program has the port")
        refused(world, 1, "another program has it open", "provision", "--serial", port, "--check")
        child.stdin.close()
        equal(child.wait(60), 0, "exit status of the first")


# --- send ---


def events(count):
    return [{"kind": "message", "conversation": f"c{i % 3}", "from": "user", "text": f"hello {i}" * (i % 9 + 1)}
            for i in range(count)]


def test_send_over_a_bad_line(world):
    """Frames spoilt, frames and answers lost: each event comes once, and nothing else."""
    given = events(60)
    for quirks in ({}, {"spoil": 5}, {"swallow": 7}, {"spoil": 4, "swallow": 5, "logs": True}):
        device = FakeDevice(world, **quirks)
        file = world.path("events.ndjson")
        file.write_text("".join(json.dumps(e) + "\n" for e in given))
        result = run(world, "send", "--serial", device.port, file)
        equal(result.returncode, 0, f"exit status with {quirks} ({result.stderr})")
        equal(sorted(e[7] for e in device.order), sorted(e["text"] for e in given), f"events with {quirks}")
        check("60 events: 60 taken" in result.stderr, result.stderr)
        equal("; 0 sent again" in result.stderr, not quirks, f"sent again: {result.stderr}")
        world.note(f"{quirks or 'a good line'}: {result.stderr.strip()}")


def test_send_answers(world):
    device = FakeDevice(world)
    own = {"kind": "message", "conversation": "c", "from": "user", "text": "x", "id": "mine"}
    result = run(world, "send", "--serial", device.port, "-v", json.dumps(own), json.dumps(own))
    equal([json.loads(line) for line in result.stdout.splitlines()],
          [{"n": 1, "ok": True}, {"n": 2, "ok": True, "again": True}], "answers")
    equal(device.order[0][2], "mine", "its own id stays")
    # refused by the laptop, and by the device
    result = run(world, "send", "--serial", device.port, '{"kind":"message"}', json.dumps(own))
    equal(result.returncode, 1, "exit status")
    check("not sent: missing" in result.stdout, result.stdout)


def test_send_cbor(world):
    device = FakeDevice(world)
    sequence = world.path("events.cbor")
    sequence.write_bytes(b"".join(cbor2.dumps({1: 2, 4: "c", 6: 0, 7: f"t{i}"}) for i in range(20)))
    done(world, "send", "--serial", device.port, sequence)
    equal([e[7] for e in device.order], [f"t{i}" for i in range(20)], "events in their order")
    sequence.write_bytes(sequence.read_bytes()[:-1])
    refused(world, 1, "ends in the middle of event 20", "send", "--serial", device.port, sequence)


def test_send_as_they_happen(world):
    """What comes through a pipe goes out at once, not when the pipe ends."""
    device = FakeDevice(world)
    with subprocess.Popen([world.tool("earshot"), "send", "--serial", device.port], stdin=subprocess.PIPE,
                          stderr=subprocess.PIPE) as child:
        child.stdin.write(json.dumps(events(1)[0]).encode() + b"\n")
        child.stdin.flush()
        end = time.monotonic() + 10
        while not device.order and time.monotonic() < end:
            time.sleep(0.02)
        equal(len(device.order), 1, "events before the pipe ends")
        child.stdin.close()
        equal(child.wait(60), 0, "exit status")


def test_send_faults_of_the_line(world):
    refused(world, 1, "the line is gone", "send", "--serial", FakeDevice(world, hang_up=True).port, json.dumps(events(1)[0]))
    refused(world, 1, "nobody listens there", "send", "--serial", "unix:/tmp/none", json.dumps(events(1)[0]))
    refused(world, 1, "a file of events is meant", "send", "--serial", FakeDevice(world).port, world.path("none"))


# --- a real image, in QEMU ---


class TimeServer:
    """SNTP (RFC 4330) on a port of 127.0.0.1, as much as a client asks for."""

    def __init__(self, world):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        world.stack.callback(self.socket.close)

    def _serve(self):
        while True:
            try:
                question, peer = self.socket.recvfrom(512)
            except OSError:
                return
            if len(question) < 48:
                continue
            now = time.time() + 2208988800
            stamp = struct.pack(">II", int(now), int(now % 1 * (1 << 32)))
            self.socket.sendto(bytes([0x24, 1, 6, 0xec]) + bytes(8) + b"TEST" + stamp + question[40:48] + stamp + stamp, peer)


def built(path, how):
    """A file of a firmware build."""
    file = pathlib.Path(os.environ.get("EARSHOT_IMAGES", ROOT / "build")) / path
    if not file.exists():
        raise LeftOut(f"there is no {file}: {how} builds it")
    return file


class Board:
    """An image in QEMU as tools/run-board starts it; its serial port is a socket."""

    def __init__(self, world, board, flash, *arguments):
        if not shutil.which("qemu-system-arm"):
            raise LeftOut("qemu-system-arm is not installed")
        path = world.path(world.unique("serial"))
        self.port = f"unix:{path}"
        command = world.run(ROOT / "tools/run-board", board, "--print", "--flash", flash, "--serial", self.port, *arguments)
        check(command.returncode == 0, command.stderr)
        self.program = world.start("qemu", command.stderr.split())
        until(path.exists, lambda: f"QEMU listens; it says: {self.program.text()}")


def subscriber(world, broker, topic):
    certs = world.certs
    return world.start("mosquitto_sub", ["mosquitto_sub", "-h", "localhost", "-p", broker.port, "--cafile", certs.ca, "--cert",
                                         certs.crt("client"), "--key", certs.key("client"), "-t", topic, "-F", "%t %l"])


class Walk:
    """The blocks of docs/field.md behind <!-- walk BOARD -->, in their order, as they are printed: but for the serial port and
    the broker's name, which are the test's own."""

    def __init__(self, world, board):
        page = (ROOT / "docs/field.md").read_text(encoding="utf-8")
        self.blocks = re.findall(rf"<!-- walk {board} -->\n```sh\n(.*?)```", page, re.S)
        self.world, self.port = world, "none"
        self.clock, self.broker = TimeServer(world), Broker(world)
        more = {"broker.server_name": "localhost", "network.time_server": "10.0.2.2", "network.time_port": self.clock.port}
        self.settings = "".join(f" --set {name}={value}" for name, value in more.items())
        self.folder = world.path("desk")
        self.folder.mkdir()
        for name, certificate in (("ca.pem", "ca"), ("devices.pem", "ca")):
            shutil.copy(world.certs.crt(certificate), self.folder / name)
        shutil.copy(world.certs.key("ca"), self.folder / "devices.key")

    def step(self):
        """The next block; what it prints."""
        block = self.blocks.pop(0)
        for printed, here in (("/dev/ttyUSB0", self.port),
                              ("--broker mqtt.example.com:8883", f"--broker 10.0.2.2:{self.broker.port}{self.settings}"),
                              ("broker.host=mqtt.example.com", f"broker.host=10.0.2.2{self.settings}"),
                              ("broker.port=8883", f"broker.port={self.broker.port}")):
            block = block.replace(printed, here)
        path = f"{self.world.tool('earshot').parent}:{os.environ['PATH']}"
        result = self.world.run("sh", "-euc", block, cwd=self.folder, env={**os.environ, "PATH": path}, seconds=120)
        equal(result.returncode, 0, f"exit status of {block} ({result.stdout} {result.stderr})")
        return result.stdout


def test_walk_on_mps2(world):
    """docs/field.md with what is shipped: from nothing, by boot loader and slot, to a device that reports."""
    how = "`cmake --build --preset mps2 --target earshot-boot earshot-slot_a-image`"
    walk = Walk(world, "mps2")
    shutil.copy(built("mps2/platform/firmware/earshot-slot_a.img", how), walk.folder)
    heard = subscriber(world, walk.broker, "#")
    walk.step()
    board = Board(world, "mps2", walk.folder / "flash.bin", "--boot", built("mps2/platform/firmware/boot/earshot-boot.elf", how))
    walk.port = board.port
    said = walk.step()
    label = said[said.index("For the box"):]
    check(re.search("MAC +52:54:00:12:34:56", label) and "SHA-256" in label and "slot a" in label, f"the label: {label}")
    until(lambda: "shop/berlin/till-7" in heard.text(), lambda: f"it reports: {heard.text()}")
    check('"ok":true' in walk.step(), "the event is counted")
    equal(walk.blocks, [], "blocks of the page that were not walked")
    file = world.path("events.ndjson")
    file.write_text("".join(json.dumps(event) + "\n" for event in events(20)))
    result = run(world, "send", "--serial", board.port, file)
    check("20 events: 20 taken" in result.stderr, result.stderr)
    said = done(world, "provision", "--serial", board.port, "--check")
    check("events: 21 counted, 0 came again, 0 refused" in said and "all is well" in said, said)


def test_walk_on_lm3s6965(world):
    """A board that cannot write its flash: identity made on the laptop. The image has the emulator's randomness."""
    walk = Walk(world, "lm3s6965")
    image = built("lm3s6965-test/platform/firmware/earshot-alone.elf", "tools/firmware lm3s6965 --test")
    world.run("arm-none-eabi-objcopy", "-O", "binary", image, walk.folder / "earshot.bin")
    walk.step()
    equal(walk.blocks, [], "blocks of the page that were not walked")
    board = Board(world, "lm3s6965", walk.folder / "till-8.bin", "--test", "--image", image)
    said = done(world, "provision", "--serial", board.port, "--check", seconds=90)
    check("can only be read" in said and "default/default/till-8" in said and "all is well" in said, said)
    result = run(world, "send", "--serial", board.port, *(json.dumps(event) for event in events(5)))
    check("5 events: 5 taken" in result.stderr, result.stderr)
    refused(world, 1, "this device's flash can only be read", *provisioning(world, board))
