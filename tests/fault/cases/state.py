# SPDX-License-Identifier: Apache-2.0
"""Settings of the state that change: sizes, how long answers wait, what they mean."""
import signal
import time

from lib.world import check, equal
from load import HOUR_MS
from scene import Scene


def case_other_sizes(world):
    """Outbox and journal are made larger and smaller with everything in them."""
    scene = Scene(world, start=False, state__outbox_kib=256, state__journal_kib=16)
    scene.broker.stop()
    scene.daemon.start()
    sizes = [(256, 16), (64, 16), (1024, 256), (512, 16), (96, 1024), (96, 16)]
    live = 0
    for outbox_kib, journal_kib in sizes:
        scene.daemon.stop(signal.SIGKILL)
        scene.daemon.set(state__outbox_kib=outbox_kib, state__journal_kib=journal_kib)
        scene.daemon.start()
        check(scene.daemon.health("outbox.live") >= live, "what waited waits")
        for _ in range(20):
            scene.run_until_acknowledged(50)
            scene.load.now_ms += HOUR_MS
        live = scene.daemon.health("outbox.live")
        equal((scene.daemon.state / "outbox").stat().st_size, outbox_kib * 1024, "size of the outbox")
    check(scene.daemon.text().count("the storage was given its new size") >= 6, "the log says so")
    equal(scene.daemon.health("outbox.expired"), 0, "expired")
    scene.broker.start()
    return scene.result(len(sizes), f"{live} messages waited through it")


def case_cut_off_while_changing_size(world):
    """kill -9 while the files are being converted: the old one or the new one, whole."""
    scene = Scene(world, start=False, state__outbox_kib=256, state__journal_kib=16)
    scene.daemon.start()
    times = 40 if world.long else 12
    for number in range(times):
        scene.run_until_acknowledged(100)
        scene.daemon.stop(signal.SIGKILL)
        scene.daemon.set(state__outbox_kib=[512, 256][number % 2], state__journal_kib=16 * (number + 2))
        scene.daemon.launch()
        time.sleep(number % 12 * 0.002)
        scene.daemon.stop(signal.SIGKILL)
        scene.daemon.start()
    return scene.result(times)


def killed_under_load(world, times, **settings):
    scene = Scene(world, **settings)
    for _ in range(times):
        scene.run_until_acknowledged(200)
        scene.restart()
    return scene.result(times)


def case_left_to_the_system(world):
    """journal.sync = os: what ends the daemon takes nothing."""
    return killed_under_load(world, 60 if world.long else 10, journal__sync="os")


def case_answers_that_wait(world):
    """journal.delay_ms: answers come together and later; nothing is acknowledged before it is durable."""
    delay_ms = 100
    row = killed_under_load(world, 60 if world.long else 10, journal__delay_ms=delay_ms)
    scene = Scene(world, journal__delay_ms=delay_ms)
    with scene.daemon.client() as client:
        waited, asked = [], []
        for n in range(5):  # one that comes just before something is told is durable with that, and waits less
            begun = time.monotonic()
            client.ask({"kind": "message", "id": f"w{n}", "from": "user", "conversation": "w", "text": "hello"})
            waited.append((time.monotonic() - begun) * 1000)
            begun = time.monotonic()
            scene.daemon.status()
            asked.append((time.monotonic() - begun) * 1000)
        check(max(waited) >= delay_ms * 0.9, f"an answer waits for others: {waited} ms")
        check(min(asked) < delay_ms / 2, f"a question does not: {asked} ms")
    return row


def case_of_a_build_with_other_sectors(world):
    """Its files cannot be read: they are set aside, not written over, and the log says so."""
    scene = Scene(world)
    scene.run_until_acknowledged(100)
    scene.daemon.stop()
    for name in ("state", "outbox"):
        path = scene.daemon.state / name
        data = bytearray(path.read_bytes())
        for at in range(0, len(data), 4096):
            if data[at + 4:at + 8] == b"EARL":
                data[at + 24] += 2  # the header's word for 16 KiB
        path.write_bytes(data)
    before = (scene.daemon.state / "state").read_bytes()
    scene.daemon.start()
    scene.daemon.wait_log("build with other sectors cannot be carried over and was set aside: .*state.bad")
    scene.daemon.wait_log("was set aside: .*outbox.bad")
    equal((scene.daemon.state / "state.bad").read_bytes(), before, "what was set aside")
    with scene.daemon.client() as client:
        check(client.ask({"kind": "time", "t": scene.load.now_ms})[0]["ok"], "it works")
    return {"tried": 1}
