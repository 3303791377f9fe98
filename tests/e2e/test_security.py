# SPDX-License-Identifier: Apache-2.0
"""What docs/security.md promises of texts: said in every way, they are nowhere afterwards, memory included."""
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import stat
import sys
import threading

import cbor2
from test_device_packs import Shop
from test_native import native, plugin
from test_records import Asker

from lib.broker import Broker, Relay
from lib.canary import (IDS, LONG_TEXT, PLAIN, SAID, SENTENCE, Eavesdropper, become, check_absent, children, files, kinds,
                        memory, memory_at_exit, token_pattern)
from lib.client import Client, to_json
from lib.daemon import Daemon
from lib.events import message
from lib.false_broker import FalseBroker, publish
from lib.neighbour import Neighbour
from lib.summaries import Server
from lib.world import ROOT, LeftOut, check, equal, free_port, until


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
        check_absent(memory(daemon.program.pid), looked_for=token_pattern())
        for client in clients:
            client.close()
        until(lambda: server.total("tags[refund]", daemon.name) > 0, "the pack and the phrases in it are at work")
        looked += check_absent(places(world, daemon, broker, server, relay, ears))
        equal((daemon.kill, daemon.stop)[n % 2]() in (0, -9), True, "exit status")
        check_absent(files(world.directory, without={daemon.config}))
        daemon.start()
    check(b"earshot/1/t/s/kiosk/summary/" in ears.heard, f"summaries were listened to: {len(ears.heard)} bytes")
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
    until(lambda: false.sessions >= 3, lambda: f"it comes again; memory {rss} to {daemon.rss_kib()} KiB")
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
    """Whoever owns the broker can ask for records, which tells no text; of all else only what is signed does anything."""
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
    installed = [pack["name"] for pack in daemon.status().get("packs", []) if pack["from"] != "built_in"]
    equal((installed, daemon.health("packs.taken"), daemon.health("packs.refused")), ([], 0, 0), "packs")
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
    """{name: places}"""
    return {name: places_of for name, ways in wanted.items()
            if (places_of := [place for place, data in places if any(way in data for way in ways)])}


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
        equal(set(found(list(memory(daemon.program.pid)), wanted)), set(wanted), f"in memory while it runs, TLS {version}")
        places = memory_at_exit(daemon.program.pid, lambda: daemon.program.send(signal.SIGTERM))
        check(sum(len(data) for _, data in places) > 1 << 20, "memory was read")
        equal(found(places, wanted), {}, f"in memory at exit, TLS {version}")
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


# --- policy `redacted` ---

def test_canary_policy_redacted(world):
    """What is personal is nowhere; the rest of the first question is in records and their answers, and in no other place."""
    broker = Broker(world)
    server = Server(world, broker)
    ears = Eavesdropper(world, broker.port)
    relay = Relay(world, ears.port)
    daemon = Daemon(world, relay, records__policy="redacted", device__save_s=1, log__level="debug")
    daemon.wait_up()
    personal, told, later = "brandelfisch", "Quixolument", "Wopplegast"
    says = [f"Hello {told}, my mail is {personal}@example.org", f"I am {later}, and {personal}@example.org again"]
    with daemon.client() as client:
        equal(client.play([message(2 * n, "talk", text=text) for n, text in enumerate(says)]), [], "answers")
        client.raw(b'{"ask":"records"}\n')
        answer = client.answer()
    equal(answer["records"][0]["question"], f"Hello {told}, my mail is [email]", "the record")
    for pid in (daemon.program.pid, *children(daemon.program.pid)):
        check_absent(memory(pid), [personal, later])
    reply = Asker(world, broker, daemon).ask({1: "r", 2: "records"})
    check(told in repr(reply), f"the reply has it: {reply}")
    equal((daemon.kill(), daemon.start(), daemon.stop()), (-9, None, 0), "killed, started, stopped")
    daemon.start()
    check_absent(places(world, daemon, broker, server, relay, ears), [personal, later])
    elsewhere = [(name, data) for name, data in places(world, daemon, broker, server, relay, ears)
                 if not name.startswith((daemon.name + "/state/", "answer to", "message on", "MQTT", "replies", "broker/", "server"))
                 or name.endswith(("/status", "/hour", "/day"))]
    check_absent(elsewhere, [told])


# --- keys and files ---

