# SPDX-License-Identifier: Apache-2.0
"""Packs on a running device: installed over the control socket by `earshot pack`, at work in its summaries, over restarts
and kill -9; and every way to be refused."""
import base64
import json
import os
import signal
import socket
import stat
import subprocess

import cbor2

from lib.broker import Broker
from lib.daemon import Daemon
from lib.events import message
from lib.summaries import Server, check_encoding
from lib.world import LeftOut, check, equal, until

REASONS = ["none", "envelope", "key", "signature", "counter", "manifest", "format", "name", "engine", "engine_version",
           "text_version", "labels", "body", "size", "checksum", "full", "storage", "host"]
KEY_ENGINE_VERSION = 6


class Shop:
    """Who makes and signs packs."""

    def __init__(self, world):
        self.world = world
        self.keys = {}
        self.key("shop")

    def earshot(self, *arguments):
        return subprocess.run([str(a) for a in [self.world.tool("earshot"), *arguments]], capture_output=True, text=True,
                              timeout=60)

    def make(self, *arguments):
        done = self.earshot(*arguments)
        check(done.returncode == 0, f"earshot {' '.join(map(str, arguments))}: {done.stderr}")

    def key(self, name):
        stem = self.world.path(name)
        self.make("pack", "keygen", "-o", stem)
        return f"{stem}.key.pem", f"{stem}.pub.pem"

    @property
    def public(self):
        return self.world.path("shop.pub.pem")

    def unsigned(self, counter, label, words, name="tags", question="tag"):
        """A pack that gives this label to messages with one of these words."""
        listed = self.world.path("words.tsv")
        listed.write_text("".join(f"{label}\t{word}\n" for word in words))
        path = self.world.path(f"{name}-{counter}-{label}.pack")
        self.make("pack", "phrases", listed, "-o", path, "--name", name, "--version", f"1.{counter}", "--counter", counter,
                  "--question", question)
        return path

    def sign(self, path, key="shop"):
        signed = path.with_suffix(f".{key}.signed")
        self.make("pack", "sign", "--key", self.world.path(f"{key}.key.pem"), path, "-o", signed)
        return signed

    def pack(self, counter, label, words, name="tags"):
        return self.sign(self.unsigned(counter, label, words, name))


class Device:
    """A daemon, its broker and the server behind, and `earshot pack` beside it."""

    def __init__(self, world, shop, **settings):
        self.shop = shop
        self.broker = Broker(world)
        self.server = Server(world, self.broker)
        self.daemon = Daemon(world, self.broker, **{"packs__key_file": shop.public, "packs__slot_kib": 16, **settings})
        self.daemon.wait_up()
        self.count = 0
        self.tags = {}

    @property
    def control(self):
        return self.daemon.directory / "control.sock"

    def pack(self, *arguments):
        return self.shop.earshot("pack", *arguments, "--control", self.control)

    def install(self, path):
        done = self.pack("install", path)
        check(done.returncode == 0, f"install {path}: {done.stderr}")
        return done.stdout

    def list(self):
        done = self.pack("list", "--json")
        equal(done.returncode, 0, f"list: {done.stderr}")
        return json.loads(done.stdout)

    def installed(self):
        """Those beside the program's own."""
        return [pack for pack in self.list()["packs"] if pack["from"] == "installed"]

    def the_pack(self):
        packs = self.installed()
        equal(len(packs), 1, f"packs: {packs}")
        return packs[0]

    def raw(self, *lines):
        """Lines to the control socket, and their answers."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(10)
            line.connect(str(self.control))
            answers = line.makefile("rb")
            found = []
            for one in lines:
                line.sendall((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n")
                found.append(json.loads(answers.readline()))
            return found

    def send_raw(self, name, data, piece=997):
        """An install by hand: the answer to the step that failed, or the last one."""
        steps = [{"do": "begin", "name": name, "bytes": len(data)}]
        steps += [{"do": "write", "at": at, "piece": base64.b64encode(data[at:at + piece]).decode()}
                  for at in range(0, len(data), piece)]
        answers = self.raw(*steps, {"do": "finish"})
        return next((a for a in answers if not a["ok"]), answers[-1])

    def says(self, text, *tags):
        """A message of a conversation of its own bears these tags and no other. Known from the server's sums."""
        with self.daemon.client() as client:
            event = message(self.count, f"p{self.count}", text=text, **{"from": "user"})
            equal(client.play([event]), [], "answers other than ok")
        self.count += 1
        for tag in tags:
            self.tags[tag] = self.tags.get(tag, 0) + 1
        self.server.wait_totals({"messages.user": self.count, **{f"tags[{t}]": n for t, n in self.tags.items()},
                                 "tags": sum(self.tags.values())}, self.daemon.name)

    def refused(self, answer, reason, name="tags"):
        """The answer, the status page, its list and the retained status all say why."""
        check(not answer["ok"] and answer["error"] == reason and answer["allowed"], f"refused as {reason}: {answer}")
        page = self.daemon.status()
        equal(page["pack_refused"]["name"], name, "name in the status")
        equal(page["pack_refused"]["reason"], reason, "reason in the status")
        equal(page["health"]["packs.refused"], page["pack_refused"]["count"], "refusals")
        until(lambda: (self.server.status(self.daemon.name) or {}).get(11, [None, None])[:2] == [name, REASONS.index(reason)],
              f"the status message says {name}: {reason}")


