# SPDX-License-Identifier: Apache-2.0
"""The people's tools against a real daemon and broker: earshot send, status, tap, sim."""
import json
import signal

from lib.broker import Broker
from lib.daemon import Daemon
from lib.events import messages
from lib.summaries import Server
from lib.world import ROOT, check, equal, until


def tap(world, broker, *options):
    certs = world.certs
    return world.start("tap", [world.tool("earshot"), "tap", "--port", broker.port, "--cafile", certs.ca, "--cert",
                               certs.crt("client"), "--key", certs.key("client"), *options])


def json_lines(text):
    return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines() if line.startswith("{")]


def named_in(numbers):
    """What `earshot tap --json` says, by the names of Catalogue.flat, without sums and zeros."""
    named = {}
    for name, value in numbers.items():
        if isinstance(value, int):
            named[name] = value
        elif isinstance(value, list):
            named[name] = sum(value)
        elif "estimate" in value:
            named[name] = value["estimate"]
        elif "sketch" in value:
            named[f"{name}.count"], named[f"{name}.sum_ms"] = value["count"], value["sum_ms"]
        elif "labels" in value:
            named.update({f"{name}[{label}]": row["count"] for label, row in value["labels"].items()})
        else:
            for label, row in value.items():
                if isinstance(row, int):
                    named[f"{name}[{label}]"] = row
                else:
                    row = row if isinstance(row, dict) else {i + 1: one for i, one in enumerate(row)}
                    named.update({f"{name}[{label}].{column}": one for column, one in row.items()})
    return {name: value for name, value in named.items() if value}


def is_sum(server, name):
    """Whether Catalogue.flat made it, as the sum of a group, a table or a column."""
    lines = server.catalogue.numbers.values()
    own = {n for line in lines if line["shape"] in ("count", "wide", "group", "series", "distinct") for n in line["names"]}
    parts = {f"{n}{part}" for line in lines if line["shape"] == "distribution" for n in line["names"]
             for part in (".count", ".sum_ms")}
    return "[" not in name and name not in own | parts


def test_tap_json_says_what_a_foreign_decoder_says(world):
    """Every summary, with the catalogue's names: the same numbers as python3-cbor2's."""
    broker = Broker(world)
    server = Server(world, broker)
    program = tap(world, broker, "--json")
    until(lambda: broker.text().count("Sending SUBACK") == 2, "tap has subscribed")
    daemon = Daemon(world, broker)
    daemon.wait_up()
    done = world.run(world.tool("earshot"), "sim", "--device", f"k={daemon.socket}", ROOT / "tests/data/scripts")
    check(done.returncode == 0, f"earshot sim: {done.stderr[-300:]}")
    equal(daemon.stop(), 0, "exit status")
    until(lambda: (server.status(daemon.name) or {}).get(2), "farewell")
    shown = until(lambda: [m for m in json_lines(program.text()) if "numbers" in m]
                  if len([m for m in json_lines(program.text()) if "numbers" in m]) == len(server.summaries) else None,
                  lambda: f"{len(server.summaries)} summaries shown, {len(json_lines(program.text()))} lines")
    for line, summary in zip(shown, server.summaries):
        equal((line["device"], line["resolution"], line["revision"], line["seq"], line["boot"]),
              (summary.device, summary.resolution, summary.revision, summary.seq, summary.boot), "head")
        equal(line["ledger"], summary.ledger, "ledger")
        flat = server.catalogue.flat(summary.numbers)
        people = {name: len(some) for name, some in server.catalogue.people(summary.numbers).items()}
        equal(named_in(line["numbers"]), {n: v for n, v in (flat | people).items() if v and not is_sum(server, n)},
              f"numbers of {summary.key}")
    program.send(signal.SIGTERM)
    world.note(f"{len(shown)} summaries compared")


def test_tap_until_equal(world):
    """Exit status 0 once the sums are the simulator's, 1 if they are not by the deadline."""
    broker = Broker(world)
    daemon = Daemon(world, broker)
    expect = world.path("expect.json")
    plan = [world.tool("earshot"), "sim", "--device", f"{daemon.name}={daemon.socket}", "--expect", expect,
            ROOT / "tests/data/scripts"]
    first = tap(world, broker, "--until-equal", expect, "--timeout", "30s")
    until(lambda: "Sending SUBACK to earshot-tap" in broker.text(), "tap has subscribed")
    equal(world.run(*plan).returncode, 0, "exit status of sim")
    equal(first.wait(), 0, f"exit status; {first.text()[-500:]}")
    wrong = json.loads(expect.read_text())
    wrong["total"]["exact"]["conversations"] += 1
    wrong["devices"][daemon.name]["exact"]["conversations"] += 1
    expect.write_text(json.dumps(wrong))
    second = tap(world, broker, "--until-equal", expect, "--timeout", "3s")
    equal(second.wait(), 1, f"exit status with other sums; {second.text()[-500:]}")
    check("conversations" in second.text(), f"what differs is said: {second.text()[-500:]}")


def test_tap_refuses_a_wrong_broker(world):
    program = tap(world, Broker(world, cert="stranger"), "--timeout", "3s")
    check(program.wait() != 0, "exit status")
    check("wrong CA" in program.text(), f"the true reason: {program.text()[-400:]}")


def test_send(world):
    daemon = Daemon(world)
    tool = [world.tool("earshot"), "send", "--socket", daemon.socket]
    good = [json.dumps(event) for event in messages(5)]
    for more in ([], ["--cbor"]):
        done = world.run(*tool, *more, *good)
        equal((done.returncode, done.stdout), (0, ""), f"exit status and output; {done.stderr}")
    done = world.run(*tool, "-v", good[0])
    check(done.returncode == 0 and '"again":true' in done.stdout, f"-v shows answers: {done.stdout}")
    done = world.run(*tool, good[0], '{"kind":"csat","score":9}')
    check(done.returncode == 1 and "score" in done.stdout, f"refused: {done.returncode} {done.stdout}")
    file = world.path("events")
    file.write_text("\n".join(json.dumps(event) for event in messages(3000, 5)))
    with open(file) as stdin:
        done = world.run(*tool, stdin=stdin)
    equal((done.returncode, done.stdout), (0, ""), f"from standard input; {done.stderr}")
    equal((daemon.health("events.accepted"), daemon.health("events.repeated")), (3005, 7), "accepted, repeated")


def test_status(world):
    broker = Broker(world)
    daemon = Daemon(world, broker)
    daemon.wait_up()
    with daemon.client() as client:
        equal(client.play(messages(20)), [], "answers other than ok")
    tool = [world.tool("earshot"), "status", "--socket", daemon.socket]
    page = json.loads(world.run(*tool, "--json").stdout)
    equal(page["health"]["uplink.connects"], 1, "connects")
    text = world.run(*tool)
    equal(text.returncode, 0, "exit status")
    for word in ("TLSv1.3", "human_requested", "events.accepted", "conversations"):
        check(word in text.stdout, f"{word} is on the page: {text.stdout[:600]}")
    gone = world.run(*tool[:-1], world.path("nobody.sock"))
    check(gone.returncode != 0 and "earshotd" in gone.stderr, f"nobody there: {gone.stderr}")
