# SPDX-License-Identifier: Apache-2.0
"""Configuration: faults are told with file, line and what is allowed; what can change at run time does."""
import re
import signal

from lib.broker import Broker
from lib.daemon import Daemon
from lib.events import messages
from lib.world import check, equal, until

EX_CONFIG = 78

# (lines, line of the fault, what the message must say)
FAULTS = [
    ("[publish]\nhour_s = soon\n", 2, r"hour_s = soon: allowed is a whole number from 0 to 86400"),
    ("[publish]\nhour_s = -1\n", 2, "from 0 to 86400"),
    ("[publish]\nhour_s = 86401\n", 2, "from 0 to 86400"),
    ("[publish]\nhour_s = 1.5\n", 2, "from 0 to 86400"),
    ("[publish]\nhour_s = 99999999999999999999\n", 2, "from 0 to 86400"),
    ("[publish]\nhour_s =\n", 2, "from 0 to 86400"),
    ("\n# a comment\n[conversation]\nidle_close_s = 59\n", 4, "from 60 to 2592000"),
    ("[device]\nclock = atomic\n", 2, "system.*events"),
    ("[device]\ntenant = a/b\n", 2, "tenant"),
    ("[device]\ntenant = +\n", 2, "tenant"),
    ("[device]\nsite = " + "s" * 33 + "\n", 2, "site"),
    ("[device]\ntimezone = Mars/Olympus\n", 2, "timezone"),
    ("[device]\ncolour = red\n", 2, r"no setting colour in \[device\]"),
    ("[devise]\ntenant = a\n", 2, r"no section \[devise\]"),
    ("tenant = a\n", 1, "before the first"),
    ("[broker]\ntls_min = 1.1\n", 2, "1.2.*1.3"),
    ("[broker]\nport = 0\n", 2, "from 1 to 65535"),
    ("[socket]\nmode = 0777\n", 2, "0600.*0660.*0666"),
    ("[log]\nlevel = loud\n", 2, "error.*debug"),
    ("[log]\nlevel info\n", 2, "neither"),
    ("[log]\nlevel = info\nlevel = debug\n", 3, "line 2 already"),
    ("[device]\nsite = x" + "y" * 300 + "\n", 2, "longer than"),
]


def test_every_fault_names_file_line_and_what_is_allowed(world):
    path = world.path("wrong.conf")
    for text, line, says in FAULTS:
        path.write_text(text)
        for how in ("--check", "--config"):
            done = world.run(world.tool("earshotd"), how, path)
            equal(done.returncode, EX_CONFIG, f"exit status of {how} {text[:60]!r}; {done.stderr}")
            found = re.search(re.escape(f"{path}:{line}: ") + ".*" + says, done.stderr)
            check(found, f"{text[:60]!r}: /{says}/ at line {line} is not in: {done.stderr}")


def test_all_faults_at_once(world):
    path = world.path("wrong.conf")
    path.write_text("[publish]\nhour_s = soon\nday_s = 1\n[nowhere]\nx = 1\n[broker]\nport = 99999\n")
    done = world.run(world.tool("earshotd"), "--check", path)
    lines = sorted({int(n) for n in re.findall(r"wrong\.conf:(\d+):", done.stderr)})
    check(lines in ([2, 4, 7], [2, 5, 7]), f"lines with faults: {lines}; {done.stderr}")
    check("3 faults" in done.stderr, f"how many: {done.stderr}")


def test_faults_between_settings(world):
    """Each alone is fine, together they are not."""
    daemon = Daemon(world, start=False, uplink__backoff_min_ms=5000, uplink__backoff_max_ms=1000)
    done = world.run(world.tool("earshotd"), "--check", daemon.config)
    equal(done.returncode, EX_CONFIG, "exit status")
    check("backoff" in done.stderr, f"it says so: {done.stderr}")
    daemon = Daemon(world, start=False, broker__tls_min="1.3", broker__tls_max="1.2")
    done = world.run(world.tool("earshotd"), "--check", daemon.config)
    equal(done.returncode, EX_CONFIG, "exit status")
    check("tls_m" in done.stderr, f"it says so: {done.stderr}")


def test_files_that_are_not_there_or_not_what_they_should_be(world):
    certs = world.certs
    junk = world.path("junk.pem")
    junk.write_text("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n")
    for settings, says in (
            ({"broker__ca_file": world.path("nothing.pem")}, r"nothing\.pem.*No such file"),
            ({"broker__ca_file": junk}, "junk.pem|CA"),
            ({"broker__cert_file": junk}, "junk.pem|certificate"),
            ({"broker__key_file": certs.crt("client")}, "key"),
            ({"broker__key_file": certs.key("server")}, "does not belong"),
            ({"state__directory": junk}, "junk.pem"),
            ({"socket__path": world.path("no/such/folder/s.sock")}, "no/such/folder"),
            ({"socket__group": "no-such-group-here"}, "no-such-group-here")):
        daemon = Daemon(world, start=False, **settings)
        daemon.launch()
        check(daemon.program.wait() not in (0, -6, -11), f"{settings}: ends with an error")
        daemon.wait_log(says, 1)


