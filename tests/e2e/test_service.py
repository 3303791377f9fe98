# SPDX-License-Identifier: Apache-2.0
"""The daemon as a service: stopping, being killed, coming back, permissions, what it tells systemd."""
import grp
import os
import signal
import socket
import stat
import subprocess
import sys

from lib.broker import Broker
from lib.daemon import Daemon
from lib.events import HOUR_MS, NOON_MS, message, messages, sums
from lib.summaries import Server
from lib.world import LeftOut, check, equal, until


def test_sigterm_tells_what_is_untold(world):
    """Summaries due in an hour go out at the end; a restart goes on counting in the same window."""
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker, publish__hour_s=3600, publish__day_s=3600)
    for part in range(3):
        daemon.wait_up()
        with daemon.client() as client:
            equal(client.play(messages(110, 110 * part)), [], "answers other than ok")
        equal(daemon.stop(), 0, "exit status")
        server.wait_totals(sums(110 * (part + 1)), daemon.name)
        daemon.start()
    boots = {s.boot for s in server.summaries}
    check(len(boots) >= 3, f"each start is a boot of its own: {boots}")


def test_sigterm_without_a_broker(world):
    """Nothing can be told: it is kept, the stop is quick, and all arrives after the next start."""
    broker = Broker(world, start=False)
    daemon = Daemon(world, broker)
    with daemon.client() as client:
        equal(client.play(messages(90)), [], "answers other than ok")
    equal(daemon.stop(seconds=8), 0, "exit status")
    broker.start()
    server = Server(world, broker)
    daemon.start()
    server.wait_totals(sums(90), daemon.name)
    with daemon.client() as client:
        equal(client.play(messages(50, 90)), [], "answers other than ok")
    server.wait_totals(sums(140), daemon.name)


def test_sigint_as_sigterm(world):
    daemon = Daemon(world)
    equal(daemon.stop(signal.SIGINT), 0, "exit status")
    check(not daemon.socket.exists(), "the socket file is gone")


def test_sigterm_with_clients_connected(world):
    """A client in the middle of a line and one that does not read do not hold up the end."""
    broker = Broker(world)
    daemon = Daemon(world, broker)
    daemon.wait_up()
    half, deaf = daemon.client(), daemon.client(seconds=0.3)
    half.raw(b'{"kind":"mess')
    try:
        for _ in range(40):
            deaf.socket.sendall(b'{"kind":"csat","score":5}\n' * 2000)
    except TimeoutError:
        pass
    equal(daemon.stop(seconds=8), 0, "exit status")
    equal(half.answer(), None, "the client's connection ends")


def test_killed_and_started_again(world):
    """kill -9 right after an answer, ten times: it comes up by itself, and tells every event once. tests/fault/kill does
    it at any instant."""
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker)
    first = 0
    for _ in range(10):
        with daemon.client() as client:
            equal(client.play(messages(100, first)), [], "answers other than ok")
            first += 100
            daemon.kill()
        check(daemon.socket.exists(), "the socket file is left over, as after a crash")
        daemon.start()
        with daemon.client() as client:
            check(all(a.get("again") for a in client.ask(*messages(100, first - 100))), "their ids are known")
    server.wait_totals(sums(first), daemon.name)
    check(server.read().held[max(server.held, key=lambda k: (k[1] == "hour", k[2]))].boot == 11, "eleventh boot")


def damage(path, offsets):
    data = bytearray(path.read_bytes())
    for at in offsets:
        data[at % len(data)] ^= 0x5a
    path.write_bytes(bytes(data))


