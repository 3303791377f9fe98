# SPDX-License-Identifier: Apache-2.0
"""What docs/security.md promises of texts: said in every way, they are nowhere afterwards, memory included."""
import json
import os
import pathlib
import re
import resource
import signal
import threading

import cbor2
from test_device_packs import Shop
from test_native import native, plugin
from test_records import Asker

from lib.broker import Broker, Relay
from lib.canary import (IDS, LONG_TEXT, PLAIN, SAID, SENTENCE, Eavesdropper, become, check_absent, children, files, kinds,
                        memory, memory_at_exit)
from lib.client import to_json
from lib.daemon import Daemon
from lib.events import message
from lib.false_broker import FalseBroker, publish
from lib.summaries import Server
from lib.world import LeftOut, check, equal, free_port, until


def say_all(daemon, n):
    """Every kind as JSON and as CBOR; escaped; too long; in pieces; broken off; refused; by one that does not read.
    The connections, still open."""
    conversation, user = f"{IDS['conversation']}-{n}", IDS["user"]
    plain, packed = daemon.client(), daemon.client(binary=True)
    for client, part in ((plain, 0), (packed, 1)):
        for event in kinds(f"{conversation}-{part}", user, 2 * n + part):
            equal(client.ask(event)[0]["ok"], True, f"answer to {event['kind']}")
    talk = message(n, conversation, id=f"{IDS['id']}-{n}-long", user=user)
    talk["text"] = LONG_TEXT
    plain.raw(json.dumps({**talk, "text": SENTENCE, "id": f"{IDS['id']}-{n}-escaped"}).encode() + b"\n")  # \u00fc
    equal([plain.answer()["ok"], plain.ask(talk)[0]["ok"]], [True, True], "escaped, long")
    for wrong in (to_json({**talk, "from": PLAIN[0]}), to_json({**talk, "language": PLAIN[0]}), SENTENCE.encode() + b"\n",
                  to_json({"ask": SENTENCE}), to_json({"ask": "records", "text": LONG_TEXT}),
                  to_json({**talk, "text": LONG_TEXT * 3})):
        plain.raw(wrong)
        answer = plain.answer()
        check("error" in answer and not [w for w in SAID if w in repr(answer)], f"refused, and not repeated: {answer}")
    pieces = to_json({**talk, "id": f"{IDS['id']}-{n}-pieces"})
    for at in range(0, len(pieces), 2500):
        plain.raw(pieces[at:at + 2500])
        daemon.status()  # it has taken them in
    equal(plain.answer()["ok"], True, "in pieces")
    half = daemon.client()
    half.raw(pieces[:6000])
    daemon.status()
    half.close()
    deaf = daemon.client(seconds=0.5)
    try:
        for _ in range(60):
            deaf.socket.sendall(b"".join(to_json({**talk, "id": f"{IDS['id']}-{k}-deaf", "text": SENTENCE}) for k in range(500)))
    except TimeoutError:
        pass
    check(daemon.status()["clients"]["paused"] > 0, "one that does not read is paused")
    deaf.close()
    return plain, packed


def places(world, daemon, broker, server, relay, ears):
    yield from files(world.directory, without={daemon.config})
    yield "status", repr(daemon.status()).encode()
    with daemon.client() as client:
        for question in ({}, {"limit": 5}, {"text": PLAIN[0]}):
            client.raw(json.dumps({"ask": "records", **question}).encode() + b"\n")
            yield f"answer to {question}", repr(client.answer()).encode()
    for topic, _, payload in server.read().messages:
        yield f"message on {topic}", topic.encode() + payload
    yield "TLS's bytes to the broker", relay.said
    yield "TLS's bytes to the device", relay.heard
    yield "MQTT without TLS", ears.heard


def test_canary_policy_none(world):
    """With packs, phrases and native plugins at work; through a kill and a stop; and in the memory of all processes."""
    broker = Broker(world)
    server = Server(world, broker)
    ears = Eavesdropper(world, broker.port)
    relay = Relay(world, ears.port)
    shop = Shop(world)
    plugins = world.path("plugins")
    plugins.mkdir()
    for name in ("neighbour.so", "redacting.so"):
        (plugins / name).symlink_to(plugin(world, name))
    daemon = Daemon(world, relay, packs__key_file=shop.public, packs__slot_kib=16, plugins__directory=plugins,
                    plugins__deadline_ms=2000, device__save_s=1, publish__minute_s=1, log__level="debug")
    daemon.wait_up()
    pack = shop.pack(1, "refund", ["voucher", "mail"])
    done = shop.earshot("pack", "install", pack, "--control", daemon.directory / "control.sock")
    equal(done.returncode, 0, f"install: {done.stderr}")
    equal({row["state"] for row in native(daemon).values()}, {"active"}, "native plugins")
    for n in range(3):
        clients = say_all(daemon, n)
        looked = sum(check_absent(memory(pid)) for pid in (daemon.program.pid, *children(daemon.program.pid)))
        for client in clients:
            client.close()
        until(lambda: server.total("tags[refund]", daemon.name) > 0, "the pack and the phrases in it are at work")
        saved = daemon.health("checkpoints.made")
        until(lambda: daemon.health("checkpoints.made") > saved, "a snapshot")
        looked += check_absent(places(world, daemon, broker, server, relay, ears))
        equal((daemon.kill, daemon.stop)[n % 2]() in (0, -9), True, "exit status")
        check_absent(files(world.directory, without={daemon.config}))
        daemon.start()
    check(len(ears.heard) > 3000 and b"earshot/1/t/s/" in ears.heard, "the line was listened to")
    world.note(f"{looked / 2**20:.0f} MiB searched, {len(ears.heard) / 1024:.0f} KiB of MQTT")


