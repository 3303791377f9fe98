# SPDX-License-Identifier: Apache-2.0
"""Packs that come to a device over its broker: by `earshot deliver`, and by somebody who sends pieces by hand."""
import hashlib

from lib.asker import Asker
from lib.world import check, equal, until
from test_device_packs import Device, Shop

ERR_BUSY, ERR_VERSION, ERR_CORRUPT = -13, -10, -16
COMING, AT_WORK = 0, 1


class Sender(Asker):
    """Sends one file in pieces."""

    def about(self, data, name, at=None, piece=None):
        request = {1: "hand", 2: "deliver", 20: 0, 21: name, 22: len(data), 23: hashlib.sha256(data).digest()[:8]}
        if piece is not None:
            request |= {24: at, 25: piece}
        return request

    def send(self, data, name, at, length=500):
        return self.ask(self.about(data, name, at, data[at:at + length]), rule="delivery")

    def where(self, data, name):
        return self.ask(self.about(data, name), rule="delivery")

    def send_all(self, data, name):
        answer = self.where(data, name)
        while 7 not in answer and answer[11] == COMING:
            answer = self.send(data, name, answer[10])
        return answer


def deliver(shop, device, path):
    certs = shop.world.certs
    return shop.earshot("deliver", "pack", path, "--device", f"t/s/{device.daemon.name}", "--host", "127.0.0.1", "--port",
                        device.broker.port, "--cafile", certs.ca, "--cert", certs.crt("client"), "--key", certs.key("client"),
                        "--timeout", "5s")


def test_earshot_deliver(world):
    """A pack goes over the broker, is at work, and an older one is refused with its reason."""
    shop = Shop(world)
    device = Device(world, shop)
    device.says("I want my voucher")
    done = deliver(shop, device, shop.pack(2, "refund", ["voucher"]))
    equal(done.returncode, 0, f"deliver: {done.stderr}")
    check("tags: taken and at work" in done.stdout, done.stdout)
    device.says("I want my voucher", "refund")
    equal(deliver(shop, device, shop.pack(2, "refund", ["voucher"])).returncode, 0, "the same once more")
    done = deliver(shop, device, shop.pack(1, "gift", ["voucher"]))
    check(done.returncode == 1 and "counter" in done.stderr, f"an older one: {done.stderr}")
    device.says("I want my voucher", "refund")


def test_pieces_by_hand(world):
    """Gaps, repetitions, a kill -9 in the middle, another file in between, a tampered one: the device says where it stands, and
    only what is signed comes to work."""
    shop = Shop(world)
    device = Device(world, shop)
    sender = Sender(world, device.broker, device.daemon)
    data = shop.pack(1, "refund", ["voucher"] + [f"voucher number {n}" for n in range(300)]).read_bytes()
    check(len(data) > 2500, f"{len(data)} bytes are some pieces")
    equal(sender.where(data, "tags"), {0: 1, 1: "hand", 10: 0, 11: COMING}, "nothing is there")
    equal(sender.send(data, "tags", 500)[10], 0, "the first piece is missing")
    equal(sender.send(data, "tags", 0)[10], 500, "the first piece")
    equal(sender.send(data, "tags", 0)[10], 500, "the first piece again")
    equal(sender.send(data, "tags", 1500)[10], 500, "a gap")
    equal(sender.send(data, "tags", 400)[10], 900, "a piece that overlaps")
    device.daemon.kill()
    device.daemon.start()
    device.daemon.wait_up()
    answer = sender.send_all(data, "tags")
    equal(answer, {0: 1, 1: "hand", 10: len(data), 11: AT_WORK}, "all of it")
    equal(sender.send(data, "tags", len(data) - 10)[11], AT_WORK, "the last piece again")
    device.says("my voucher", "refund")

    tampered = bytearray(shop.pack(2, "gift", ["voucher"]).read_bytes())
    tampered[-1] ^= 1
    answer = sender.send_all(bytes(tampered), "tags")
    equal((answer[7], answer[9]), (ERR_CORRUPT, "signature"), "a tampered one")
    older = shop.pack(1, "gift", ["voucher"]).read_bytes()
    equal(sender.send_all(older, "tags")[7], ERR_VERSION, "another with the same counter")
    device.says("my voucher", "refund")


def test_a_broker_cannot_wear_storage_out(world):
    """Twenty beginnings a day; then the device says busy, and goes on with what has begun."""
    shop = Shop(world)
    device = Device(world, shop)
    sender = Sender(world, device.broker, device.daemon)
    data = [shop.pack(n, "refund", [f"voucher {n}"]).read_bytes() for n in range(1, 22)]
    for n in range(20):
        equal(sender.send(data[n], "tags", 0, 10)[10], 10, f"beginning {n}")
    equal(sender.send(data[20], "tags", 0, 10)[7], ERR_BUSY, "one too many")
    equal(sender.send_all(data[19], "tags")[11], AT_WORK, "the one that had begun")
    until(lambda: device.installed(), "it is installed")