def test_damaged_state(world):
    """Flipped bits, cut and empty files in the state directory: said in the log, and it comes up."""
    def flip(path):
        damage(path, range(0, 200_000, 397))

    def cut(path):
        path.write_bytes(path.read_bytes()[:5000])

    def empty(path):
        path.write_bytes(b"")

    def junk(path):
        path.write_bytes(b"not a partition at all\n" * 400)
    for spoil in (flip, cut, empty, junk):
        broker = Broker(world, start=False)
        daemon = Daemon(world, broker)
        hours = [message(n, f"c{n}", NOON_MS + n * HOUR_MS) for n in range(200)]
        with daemon.client() as client:
            equal(client.play(hours), [], "answers other than ok")
        equal(daemon.stop(), 0, "exit status")
        files = sorted(daemon.state.iterdir())
        check(len(files) >= 2, f"state files: {files}")
        for file in files:
            spoil(file)
        broker.start()
        server = Server(world, broker)  # before the daemon: the broker keeps nothing for who is not there yet
        daemon.start()
        with daemon.client() as client:
            equal(client.play([message(n, "new", NOON_MS + 300 * HOUR_MS) for n in range(900, 920)]), [], "answers")
        the_hour = lambda: [server.catalogue.flat(s.numbers)["messages_per_minute"] for s in server.read().held.values()
                            if s.resolution == "hour" and s.start * 1000 == NOON_MS + 300 * HOUR_MS]
        until(lambda: the_hour() == [20], lambda: f"the new hour is right after {spoil.__name__}: {the_hour()}")
        check("warning" in daemon.text() or "error" in daemon.text(), f"{spoil.__name__}: the log says so")


def test_only_one_daemon_a_state_directory(world):
    daemon = Daemon(world)
    other = Daemon(world, start=False, state__directory=daemon.state)
    other.launch()
    check(other.program.wait() not in (0, -6, -11), "the second ends with an error")
    other.wait_log("another earshotd")
    check(daemon.answers(), "the first goes on")


def test_only_one_daemon_a_socket(world):
    daemon = Daemon(world)
    other = Daemon(world, start=False, socket__path=daemon.socket)
    other.launch()
    check(other.program.wait() not in (0, -6, -11), "the second ends with an error")
    other.wait_log("another daemon listens")
    check(daemon.answers(), "the first goes on")


def test_a_file_in_the_way_is_not_removed(world):
    daemon = Daemon(world, start=False)
    daemon.socket.write_text("precious")
    daemon.launch()
    check(daemon.program.wait() not in (0, -6, -11), "ends with an error")
    equal(daemon.socket.read_text(), "precious", "the file")


def test_permissions(world):
    """Sockets for a group, state for nobody else."""
    group = grp.getgrgid(1).gr_name
    for mode, gid in (("0660", group), ("0600", None), ("0666", group)):
        daemon = Daemon(world, socket__mode=mode, socket__group=gid)
        about = os.stat(daemon.socket)
        equal(oct(stat.S_IMODE(about.st_mode)), oct(int(mode, 8)), "mode of the socket")
        equal(about.st_gid, 1 if gid else os.getgid(), "group of the socket")
        equal(daemon.stop(), 0, "exit status")
        for file in daemon.state.iterdir():
            equal(oct(stat.S_IMODE(file.stat().st_mode)), oct(0o600), f"mode of {file.name}")


def test_who_may_connect(world):
    """A user outside the group is turned away by the kernel, one inside is served."""
    if os.getuid() != 0:
        raise LeftOut("trying other users needs root")
    daemon = Daemon(world, socket__group=grp.getgrgid(1).gr_name)
    for folder in (world.directory, daemon.directory):
        folder.chmod(0o755)
    program = ("import socket,sys\ns = socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\n"
               "s.sendall(b'{\"kind\":\"csat\",\"score\":5}\\n')\nprint(s.recv(99).decode())\n")
    for gid, served in ((65534, False), (1, True)):
        done = subprocess.run([sys.executable, "-c", program, str(daemon.socket)], capture_output=True, text=True,
                              user=65534, group=gid, extra_groups=[], check=False, timeout=120)
        equal(("ok\":true" in done.stdout, "PermissionError" in done.stderr), (served, not served), f"group {gid}")


def notifications(world, abstract):
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    world.stack.callback(receiver.close)
    path = str(world.path("notify.sock"))
    receiver.bind("\0" + path if abstract else path)
    receiver.setblocking(False)
    got = []

    def read():
        try:
            while True:
                got.append(receiver.recv(4096).decode())
        except BlockingIOError:
            return "\n".join(got)
    return ("@" if abstract else "") + path, read