def test_no_secret_is_shown(world):
    """Neither by --print-config nor by --check, in the log, the status, nor where the key was mistyped."""
    key = os.urandom(16).hex()
    daemon = Daemon(world, Broker(world), device__user_key=key, log__level="debug")
    daemon.wait_up()
    tool = world.tool("earshotd")
    printed = world.run(tool, "--config", daemon.config, "--print-config")
    check("#user_key = (set, and not shown)" in printed.stdout, "it is said that there is one")
    typo, good = world.path("typo.conf"), daemon.config.read_text()
    said = [printed.stdout + printed.stderr, repr(daemon.status())]
    for wrong in (key + "0", key[:-1], key[:-1] + "x", key[:-1] + "A", f"{key} {key}"):
        typo.write_text(good.replace(key, wrong))
        done = world.run(tool, "--check", typo)
        check(done.returncode == 78 and "user_key = (not shown)" in done.stderr, f"a fault of {wrong}: {done}")
        said.append(done.stdout + done.stderr)
        daemon.config.write_text(typo.read_text())
        daemon.program.send(signal.SIGHUP)
        until(lambda: daemon.text().count("not reloaded") == len(said) - 2, "the fault is logged")
    private = world.certs.key("client").read_text().split("\n")[1][:24]
    for text in (*said, daemon.text()):
        check(key[:-1] not in text and private not in text, f"no key in {text[:300]}")


def test_settings_with_a_key_that_others_can_read(world):
    for key, mode, warned in ((os.urandom(16).hex(), 0o640, True), (os.urandom(16).hex(), 0o600, False), (None, 0o644, False)):
        daemon = Daemon(world, start=False, device__user_key=key)
        daemon.config.chmod(mode)
        daemon.start()
        equal("others can read the settings" in daemon.text(), warned, f"warned of mode {mode:o}")


def test_files_whatever_the_umask(world):
    """Sockets as they are set, everything else for nobody else, also where files and directory come from somebody careless."""
    for mask in (0, 0o777):
        daemon = Daemon(world, start=False, state__directory=world.path(f"state-{mask}"), device__save_s=1)
        previous = os.umask(mask)
        try:
            daemon.launch()
        finally:
            os.umask(previous)
        until(daemon.answers, lambda: f"it answers: {daemon.text()}")
        with daemon.client() as client:
            equal(client.play([message(n) for n in range(20)]), [], "answers")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in
                 (daemon.settings["state__directory"], *daemon.settings["state__directory"].iterdir(), daemon.socket,
                  daemon.directory / "control.sock")}
        equal(modes.pop(f"state-{mask}"), 0o700, "mode of the directory")
        equal(modes.pop("events.sock"), 0o660, "mode of the socket for events")
        equal(set(modes.values()), {0o600}, f"modes of {sorted(modes)}")
        equal(daemon.stop(), 0, "exit status")
        for file in daemon.settings["state__directory"].iterdir():
            file.chmod(0o666)
        daemon.start()
        loose = [f.name for f in daemon.settings["state__directory"].iterdir() if stat.S_IMODE(f.stat().st_mode) != 0o600]
        equal(loose, [], "files that are left to others")


# --- the unit ---

UNIT = ROOT / "platform/linux/earshotd.service"


def test_exposure_of_the_unit(world):
    if shutil.which("systemd-analyze") is None:
        raise LeftOut("systemd-analyze is not here")
    done = world.run("systemd-analyze", "security", "--offline=true", "--no-pager", UNIT)
    figure = re.search(r"Overall exposure level for earshotd.service: ([0-9.]+)", done.stdout)
    check(figure, f"a figure: {done.stdout[-200:]} {done.stderr}")
    check(float(figure.group(1)) <= 1.5, f"exposure {figure.group(1)}")
    world.note(f"exposure {figure.group(1)}")


