# SPDX-License-Identifier: Apache-2.0
"""Disks that are full, read-only, worn out or slow to say so."""
import errno
import random
import signal
import time

from disk import HALF
from lib.client import to_json
from lib.world import check, equal, until
from load import HOUR_MS
from scene import Scene


def refused_then_healed(world, kind, error, says):
    """A call fails for good; nothing is acknowledged until the disk is mended, and then everything is."""
    scene = Scene(world)
    scene.run_until_acknowledged(300)
    scene.disk.fail(kind, error)
    scene.run(0.3)
    before = scene.load.acknowledged
    scene.run(0.7)
    check(scene.load.acknowledged == before, "nothing is acknowledged that is not durable")
    check(scene.load.refused > 0, "the clients are told to try again")
    scene.daemon.wait_log(says)
    equal(scene.daemon.status()["storage"]["state"]["works"], says, "what status says")
    scene.daemon.wait_up()  # it goes on telling
    check(scene.daemon.text().count(says) < 4, "it is said once, not for each event")
    scene.disk.heal()
    scene.run_until_acknowledged(300)
    equal(scene.daemon.status()["storage"]["state"]["works"], "yes", "what status says afterwards")
    scene.restart()
    return scene.result(1, f"{scene.load.refused} answers said: not now")


def case_full(world):
    return refused_then_healed(world, "write", errno.ENOSPC, "No space left on device")


def case_read_only(world):
    return refused_then_healed(world, "write", errno.EROFS, "Read-only file system")


def case_write_errors(world):
    return refused_then_healed(world, "write", errno.EIO, "Input/output error")


def case_sync_errors(world):
    return refused_then_healed(world, "sync", errno.EIO, "Input/output error")


def case_killed_while_it_fails(world):
    """What was acknowledged before the disk failed is there after a power cut; what was refused never was."""
    scene = Scene(world)
    for kind in ("write", "sync"):
        scene.run_until_acknowledged(300)
        scene.disk.fail(kind)
        scene.run(0.5)
        scene.daemon.stop(signal.SIGKILL)
        scene.disk.heal()
        scene.daemon.start()
    return scene.result(2)


def case_short_writes(world):
    scene = Scene(world, start=False)
    scene.disk.fail("write", HALF)
    scene.daemon.start()
    scene.run_until_acknowledged(1000)
    scene.restart()
    scene.run_until_acknowledged(1000)
    return scene.result(scene.disk.calls("write"))


def case_full_at_the_first_start(world):
    return cannot_open(world, "room", errno.ENOSPC, "No space left on device", first=True)


def case_read_only_at_start(world):
    return cannot_open(world, "open", errno.EROFS, "Read-only file system", first=False)


def cannot_open(world, kind, error, says, first):
    """Without its state it could acknowledge nothing: it says why and ends with 1, as often as it is started, leaving
    everything as it was; and is up as soon as it can be opened."""
    scene = Scene(world, start=False)
    if not first:
        scene.daemon.start()
        scene.run_until_acknowledged(300)
        scene.daemon.stop(signal.SIGKILL)
    scene.disk.fail(kind, error)
    for _ in range(5):
        check(scene.daemon.launch().wait() == 1, "it ends as a failure, so that it is started again")
    check(scene.daemon.text().count(says) >= 5, f"the log says why: {scene.daemon.text()}")
    scene.disk.heal()
    scene.daemon.start()
    scene.run_until_acknowledged(300)
    return scene.result(5)


def case_no_outbox(world):
    """Something is where the outbox should be: the device works without it, and ends to be started with it when it can be
    had."""
    scene = Scene(world, start=False)
    outbox = scene.daemon.state / "outbox"
    outbox.mkdir()
    scene.daemon.start()
    scene.daemon.wait_log("the storage cannot be opened: .*outbox: Is a directory")
    scene.run_until_acknowledged(300)
    scene.result(1)
    equal(scene.daemon.status()["storage"]["outbox"]["works"], "cannot be opened", "what status says")
    outbox.rmdir()
    check(scene.daemon.program.wait(30) == 1, "it ends as a failure, so that it is started again")
    scene.daemon.wait_log("the outbox can be opened now")
    scene.daemon.start()
    scene.run_until_acknowledged(300)
    return scene.result(1)