def test_what_systemd_is_told(world):
    """READY, WATCHDOG at half the time asked for, RELOADING and READY again, STOPPING."""
    for abstract in (False, True):
        path, read = notifications(world, abstract)
        daemon = Daemon(world, Broker(world), environment={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "300000"})
        until(lambda: "READY=1" in read(), "READY=1")
        equal(daemon.answers(), True, "it is ready indeed")
        until(lambda: read().count("WATCHDOG=1") >= 5, "five signs of life")
        ready = read().count("READY=1")
        daemon.program.send(signal.SIGHUP)
        until(lambda: "RELOADING=1" in read() and "MONOTONIC_USEC=" in read(), "RELOADING=1")
        until(lambda: read().count("READY=1") == ready + 1, "READY=1 again")
        equal(daemon.stop(), 0, "exit status")
        check("STOPPING=1" in read(), f"STOPPING=1: {read()}")


def test_watchdog_goes_on_under_load_and_without_a_broker(world):
    """A busy socket, a broker that hangs: the signs of life keep their pace."""
    from lib.broker import Listener
    path, read = notifications(world, False)
    kept = []
    daemon = Daemon(world, Listener(world, kept.append), environment={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "400000"})
    program = world.start("load", [world.tool("bench_load"), daemon.socket, 2_000_000, "text", "json", "batch"])
    begun = read().count("WATCHDOG=1")
    program.wait(60)
    more = read().count("WATCHDOG=1") - begun
    check(more >= 2, f"signs of life during the load: {more}")


def test_watchdog_for_another_process(world):
    """WATCHDOG_PID of somebody else: not ours to answer."""
    path, read = notifications(world, False)
    daemon = Daemon(world, environment={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"})
    with daemon.client() as client:
        for n in range(20):
            client.ask(message(n))
    until(lambda: "READY=1" in read(), "READY=1")
    check("WATCHDOG=1" not in read(), "no sign of life asked for")


def test_log_for_the_journal(world):
    """With JOURNAL_STREAM each line begins with its level as sd-daemon(3) writes it."""
    daemon = Daemon(world, start=False)
    log = daemon.directory / "earshotd.log"
    log.touch()
    about = log.stat()
    daemon.environment = {"JOURNAL_STREAM": f"{about.st_dev}:{about.st_ino}"}
    daemon.start()
    lines = daemon.text().splitlines()
    check(lines and all(line[0] == "<" and line[1] in "01234567" and line[2] == ">" for line in lines), f"{lines[:3]}")


def test_faults_of_settings_for_the_journal(world):
    """What keeps it from starting is an error there, and says nothing of levels elsewhere."""
    config = world.path("faulty.conf")
    config.write_text("[broker]\nport = many\n[publish]\nhour_s = often\n")
    elsewhere = {name: value for name, value in os.environ.items() if name != "JOURNAL_STREAM"}
    for environment, mark in ((elsewhere, ""), ({**elsewhere, "JOURNAL_STREAM": "1:2"}, "<3>")):
        done = world.run(world.tool("earshotd"), "--config", config, env=environment)
        starts = [line.partition("/")[0] for line in done.stderr.splitlines()]
        equal((done.returncode, starts), (78, [mark, mark]), f"exit status and how the lines begin: {done.stderr}")


def test_one_thread_of_ours(world):
    """The loop, and paho's two."""
    daemon = Daemon(world, Broker(world))
    daemon.wait_up()
    threads = len(os.listdir(f"/proc/{daemon.program.pid}/task"))
    check(threads <= 3, f"threads: {threads}")


def test_sleeps_when_nothing_happens(world):
    """Two seconds of silence cost next to no CPU and few wakes."""
    import time
    daemon = Daemon(world, Broker(world), publish__hour_s=60, publish__day_s=900)
    daemon.wait_up()
    with daemon.client() as client:
        client.ask(message(1))

    def switches():
        total = 0
        for task in os.listdir(f"/proc/{daemon.program.pid}/task"):
            with open(f"/proc/{daemon.program.pid}/task/{task}/status") as file:
                total += int([line for line in file if line.startswith("voluntary")][0].split()[1])
        return total
    time.sleep(1.5)  # what a session's beginning leaves to do
    cpu, wakes = time.clock_gettime((~daemon.program.pid << 3) | 2), switches()
    time.sleep(2)
    cpu, wakes = time.clock_gettime((~daemon.program.pid << 3) | 2) - cpu, switches() - wakes
    world.note(f"two seconds of silence: {cpu * 1000:.2f} ms CPU, {wakes} wakes")
    check(cpu < 0.02, f"CPU: {cpu:.3f} s")