def under_the_unit(world, *more):
    """A daemon of nobody's with a native plugin and a shop for packs, locked in as the unit says."""
    if os.geteuid() != 0 or shutil.which("systemd-analyze") is None:
        raise LeftOut("needs root, to become somebody else, and systemd-analyze, which knows the groups of calls")
    folder = world.path(world.unique("installed"))
    folder.mkdir()
    for name in ("earshotd", "earshot-plugin-host"):
        shutil.copy(world.tool(name), folder / name)
    (folder / "plugins").mkdir()
    shutil.copy(plugin(world, "neighbour.so"), folder / "plugins")
    shop = Shop(world)
    broker = Broker(world)
    own = {f"broker__{name}_file": folder / name for name in ("ca", "cert", "key")}
    for name, source in (("ca", world.certs.ca), ("cert", world.certs.crt("client")), ("key", world.certs.key("client"))):
        shutil.copy(source, folder / name)
        (folder / name).chmod(0o644)
    daemon = Daemon(world, broker, start=False, packs__key_file=shop.public, packs__slot_kib=16, plugins__deadline_ms=2000,
                    plugins__directory=folder / "plugins", device__save_s=1, **own)
    (folder / "key").chmod(0o400)
    for path in (folder / "key", daemon.directory, daemon.state, daemon.config):
        os.chown(path, 65534, 65534)
    for path in (world.directory, folder, folder / "plugins"):
        path.chmod(0o755)
    daemon.command = [sys.executable, ROOT / "tests/e2e/lib/unit.py", UNIT, *more, "--", folder / "earshotd"]
    daemon.start()
    return daemon, broker, shop


def test_works_under_the_unit(world):
    """Events, summaries, packs, native plugins, reload and stop, with the unit's filter, user and limits."""
    daemon, broker, shop = under_the_unit(world)
    server = Server(world, broker)
    daemon.wait_up()
    with open(f"/proc/{daemon.program.pid}/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    equal((status["NoNewPrivs"], status["Seccomp"], status["CapBnd"], status["Uid"].split()[0]), ("1", "2", "0" * 16, "65534"),
          "it is locked in")
    equal(native(daemon)["neighbour.so"]["state"], "active", f"the plugin: {native(daemon)}")
    done = shop.earshot("pack", "install", shop.pack(1, "refund", ["hoses"]), "--control", daemon.directory / "control.sock")
    equal(done.returncode, 0, f"install: {done.stderr}")
    with daemon.client() as client:
        equal(client.play([message(n) for n in range(40)]), [], "answers")
    server.wait_totals({"messages_per_minute": 40, "tags[refund]": 2, "tags[first]": 2}, daemon.name)
    os.kill(native(daemon)["neighbour.so"]["pid"], signal.SIGKILL)

    def back():
        back.n += 2
        with daemon.client() as client:
            client.ask(message(back.n))
        return native(daemon)["neighbour.so"]["starts"] == 2 and native(daemon)["neighbour.so"]["state"] == "active"
    back.n = 1000
    until(back, lambda: f"the plugin comes back: {native(daemon)}")
    daemon.program.send(signal.SIGHUP)
    daemon.wait_log("configuration reloaded")
    check("error" not in daemon.text(), f"no errors: {daemon.text()}")
    equal(daemon.stop(), 0, "exit status")


def test_the_units_filter_bites(world):
    """Without a call that plugins need, a plugin is refused and the rest works: the launcher of these tests does lock in."""
    daemon, _, _ = under_the_unit(world, "--without", "memfd_create")
    row = native(daemon)["neighbour.so"]
    check(row["state"] != "active" and "shared memory: Operation not permitted" in row["reason"], f"{row}")
    with daemon.client() as client:
        equal(client.play([message(n) for n in range(40)]), [], "answers")


# --- floods from this machine ---

def test_flood_of_questions(world):
    """Questions without end from one that does not read: it is paused, memory stays, the others are served."""
    daemon = Daemon(world, records__policy="full")
    neighbour = Neighbour(daemon)
    with daemon.client() as client:
        equal(client.play([message(n, f"c{n}") for n in range(60)]), [], "answers")
    rss = daemon.rss_kib()
    with daemon.client(seconds=1) as client:
        block = b'{"ask":"status"}\n{"ask":"records"}\n' * 500
        sent = 0
        try:
            for _ in range(200):
                client.socket.sendall(block)
                sent += 1
        except TimeoutError:
            pass
        check(sent < 200, "questions are not taken without end")
        equal(daemon.status()["clients"]["paused"], 1, "clients paused")
        count = neighbour.count
        until(lambda: neighbour.count > count + 20, "the neighbour goes on")
        check(daemon.rss_kib() - rss <= 512, f"memory: {rss} to {daemon.rss_kib()} KiB")
    neighbour.done(world)


