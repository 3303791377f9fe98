# SPDX-License-Identifier: Apache-2.0
"""Native plugins in a running earshotd: whatever they do, the numbers are those of a daemon without them."""
import os
import re
import signal

from lib.broker import Broker
from lib.daemon import Daemon
from lib.events import HOUR_MS, NOON_MS, message
from lib.summaries import Server
from lib.world import ROOT, LeftOut, check, equal, until

CASE = re.compile(r'^HOSTILE\((\w+), (\w+), (\w+), "(.*)"\)', re.M)
TOGETHER = 5  # that stay loaded, in one daemon: it has places and memory for no more beside its own
MESSAGES = 400


def cases():
    """{file: (state, beginning of the reason)} of the matrix."""
    text = (ROOT / "tests/hostile/cases.def").read_text()
    return {f"{source}_{name}.so": (state, reason) for source, name, state, reason in CASE.findall(text)}


def groups():
    """Refused ones take no place and come in large groups."""
    all_cases = cases()
    refused = [file for file, (state, _) in all_cases.items() if state == "refused"]
    others = [file for file in all_cases if file not in refused]
    yield from (refused[at:at + 20] for at in range(0, len(refused), 20))
    yield from (others[at:at + TOGETHER] for at in range(0, len(others), TOGETHER))


def plugin(world, name):
    path = world.build / "tests/hostile/plugins" / name
    if not path.is_file():
        raise LeftOut(f"{name} is not built in {world.build}")
    return path


def folder(world, names):
    """A directory of plugins, the neighbour that behaves first."""
    directory = world.path(world.unique("plugins"))
    directory.mkdir()
    (directory / "0_neighbour.so").symlink_to(plugin(world, "neighbour.so"))
    for name in names:
        (directory / name).symlink_to(plugin(world, name))
    return directory


def daemon_with(world, broker, names):
    return Daemon(world, broker, device__user_key="00112233445566778899aabbccddeeff", plugins__deadline_ms=600,
                  plugins__directory=folder(world, names))


def native(daemon):
    return {row["file"]: row for row in daemon.status()["native"]}


def settled(daemon, wanted):
    """Every plugin has come to the state that the matrix says."""
    rows = native(daemon)
    return all(rows[file]["state"] == state for file, (state, _) in wanted.items())


def talk(daemon, wanted):
    """Messages until all is settled that will be, then the rest of a fixed number in an hour of their own."""
    with daemon.client() as client:
        begun = [message(40_000 + n * 2, conversation=f"n{n}", at_ms=NOON_MS) for n in range(20)]
        equal(client.play(begun), [], "answers")

        def nudge():
            nudge.count += 1
            equal(client.play([message(50_000 + nudge.count * 2, conversation=f"n{nudge.count % 20}", at_ms=NOON_MS)]), [],
                  "answers")
            return settled(daemon, wanted)
        nudge.count = 0
        until(nudge, lambda: f"settled: {native(daemon)}", seconds=40, pause=0.05)
        later = [message(n, at_ms=NOON_MS + HOUR_MS + n * 10) for n in range(MESSAGES)]
        equal(client.play(later), [], "answers")


def later(server, daemon):
    """What the last hour of a daemon adds up to: {slice: all its numbers}."""
    server.read()
    mine = [s for s in server.held.values() if s.resolution == "hour" and s.device == daemon.name]
    last = max((s.start for s in mine), default=None)
    return {s.slice: s.numbers for s in mine if s.start == last and len({t.start for t in mine}) == 2}


def same_hour(server, alone, daemon):
    """The hour after the storm has the same numbers as without the hostile ones, down to the last."""
    def differing():
        left, right = later(server, alone), later(server, daemon)
        return {k: (left.get(k), right.get(k)) for k in left.keys() | right.keys() if left.get(k) != right.get(k)} or (
            "nothing was told" if not left else None)
    until(lambda: not differing(), lambda: f"the same hour: {differing()}", seconds=20)


def test_hostile_matrix(world):
    broker = Broker(world)
    server = Server(world, broker)
    alone = daemon_with(world, broker, [])
    talk(alone, {})
    server.wait_total("messages.bot", MESSAGES // 2, alone.name)
    matrix = cases()
    count = 0
    for group in groups():
        wanted = {file: matrix[file] for file in group}
        daemon = daemon_with(world, broker, group)
        talk(daemon, wanted)
        rows = native(daemon)
        for file, (state, reason) in wanted.items():
            row = rows[file]
            check(row["state"] == state and row["reason"].startswith(reason) and row["faults"] <= 3,
                  f"{file}: {row}; wanted {state}, {reason}; {[s for s in daemon.text().splitlines() if file in s]}")
            count += 1
        equal(rows["0_neighbour.so"]["state"], "active", "the neighbour")
        equal((rows["0_neighbour.so"]["faults"], rows["0_neighbour.so"]["starts"]), (0, 1), "faults, starts of the neighbour")
        same_hour(server, alone, daemon)
        equal(daemon.health("refused"), 0, "events refused")
        daemon.stop()
    world.note(f"{count} hostile plugins")


def test_killed_plugin_comes_back(world):
    """A process that is killed from outside is missed for a moment and then there again."""
    broker = Broker(world)
    daemon = daemon_with(world, broker, [])
    with daemon.client() as client:
        equal(client.play([message(0)]), [], "answers")
        first = native(daemon)["0_neighbour.so"]
        check(first["state"] == "active" and first["pid"] > 0, f"active: {first}")
        os.kill(first["pid"], signal.SIGKILL)

        def back():
            back.n += 2
            equal(client.play([message(back.n)]), [], "answers")
            row = native(daemon)["0_neighbour.so"]
            return row["state"] == "active" and row["pid"] != first["pid"]
        back.n = 0
        until(back, lambda: f"another process: {native(daemon)}")
    equal(native(daemon)["0_neighbour.so"]["starts"], 2, "starts")


def test_nothing_is_left_behind(world):
    """When earshotd ends, in order or killed, so do the processes of its plugins."""
    broker = Broker(world)
    for end in ("stop", "kill"):
        daemon = daemon_with(world, broker, [])
        pid = native(daemon)["0_neighbour.so"]["pid"]
        check(pid > 0, "a process")
        getattr(daemon, end)()
        until(lambda: not os.path.exists(f"/proc/{pid}"), f"{pid} ends after {end}")


def test_helper_is_locked_in(world):
    """What the kernel says of a plugin's process: no privileges to gain, a filter, no descriptors, little memory."""
    daemon = daemon_with(world, Broker(world), [])
    pid = native(daemon)["0_neighbour.so"]["pid"]
    with open(f"/proc/{pid}/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    equal(status["NoNewPrivs"], "1", "NoNewPrivs")
    equal(status["Seccomp"], "2", "Seccomp")
    equal(status["Threads"].strip(), "1", "Threads")
    equal(sorted(int(fd) for fd in os.listdir(f"/proc/{pid}/fd")), [0, 1, 2, 3, 6], "descriptors")
    with open(f"/proc/{pid}/environ") as file:
        equal(file.read(), "", "environment")
    with open(f"/proc/{pid}/limits") as file:
        limits = dict(re.findall(r"^Max (.*?)\s{2,}(\w+)", file.read(), re.M))
    equal(limits["address space"], str(32 << 20), "address space")
    equal(limits["core file size"], "0", "core file size")
