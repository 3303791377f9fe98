# SPDX-License-Identifier: Apache-2.0
"""What a board is asked and given, over its broker and over its serial line: questions about conversations, packs."""
import cbor2

from device import Device, only
from lib.asker import Asker
from lib.broker import Broker
from lib.events import message, messages
from lib.summaries import Server
from lib.world import check, equal, until
from test_device_packs import Shop
from test_update import over_mqtt, over_serial, reboot, refused, taken

QUESTION = {0: 1, 1: "q1", 2: "records"}
MATCHED, RECORDS, QUESTION_TEXT, ERROR, FIELD = 3, 5, 16, 7, 8
RECORDS_REFUSED = 66  # of core/tell/ear_health.def


def test_conversations_behind_a_number(world):
    """The same question on both ways gives the same answer; what cannot be asked is refused with its reason."""
    broker = Broker(world)
    device = Device(world, broker, records__policy="redacted")
    device.wait_up()
    said = "My PARCEL, z.grumbelwitz@example.org?"
    equal(device.line.hear(message(2, conversation="c1", text=said))[0], 0, "an event")
    equal(device.line.hear(message(4, conversation="c2", text="Garden hoses?"))[0], 0, "an event")
    asker = Asker(world, broker, device)
    for question in (QUESTION, QUESTION | {15: "PARCEL"}, QUESTION | {11: "web"}, QUESTION | {11: "sms"}):
        by_mqtt = asker.ask(dict(question))
        by_serial = cbor2.loads(device.line.ask(cbor2.dumps(question)))
        equal(by_serial, by_mqtt, f"answers to {question}")
    equal(cbor2.loads(device.line.ask(cbor2.dumps(QUESTION)))[MATCHED], 2, "conversations")
    one = cbor2.loads(device.line.ask(cbor2.dumps(QUESTION | {15: "PARCEL"})))
    equal(one[MATCHED], 1, f"conversations about parcels: {one}")
    text = one[RECORDS][0][QUESTION_TEXT]
    check("grumbelwitz" not in text and "@" not in text, f"nothing personal is told: {text}")
    wrong = cbor2.loads(device.line.ask(cbor2.dumps({0: 1, 1: "q", 2: "records", 12: 9})))
    check(wrong[ERROR] < 0 and wrong[FIELD] == 12, f"what cannot be asked: {wrong}")
    equal(asker.ask(cbor2.dumps({0: 1, 1: "q", 2: "records", 12: 9})), wrong, "the same refusal over the broker")


class Tags:
    """What a pack `tags` says of messages, as the server counts it."""

    def __init__(self, world, device, server):
        self.device, self.server, self.number = device, server, 0

    def says(self, text, tag=None):
        before = self.server.total(f"tags[{tag}]", self.device.name) if tag else 0
        self.number += 1
        event = message(1000 + self.number, conversation=f"pack-{self.number}", text=text)
        event["from"] = "user"
        equal(self.device.line.hear(event)[0], 0, "an event")
        if tag:
            self.server.wait_total(f"tags[{tag}]", before + 1, self.device.name, 40)


@only("mps2")
def test_packs(world):
    """A pack comes over the serial line, a newer one over the broker; an older one, one of another key, and one that was changed
    are refused on both; what is installed outlasts a cut of power; one is rolled back."""
    broker = Broker(world)
    server = Server(world, broker)
    shop = Shop(world)
    device = Device(world, broker, identity=["--pack-key", shop.public])
    device.wait_up()
    tags = Tags(world, device, server)
    first, second = shop.pack(1, "gift", ["voucher"]), shop.pack(2, "refund", ["voucher"])
    taken(over_serial(world, device, first, "pack"))
    tags.says("I want my voucher", "gift")
    taken(over_mqtt(world, device, broker, second, "pack"))
    tags.says("I want my voucher", "refund")
    shop.key("other")
    changed = world.path("changed.signed")
    changed.write_bytes(bytes([*shop.pack(3, "gift", ["voucher"]).read_bytes()[:-1], 7]))
    for path, why in ((first, "counter"), (shop.sign(shop.unsigned(4, "gift", ["voucher"]), "other"), "key"), (changed, "signature")):
        refused(over_serial(world, device, path, "pack"), why)
        refused(over_mqtt(world, device, broker, path, "pack"), why)
    check("refused lately: " in device.told("pack"), "the shell says so")
    device.kill()
    device.start()
    device.wait_up()
    tags.says("I want my voucher", "refund")
    device.told("pack roll_back tags")
    tags.says("I want my voucher", "gift")
    since = reboot(device)
    device.wait_up(since=since)
    tags.says("I want my voucher", "gift")


@only("lm3s6965")
def test_deliveries_are_refused(world):
    """A board that cannot write its flash says so, on both ways."""
    broker = Broker(world)
    shop = Shop(world)
    device = Device(world, broker)
    device.wait_up()
    pack = shop.pack(1, "gift", ["voucher"])
    for done in (over_serial(world, device, pack, "pack"), over_mqtt(world, device, broker, pack, "pack")):
        check(done.returncode == 1 and done.stderr.strip(), f"refused: {done.stdout} {done.stderr}")
        world.note(done.stderr.strip())
    equal(device.line.hear_all(messages(3)), 0, "events that came again")


def test_requests_that_are_none(world):
    """Nothing that comes on the topic cmd harms: too long, retained, not CBOR. What is refused is counted."""
    broker = Broker(world)
    server = Server(world, broker)
    device = Device(world, broker, publish__status_s=1)
    device.wait_up()
    asker = Asker(world, broker, device)
    for payload in (b"\xff" * 20, b"x" * 20_000, b"\xa1", cbor2.dumps({2: "nothing"}), cbor2.dumps([1] * 300)):
        asker.publish(payload)
    asker.publish(cbor2.dumps(QUESTION), "-r")
    until(lambda: device.type("help")[1] == "ok", "the shell answers")
    answer = asker.ask(QUESTION | {1: "after"})
    until(lambda: server.status(device.name).get(8, {}).get(RECORDS_REFUSED, 0) >= 5, "its status counts what was refused", 30)
    until(lambda: any(reply.get(1) == "after" for reply in asker.replies()), "an answer to what came after")
    check(answer is not None and "connected" in device.line.text, "it is up")
    equal(device.line.text.count("connected to the broker"), 1, "sessions")