def test_flood_of_the_control_socket(world):
    """Four at once; a fifth is told; who left makes room. Events do not notice."""
    daemon = Daemon(world)
    neighbour = Neighbour(daemon)
    connect = lambda: Client(daemon.directory / "control.sock")
    inside = [connect() for _ in range(4)]
    for client in inside:
        client.raw(b'{"do":"list"}\n')
        equal(client.answer()["ok"], True, "one of four")
    rss = daemon.rss_kib()
    for _ in range(300):
        with connect() as client:
            equal((client.answer()["error"], client.answer()), ("busy", None), "the fifth")
    inside[0].close()
    def served():
        with connect() as client:
            client.raw(b'{"do":"list"}\n')
            return client.answer()["ok"]
    until(served, "there is room again")
    check(daemon.rss_kib() - rss <= 512, f"memory: {rss} to {daemon.rss_kib()} KiB")
    neighbour.done(world)


# --- the page ---

def exists(name):
    """topic.test of tests/e2e, boards/topic.test of tests/e2e/boards; test_x.c of tests/unit, perhaps with a function; fuzz_x of
    tests/fuzz; a path."""
    file, _, function = name.partition(":")
    if re.fullmatch(r"(boards/)?[a-z_]+\.[a-z0-9_]+", name) and not name.endswith((".c", ".py")):
        topic, _, test = name.partition(".")
        folder, _, topic = topic.rpartition("/")
        path, wanted = ROOT / "tests/e2e" / folder / f"test_{topic}.py", f"def test_{test}(world)"
    else:
        folder = "tests/fuzz" if file.startswith("fuzz_") else "tests/unit" if file.startswith("test_") else ""
        path, wanted = ROOT / folder / file, f"{function}(" if function else ""
    return path.is_file() and wanted in path.read_text()


def test_every_claim_of_the_page_has_its_test(world):
    """In every table of docs/security.md the last column names tests that there are."""
    rows = [line for line in (ROOT / "docs/security.md").read_text().splitlines() if line.startswith("| ")]
    claims = [row for row in rows if "| shown by |" not in row and not row.startswith("| ---")]
    check(len(claims) >= 30, f"claims: {len(claims)}")
    for claim in claims:
        names = re.findall(r"`([^`]+)`", claim.rstrip("| ").rpartition(" | ")[2])
        check(names, f"no test is named by {claim}")
        for name in names:
            check(exists(name), f"{name} is not there; named by {claim}")
    check(not exists("security.nothing_at_all") and not exists("boards/update.nothing_at_all") and not exists("test_nothing.c") and not exists("test_ear_query.c:none_such"),
          "what is not there is not found")
    world.note(f"{len(claims)} claims, {len(set(re.findall('`([^`]+)` *(?:, |[|])', ' '.join(claims))))} names of tests and settings")


def test_what_is_built_in_is_pinned(world):
    """Every archive of other people's code is fetched by the hash of its bytes, and by no other way."""
    text = "".join(path.read_text() for path in sorted((ROOT / "cmake").glob("*.cmake"))) + (ROOT / "CMakeLists.txt").read_text()
    fetched = re.findall(r"^\s*ear_fetch\(\s*(\w+)\s+(\S+)", text, re.M)
    check(len(fetched) >= 5, f"fetched: {fetched}")
    for name, digest in fetched:
        check(re.fullmatch("[0-9a-f]{64}", digest), f"{name} is pinned: {digest}")
    equal(len(re.findall(r"FetchContent_Declare|ExternalProject_Add|file\(\s*DOWNLOAD", text)), 1, "ways to fetch")
    check("URL_HASH SHA256=${sha256}" in text and "GIT_REPOSITORY" not in text, "by hash")


def test_the_program_is_hardened(world):
    """Position-independent, all bound at the start, a stack that is not run, no segment both written and run."""
    program = world.tool("earshotd")
    head, dynamic, segments = (world.run("readelf", "-W", option, program).stdout for option in ("-h", "-d", "-l"))
    check("DYN (Position-Independent" in head, "position-independent")
    check(re.search(r"\(FLAGS_1\).*\bNOW\b", dynamic), f"bound at the start: {dynamic}")
    check("GNU_RELRO" in segments, "read-only after that")
    flags = re.findall(r"^\s+(\w+)\s+(?:0x[0-9a-f]+\s+){5}([RWE ]{3})\s", segments, re.M)
    equal([kind for kind, rights in flags if "W" in rights and "E" in rights], [], "segments that are written and run")
    equal([rights for kind, rights in flags if kind == "GNU_STACK"], ["RW "], "the stack")