# --- a broker that means it ill ---

def test_broker_sends_a_giant(world):
    """A packet that says it is 200 MB long: no room is made for it, the session ends with the reason, events are heard."""
    def evil(send):
        send(publish(f"earshot/1/t/s/{daemon.name}/cmd", b"", length=200_000_000))
        for _ in range(400):
            send(bytes(100_000))
    false = FalseBroker(world, evil)
    daemon = Daemon(world, false, start=False)
    daemon.start()
    rss = daemon.rss_kib()
    until(lambda: false.sessions >= 3, lambda: f"it comes again; memory {rss} to {daemon.rss_kib()} KiB", 15)
    daemon.wait_log("no session with the broker: .*packet of more than 16384 bytes")
    with daemon.client() as client:
        equal(client.play([message(n) for n in range(50)]), [], "answers")
    check(daemon.rss_kib() - rss <= 1024, f"memory: {rss} to {daemon.rss_kib()} KiB")


def test_asker_sends_a_giant(world):
    """An honest broker is told what a device takes, and keeps longer requests to itself: nobody who may ask can cut the
    session."""
    broker = Broker(world)
    daemon = Daemon(world, broker)
    daemon.wait_up()
    asker = Asker(world, broker, daemon)
    for size in (100_000, 20_000, 1_000_000):
        asker.publish(b"x" * size)
    equal(asker.ask({1: "after", 2: "records"})[3], 0, "it can still be asked")
    equal(daemon.health("uplink.losses"), 0, "sessions lost")


def test_broker_gives_orders(world):
    """Whoever owns the broker can ask for records, which tells no text; nothing that it sends does anything else."""
    orders = [b'{"do":"begin","name":"tags","bytes":4}', b'{"do":"list"}', b"[records]\npolicy = full\n", b"\x00" * 3000,
              cbor2.dumps({1: "x", 2: "install", 15: "pack"}), cbor2.dumps({1: "x", 2: "exec", 15: "/bin/sh"}),
              cbor2.dumps({0: 1, 1: "x", 2: "records", 15: PLAIN[0]}), b"#!/bin/sh\nreboot\n"]
    topics = ["cmd", "status", "reply", "summary/hour", "../cmd", "cmd/install"]

    def evil(send):
        done.clear()
        for topic in topics:
            for order in orders:
                send(publish(f"earshot/1/t/s/{daemon.name}/{topic}", order))
                send(publish(f"earshot/1/t/s/{daemon.name}/{topic}", order, retained=True))
        send(publish("earshot/1/other/s/device/cmd", orders[0]) * 20_000)
        done.set()
    done = threading.Event()
    false = FalseBroker(world, evil)
    shop = Shop(world)
    daemon = Daemon(world, false, packs__key_file=shop.public, packs__slot_kib=16, records__policy="redacted")
    rss = daemon.rss_kib()
    before = {file.name: file.stat().st_size for file in daemon.state.iterdir()}
    until(done.is_set, "all orders are given", 60)
    heard = lambda: daemon.health("records.answered") + daemon.health("records.refused")
    until(lambda: heard() >= 20_000, lambda: f"every order is a request that was answered or refused: {heard()}", 60)
    equal(children(daemon.program.pid), [], "processes that it started")
    equal({file.name: file.stat().st_size for file in daemon.state.iterdir()}, before, "files in the state directory")
    equal((daemon.status().get("packs", []), daemon.health("packs.taken"), daemon.health("packs.refused")), ([], 0, 0), "packs")
    with daemon.client() as client:
        client.raw(b'{"ask":"records"}\n')
        equal(client.answer()["policy"], "redacted", "policy")
    check(daemon.rss_kib() - rss <= 2048, f"memory: {rss} to {daemon.rss_kib()} KiB")
    world.note(f"{heard()} orders, memory {rss} to {daemon.rss_kib()} KiB")


# --- what it leaves behind when it ends, and how it can be looked into ---