def test_missing_configuration_file(world):
    done = world.run(world.tool("earshotd"), "--config", world.path("nothing.conf"))
    equal(done.returncode, EX_CONFIG, "exit status")
    check("nothing.conf" in done.stderr and "No such file" in done.stderr, f"it says so: {done.stderr}")


def test_a_good_file_passes(world):
    daemon = Daemon(world, start=False)
    done = world.run(world.tool("earshotd"), "--check", daemon.config)
    equal((done.returncode, done.stderr), (0, ""), "exit status and faults")
    printed = world.run(world.tool("earshotd"), "--config", daemon.config, "--print-config")
    equal(printed.returncode, 0, "exit status of --print-config")
    again = world.path("printed.conf")
    again.write_text(printed.stdout)
    equal(world.run(world.tool("earshotd"), "--check", again).returncode, 0, "what it printed is a good file")
    equal(world.run(world.tool("earshotd"), "--config", again, "--print-config").stdout, printed.stdout, "printed again")


def test_defaults_are_printed(world):
    printed = world.run(world.tool("earshotd"), "--print-config")
    equal(printed.returncode, 0, "exit status")
    for name in ("tenant", "idle_close_s", "hour_s", "ca_file", "max_clients", "outbox_kib"):
        check(re.search(rf"^# ?{name} = ", printed.stdout, re.M), f"{name} is there, as a comment")


def test_reload(world):
    """SIGHUP: what is marked LIVE is applied, what needs a restart says so, the client's connection stays."""
    broker = Broker(world)
    daemon = Daemon(world, broker, publish__hour_s=3600, publish__day_s=3600, log__level="info")
    daemon.wait_up()
    with daemon.client() as client:
        equal(client.play(messages(20)), [], "answers other than ok")
        daemon.set(publish__hour_s=1, log__level="debug", socket__max_clients=2, device__tenant="other")
        daemon.program.send(signal.SIGHUP)
        daemon.wait_log("configuration reloaded")
        daemon.wait_log("tenant.*restart")
        until(lambda: daemon.answers() and "debug: a client" in daemon.text(), "the log level applies")
        with daemon.client():
            with daemon.client() as third:
                equal(third.answer()["error"], "busy", "a third client with max_clients = 2")
        equal(client.play(messages(20, 20)), [], "the connection goes on")
    equal(daemon.health("uplink.losses"), 0, "sessions lost by reloading")


def test_reload_applies_intervals(world):
    """Summaries that would come in an hour come in a second once the file says so."""
    from lib.summaries import Server
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker, publish__hour_s=3600, publish__day_s=3600)
    daemon.wait_up()
    acks = until(lambda: daemon.health("uplink.acks"), "the birth message")
    with daemon.client() as client:
        equal(client.play(messages(20)), [], "answers other than ok")
        until(lambda: daemon.health("summaries.unsent") == 2, "two windows wait")
        equal(daemon.health("uplink.acks"), acks, "nothing told yet")
    daemon.set(publish__hour_s=1)
    daemon.program.send(signal.SIGHUP)
    server.wait_total("messages_per_minute", 20, daemon.name, 5)


def test_reload_of_a_wrong_file_changes_nothing(world):
    daemon = Daemon(world, Broker(world))
    daemon.wait_up()
    good = daemon.config.read_text()
    daemon.config.write_text(good + "[publish]\nhour_s = never\n")
    daemon.program.send(signal.SIGHUP)
    daemon.wait_log(r"earshotd\.conf:\d+: .*hour_s = never: allowed is")
    daemon.wait_log("not reloaded")
    with daemon.client() as client:
        equal(client.play(messages(20)), [], "answers other than ok")


def test_reload_of_certificates(world):
    """A device certificate that was replaced is used from the next session on."""
    broker = Broker(world)
    cert, key = world.path("device.crt"), world.path("device.key")
    cert.write_bytes(world.certs.crt("untrusted").read_bytes())
    key.write_bytes(world.certs.key("untrusted").read_bytes())
    key.chmod(0o600)
    daemon = Daemon(world, broker, broker__cert_file=cert, broker__key_file=key)
    daemon.wait_log("refused our certificate")
    cert.write_bytes(world.certs.crt("client").read_bytes())
    key.write_bytes(world.certs.key("client").read_bytes())
    daemon.program.send(signal.SIGHUP)
    daemon.wait_up()


def test_key_that_others_can_read(world):
    key = world.path("device.key")
    key.write_bytes(world.certs.key("client").read_bytes())
    key.chmod(0o644)
    daemon = Daemon(world, Broker(world), broker__key_file=key)
    daemon.wait_log("warning: .*key.*device.key")


def test_wrong_usage(world):
    for arguments in (["--nonsense"], ["events.json"], ["--config"]):
        done = world.run(world.tool("earshotd"), *arguments)
        equal(done.returncode, 64, f"exit status of {arguments}")
        check("--help" in done.stderr, f"where to look: {done.stderr}")