def case_read_errors_at_start(world):
    """Sectors that cannot be read: it comes up all the same."""
    scene = Scene(world)
    scene.run_until_acknowledged(2000)
    tried = 0
    for after in (0, 3, 20, 60):
        scene.daemon.stop(signal.SIGKILL)
        scene.disk.forget()
        scene.disk.fail("read", after=after, count=1)
        scene.daemon.start()
        tried += 1
        scene.run_until_acknowledged(50)
    scene.disk.heal()
    scene.restart()
    return scene.result(tried)


def case_at_random(world):
    """Any call, any error, once, for a while or for good, under load; then kill -9, a start, and the disk is mended."""
    chosen = random.Random(world.seed)
    scene = Scene(world)
    times = 300 if world.long else 30
    for _ in range(times):
        scene.run_until_acknowledged(chosen.randrange(1, 200))
        kind = chosen.choice(["write", "write", "sync", "sync", "read"])
        error = chosen.choice([errno.EIO, errno.ENOSPC, HALF]) if kind == "write" else errno.EIO
        scene.disk.fail(kind, error, after=chosen.randrange(12), count=chosen.choice([1, 1, 2, 5, 40]))
        scene.run(chosen.uniform(0.02, 0.2))
        if chosen.random() < 0.7:
            scene.daemon.stop(signal.SIGKILL)
            if chosen.random() < 0.5:
                scene.disk.heal()
            scene.daemon.launch()
            time.sleep(chosen.uniform(0, 0.1))
        if chosen.random() < 0.3:
            scene.daemon.stop(signal.SIGKILL)
            scene.disk.heal()
            scene.daemon.launch()
        scene.disk.heal()
        if not scene.daemon.program.running():  # it could not read its state, and said so
            check(scene.daemon.program.wait() == 1, f"it ended as a failure: {scene.daemon.text()[-800:]}")
            scene.daemon.launch()
        until(scene.daemon.answers, lambda: f"earshotd answers: {scene.daemon.text()[-800:]}")
        scene.load.now_ms += chosen.randrange(20 * 60_000)
    return scene.result(times, f"{scene.load.refused} answers said: not now")


def case_what_clients_are_told(world):
    """While nothing can be made durable: an error in the client's own encoding and in order, questions are answered all
    the same, and the same event again is counted once."""
    scene = Scene(world)
    event = {"kind": "message", "id": "x1", "conversation": "x", "from": "user", "text": "hello", "t": scene.load.now_ms}
    other = event | {"id": "x2", "from": "bot"}
    bad = event | {"id": "x3", "from": "nobody"}
    with scene.daemon.client() as client, scene.daemon.client(binary=True) as packed:
        scene.disk.fail("sync")
        client.raw(to_json(event) + b'{"ask":"status"}\n' + to_json(bad))
        first, status, last = client.answers(3)
        check((first["n"], first["ok"], first["error"]) == (1, False, "io"), f"not ok: {first}")
        check("again" in first["allowed"], f"what to do: {first}")
        check("health" in status, "a question among them is answered")
        check((last["n"], last["error"]) == (2, "unknown"), f"a fault of its own: {last}")
        answer = packed.ask(other)[0]
        check((answer["n"], answer["ok"], answer["error"]) == (1, False, -15), f"in CBOR: {answer}")
        scene.disk.heal()
        for who, what in ((client, event), (packed, other)):
            answer = who.ask(what)[0]
            check(answer["ok"], f"taken once it can be: {answer}")
    scene.load.acked[scene.load.now_ms // HOUR_MS * HOUR_MS // 1000, "messages.user"] += 1
    scene.load.acked[scene.load.now_ms // HOUR_MS * HOUR_MS // 1000, "messages.bot"] += 1
    scene.load.acknowledged += 2
    scene.restart()
    return scene.result(1)