def secrets(world, daemon, keylog):
    """{name: the ways in which it may lie in memory}."""
    text = world.run("openssl", "pkey", "-in", world.certs.key("client"), "-noout", "-text").stdout
    private = bytes.fromhex(re.search(r"priv:\s+([0-9a-f:\s]+)", text).group(1).replace(":", "").replace("\n", "").replace(" ", ""))
    private = private[-32:].rjust(32, b"\0")
    user = bytes.fromhex(daemon.settings["device__user_key"])
    session = [bytes.fromhex(line.split()[2]) for line in keylog.read_text().splitlines() if " " in line and line[0] != "#"]
    check(session, "secrets of a session are known")
    return {"the TLS key": {private, private[::-1]},
            "the key of ids": {user, user[:8][::-1] + user[8:][::-1], user.hex().encode()},
            "secrets of sessions": set(session), "what was said": {word.encode() for word in PLAIN}}


def found(places, wanted):
    data = b"\0".join(data for _, data in places)
    return {name for name, ways in wanted.items() if any(way in data for way in ways)}


def test_nothing_is_left_at_the_end(world):
    """Keys, secrets of sessions and records are in memory while it runs, and wiped when it exits."""
    broker = Broker(world)
    ears = Eavesdropper(world, broker.port)
    ears.inside.keylog_filename = str(world.path("keylog"))
    for version in ("1.3", "1.2"):
        daemon = Daemon(world, ears, device__user_key=os.urandom(16).hex(), records__policy="full", broker__tls_max=version)
        daemon.wait_up()
        with daemon.client() as client:
            equal(client.play([message(0, text=SENTENCE)]), [], "answers")
            client.raw(b'{"ask":"records"}\n')
            check(PLAIN[0] in repr(client.answer()), "policy full")
        daemon.program.send(signal.SIGHUP)
        daemon.wait_log("configuration reloaded")
        wanted = secrets(world, daemon, world.path("keylog"))
        equal(found(memory(daemon.program.pid), wanted), set(wanted), f"in memory while it runs, TLS {version}")
        places = memory_at_exit(daemon.program.pid, lambda: daemon.program.send(signal.SIGTERM))
        check(sum(len(data) for _, data in places) > 1 << 20, "memory was read")
        equal(found(places, wanted), set(), f"in memory at exit, TLS {version}")
        equal(daemon.program.wait(), 0, "exit status")


def killed(world, *arguments):
    """A daemon of nobody's that gets SIGABRT where cores are welcome: (owner of its /proc, files left, its limit)."""
    world.directory.chmod(0o755)
    folder = world.path(world.unique("cores"))
    folder.mkdir()
    for name in ("ca", "crt", "key"):
        source = {"ca": world.certs.ca, "crt": world.certs.crt("client"), "key": world.certs.key("client")}[name]
        (folder / name).write_bytes(source.read_bytes())
    for path in (folder, *folder.iterdir()):
        os.chown(path, 65534, 65534)
    config = folder / "conf"
    config.write_text("\n".join([
        "[broker]", f"port = {free_port()}", "host = 127.0.0.1", f"ca_file = {folder}/ca", f"cert_file = {folder}/crt",
        f"key_file = {folder}/key", "[socket]", f"path = {folder}/s", "[control]", "path =", "[plugins]", "directory =",
        "[state]", f"directory = {folder}/state"]))
    program = world.start("earshotd", [world.path("earshotd"), "--config", config, *arguments], cwd=folder,
                          preexec_fn=lambda: (resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2),
                                              become(65534)()))
    until(lambda: (folder / "s").exists() or not program.running(), lambda: f"it is up: {program.text()}")
    owner = os.stat(f"/proc/{program.pid}/environ").st_uid
    limits = open(f"/proc/{program.pid}/limits").read()
    equal(program.stop(signal.SIGABRT), -signal.SIGABRT, "exit status")
    return owner, sorted(file.name for file in folder.glob("*core*")), re.search(r"Max core file size\s+(\w+)", limits).group(1)


def test_no_core(world):
    """Killed where cores are welcome, it leaves none, and its own user cannot look into it. --allow-dumps is the way out."""
    if os.geteuid() != 0:
        raise LeftOut("needs root to be somebody else")
    world.path("earshotd").write_bytes(world.tool("earshotd").read_bytes())
    world.path("earshotd").chmod(0o755)
    equal(killed(world), (0, [], "0"), "owner of /proc, cores, limit")
    owner, cores, limit = killed(world, "--allow-dumps")
    equal((owner, limit), (65534, "unlimited"), "owner of /proc, limit with --allow-dumps")
    pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if "/" in pattern or "|" in pattern:
        world.note(f"cores go to {pattern} here: only limit and owner were compared")
    else:
        check(cores, "a core with --allow-dumps, so that there is something to forbid")