def test_install_replace_roll_back_remove(world):
    """A shop's life with packs: each step shows in the summaries, and `list` tells it."""
    shop = Shop(world)
    device = Device(world, shop, publish__status_s=1)
    device.says("I want my voucher")
    equal(device.installed(), [], "packs of a new device")
    check("tags 1.1 is in use, counter 1" in device.install(shop.pack(1, "refund", ["voucher"])), "install says what it did")
    device.says("I want my VOUCHER", "refund")
    pack = device.the_pack()
    equal([pack[k] for k in ("name", "version", "state", "from", "counter", "engine", "question")],
          ["tags", "1.1", "active", "installed", 1, "phrases", "tag"], "the pack in the list")
    check(pack["calls"] >= 1 and "last_good_counter" not in pack, f"{pack}")

    device.install(shop.pack(2, "gift", ["voucher", "gift card"]))
    device.says("a voucher, please", "gift")
    equal(device.the_pack()["last_good_counter"], 1, "the last good one")
    device.install(shop.pack(2, "gift", ["voucher", "gift card"]))  # the very same: fine
    equal(device.the_pack()["last_good_counter"], 1, "the last good one after the same again")

    equal(device.pack("rollback", "tags").returncode, 0, "rollback")
    device.says("a voucher, please", "refund")
    done = device.pack("install", shop.pack(2, "gift", ["voucher", "gift card"]))
    check(done.returncode == 1 and "counter" in done.stderr, f"what was given up stays so: {done.stderr}")
    device.install(shop.pack(3, "gift", ["voucher"]))
    device.install(shop.pack(1, "vip", ["my lawyer"], name="vips"))
    device.says("my lawyer wants a voucher", "gift", "vip")
    device.says("nothing")

    equal(device.pack("remove", "tags").returncode, 0, "remove")
    device.says("a voucher, please")
    equal([p["name"] for p in device.installed()], ["vips"], "packs left")
    for verb in ("rollback", "remove"):
        done = device.pack(verb, "tags")
        check(done.returncode == 1 and "earshot pack list" in done.stderr, f"{verb} of nothing: {done.stderr}")
        check(device.pack(verb, "Nobody\n").returncode == 1, f"{verb} of what is no name")
    health = device.daemon.status()["health"]
    equal([health[f"packs.{n}"] for n in ("taken", "rolled_back", "refused")], [5, 3, 1], "packs in the health numbers")
    names = lambda: [p[0] for p in device.server.status(device.daemon.name).get(10, [])]
    until(lambda: "vips" in names() and "tags" not in names(), "the status tells packs")
    check_encoding(device.server)


def test_what_is_refused_does_not_cost_the_last_good_one(world):
    """Between two packs and the rollback come an older, a tampered, an unsigned and a larger one, and one that is cut off by
    kill -9."""
    shop = Shop(world)
    device = Device(world, shop, publish__status_s=1)
    device.install(shop.pack(1, "refund", ["voucher"]))
    device.install(shop.pack(2, "gift", ["voucher"]))
    data = shop.pack(3, "vip", ["voucher"]).read_bytes()
    tampered = data[:-1] + bytes([data[-1] ^ 1])
    for sent, reason in [(shop.pack(1, "refund", ["voucher"]).read_bytes(), "counter"), (tampered, "signature"),
                                  (shop.unsigned(3, "vip", ["voucher"]).read_bytes(), "envelope"), (bytes(65536), "size")]:
        device.refused(device.send_raw("tags", sent), reason)
        pack = device.the_pack()
        equal([pack["counter"], pack["last_good_counter"]], [2, 1], f"in use, and last good, after one refused as {reason}")
    half = base64.b64encode(data[:len(data) // 2]).decode()
    answers = device.raw({"do": "begin", "name": "tags", "bytes": len(data)}, {"do": "write", "at": 0, "piece": half})
    check(all(a["ok"] for a in answers), f"{answers}")
    device.daemon.kill()
    device.daemon.start()
    device.says("voucher", "gift")
    done = device.pack("rollback", "tags")
    check(done.returncode == 0 and "tags 1.1 is in use, counter 1" in done.stdout, f"rollback: {done.stdout}{done.stderr}")
    device.says("voucher", "refund")


def test_restart_and_kill(world):
    """What was installed is at work after a stop, after kill -9, and after kill -9 in the middle of an install."""
    shop = Shop(world)
    device = Device(world, shop)
    device.install(shop.pack(1, "refund", ["voucher"]))
    device.says("voucher", "refund")
    equal(device.daemon.stop(), 0, "exit status")
    device.daemon.start()
    device.says("voucher", "refund")
    device.install(shop.pack(2, "gift", ["voucher"]))
    equal(device.daemon.stop(), 0, "exit status")
    device.daemon.start()
    device.says("voucher", "gift")
    equal(device.daemon.stop(), 0, "exit status")  # so that all that was counted is kept; then:
    device.daemon.start()
    device.install(shop.pack(3, "vip", ["voucher"]))
    device.daemon.kill()
    device.daemon.start()
    equal(device.the_pack()["counter"], 3, "in use after kill -9")
    device.says("voucher", "vip")
    equal(device.daemon.stop(), 0, "exit status")
    device.daemon.start()
    data = shop.pack(4, "late", ["voucher"]).read_bytes()
    for stop_at in (0, 1, len(data) // 2, len(data)):
        piece = base64.b64encode(data[:stop_at]).decode()
        answers = device.raw({"do": "begin", "name": "tags", "bytes": len(data)}, {"do": "write", "at": 0, "piece": piece},
                             {"do": "where"})
        check(all(a["ok"] for a in answers), f"{answers}")
        equal([answers[2][k] for k in ("name", "at", "bytes")], ["tags", stop_at, len(data)], "where it stands")
        device.daemon.kill()
        device.daemon.start()
        equal(device.the_pack()["counter"], 3, f"in use after kill -9 at byte {stop_at}")
        check("name" not in device.raw({"do": "where"})[0], "nothing is coming any more")
    device.says("voucher", "vip")
    equal(device.pack("install", "--resume", shop.pack(4, "late", ["voucher"])).returncode, 0, "install --resume")
    device.says("voucher", "late")


def test_resume(world):
    """An install that was interrupted goes on where it stands."""
    shop = Shop(world)
    device = Device(world, shop)
    path = shop.pack(1, "refund", ["voucher"])
    data = path.read_bytes()
    half = len(data) // 2 + 1
    answers = device.raw({"do": "begin", "name": "tags", "bytes": len(data)},
                         {"do": "write", "at": 0, "piece": base64.b64encode(data[:half]).decode()})
    check(all(a["ok"] for a in answers), f"{answers}")
    done = device.pack("install", "--resume", path)
    equal(done.returncode, 0, f"install --resume: {done.stderr}")
    device.says("voucher", "refund")
    equal(device.daemon.health("packs.refused"), 0, "refusals")


def changed(path, key, value):
    """A manifest with another value; the bytes elsewhere as they were."""
    manifest = cbor2.loads(path.read_bytes())
    manifest[key] = value
    other = path.with_suffix(".changed.pack")
    other.write_bytes(cbor2.dumps(dict(sorted(manifest.items()))))
    return other


def test_refusals(world):
    """Each with its reason in the answer and the status; what is in use stays in use."""
    shop = Shop(world)
    shop.key("stranger")
    device = Device(world, shop, publish__status_s=1)
    device.install(shop.pack(5, "refund", ["voucher"]))
    good = shop.pack(6, "gift", ["voucher"])
    bare = shop.unsigned(6, "gift", ["voucher"])
    data = good.read_bytes()

    device.refused(device.send_raw("tags", shop.pack(4, "gift", ["voucher"]).read_bytes()), "counter")
    device.refused(device.send_raw("tags", shop.pack(5, "gift", ["voucher"]).read_bytes()), "counter")
    device.refused(device.send_raw("tags", bare.read_bytes()), "envelope")
    device.refused(device.send_raw("tags", b"no pack at all"), "envelope")
    device.refused(device.send_raw("tags", data[:-1]), "envelope")
    for at in (len(data) // 3, len(data) - 1):
        device.refused(device.send_raw("tags", data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]), "signature")
    device.refused(device.send_raw("tags", shop.sign(bare, "stranger").read_bytes()), "key")
    device.refused(device.send_raw("other", data), "name", "other")
    device.refused(device.send_raw("No Name", data), "name", "")
    device.refused(device.send_raw("redaction", data), "host", "redaction")
    device.refused(device.raw({"do": "begin", "name": "tags", "bytes": 16384})[0], "size")
    device.refused(device.raw({"do": "begin", "name": "tags", "bytes": 0})[0], "size")
    older = cbor2.loads(bare.read_bytes())
    device.refused(device.send_raw("tags", shop.sign(changed(bare, KEY_ENGINE_VERSION, older[KEY_ENGINE_VERSION] + 1))
                                   .read_bytes()), "engine_version")
    short = device.raw({"do": "begin", "name": "tags", "bytes": len(data)}, {"do": "finish"})
    device.refused(short[1], "size")
    gap = device.raw({"do": "begin", "name": "tags", "bytes": len(data)}, {"do": "write", "at": 5, "piece": "AAAA"})
    device.refused(gap[1], "size")
    for n in range(64):
        answer = device.send_raw(f"more_{n}", shop.pack(1, "vip", ["lawyer"], name=f"more_{n}").read_bytes())
        if not answer["ok"]:
            break
    check(n > 0, "there is room for some packs")
    device.refused(answer, "full", f"more_{n}")

    done = device.pack("install", shop.sign(bare, "stranger"))
    check(done.returncode == 1 and "refused: key" in done.stderr and "key_file" in done.stderr, f"{done.stderr}")
    device.says("voucher", "refund")
    check_encoding(device.server)


def test_requests_that_make_no_sense(world):
    """Each line has its answer, and the daemon goes on."""
    shop = Shop(world)
    device = Device(world, shop)
    for line, error in [(b"", "syntax"), (b"what", "syntax"), (b"[1]", "syntax"), (b"{}", "missing"),
                        (b'{"do":"dance"}', "unknown"), (b'{"do":7}', "missing"), (b'{"do":"begin"}', "missing"),
                        (b'{"do":"begin","name":"a"}', "missing"), (b'{"do":"begin","name":"a","bytes":-1}', "type"),
                        (b'{"do":"begin","name":"a","bytes":4294967296}', "type"), (b'{"do":"write"}', "missing"),
                        (b'{"do":"write","at":0}', "syntax"), (b'{"do":"write","at":0,"piece":"A"}', "syntax"),
                        (b'{"do":"write","at":0,"piece":"A=AA"}', "syntax"), (b'{"do":"write","at":0,"piece":"\\u00e9aa"}', "syntax"),
                        (b'{"do":"write","at":0,"piece":"AAAA"}', "size"), (b'{"do":"finish"}', "size"),
                        (b'{"do":"roll_back"}', "missing"), (b'{"do":"remove","name":"a"}', "unknown")]:
        answer = device.raw(line)[0]
        check(not answer["ok"] and answer["error"] == error and answer["n"] == 1, f"{line}: {answer}")
    equal(device.raw(b'{"x":"' + b"a" * 70000)[0]["error"], "too_long", "a line without end")
    several = [socket.socket(socket.AF_UNIX) for _ in range(5)]
    for one in several:
        one.settimeout(10)
        one.connect(str(device.control))
    equal(json.loads(several[4].recv(1000))["error"], "busy", "the fifth connection")
    for one in several:
        one.close()
    until(lambda: device.pack("list").returncode == 0, "others find room again")


def test_who_may(world):
    """The socket is for root and the daemon's own user, whatever the file's mode says."""
    shop = Shop(world)
    device = Device(world, shop)
    equal(stat.S_IMODE(os.stat(device.control).st_mode), 0o600, "mode of the control socket")
    if os.geteuid() != 0:
        raise LeftOut("needs root to become somebody else")
    for path in (world.directory, device.daemon.directory):
        os.chmod(path, 0o755)
    ask = ("import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
           "print(s.recv(1000).decode())")
    run = lambda: subprocess.run(["/usr/bin/python3", "-c", ask, str(device.control)], user=65534, group=65534,
                                 extra_groups=[], capture_output=True, text=True, timeout=120)
    check("PermissionError" in run().stderr, f"kept out by the mode: {run()}")
    os.chmod(device.control, 0o666)
    check('"error":"forbidden"' in run().stdout, f"kept out by who it is: {run()}")


def test_keys(world):
    """SIGHUP reads the keys again; a device without keys takes nothing; a key file that cannot be used is a fault."""
    shop = Shop(world)
    shop.key("next")
    device = Device(world, shop, publish__status_s=1)
    bare = shop.unsigned(1, "refund", ["voucher"])
    device.refused(device.send_raw("tags", shop.sign(bare, "next").read_bytes()), "key")
    shop.public.write_text(shop.public.read_text() + world.path("next.pub.pem").read_text())
    done = device.daemon.text().count("configuration reloaded")
    device.daemon.program.send(signal.SIGHUP)
    until(lambda: device.daemon.text().count("configuration reloaded") > done, "configuration reloaded")
    check(device.send_raw("tags", shop.sign(bare, "next").read_bytes())["ok"], "taken with the new key")
    device.says("voucher", "refund")

    shop.public.write_text("nonsense")
    device.daemon.program.send(signal.SIGHUP)
    device.daemon.wait_log("the keys of packs were not reloaded.*shop.pub.pem")
    device.install(shop.pack(2, "gift", ["voucher"]))  # the old keys hold
    equal(device.daemon.stop(), 0, "exit status")
    checked = subprocess.run([str(world.tool("earshotd")), "--check", str(device.daemon.config)], capture_output=True, text=True)
    check(checked.returncode == 78 and "shop.pub.pem" in checked.stderr, f"--check: {checked}")
    device.daemon.launch()
    equal(device.daemon.program.wait(), 78, "exit status with keys that cannot be used")

    device.daemon.set(packs__key_file=None)
    device.daemon.start()
    equal(device.the_pack()["reason"], "key", "a pack whose key is gone is not at work")
    device.says("voucher")
    device.refused(device.raw({"do": "begin", "name": "tags", "bytes": 100})[0], "key")


def test_a_device_that_takes_no_packs_has_no_room_for_them(world):
    shop = Shop(world)
    device = Device(world, shop, packs__key_file=None)
    check(not (device.daemon.state / "packs").exists(), "no storage for packs")
    answer = device.raw({"do": "begin", "name": "tags", "bytes": 100})[0]
    equal(answer["error"], "storage", f"{answer}")
    done = device.pack("list")
    check(done.returncode == 0 and "installed" not in done.stdout, f"{done}")


def test_storage_of_another_layout(world):
    """That of a build with other places: the log says that it was set aside, and packs can come again."""
    shop = Shop(world)
    device = Device(world, shop)
    device.install(shop.pack(2, "refund", ["voucher"]))
    equal(device.daemon.stop(), 0, "exit status")
    storage = device.daemon.state / "packs"
    former = storage.read_bytes()[:-16384]
    storage.write_bytes(former)
    device.daemon.start()
    device.daemon.wait_log("packs of another build's layout were set aside")
    equal(storage.with_suffix(".bad").read_bytes(), former, "what was set aside")
    equal(device.installed(), [], "packs of the new storage")
    device.install(shop.pack(1, "gift", ["voucher"]))
    device.says("voucher", "gift")


def test_without_a_control_socket(world):
    """The daemon goes on; the client says what to do."""
    shop = Shop(world)
    device = Device(world, shop, control__path="/nonexistent/control.sock")
    device.daemon.wait_log("packs cannot be given to this daemon.*nonexistent")
    done = device.pack("list")
    check(done.returncode == 1 and "[control] path" in done.stderr, f"{done.stderr}")
    device.says("hello")
