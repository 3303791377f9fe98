# SPDX-License-Identifier: Apache-2.0
"""The conversations behind a number: asked for on the device and over MQTT, with what policy lets out and no more."""
import glob
import json
import signal
import subprocess
import time as clock

import cbor2

from lib.asker import Asker
from lib.broker import Broker
from lib.daemon import Daemon
from lib.events import NOON_MS
from lib.summaries import Server
from lib.world import LeftOut, check, equal, until

CANARY = "Grumbelwitz"
SAYS = f"My name is Zacharias {CANARY}, z.{CANARY.lower()}@example.org: where is my PARCEL Schnürbel?"
REDACTED = "My name is [name], [email]: where is my PARCEL Schnürbel?"
FULL = SAYS.encode()[:64].decode(errors="ignore")
STATUSES = ["open", "resolved", "assumed_resolved", "routed", "closed_out", "abandoned"]


def conversation(n, says=SAYS, user=None, **more):
    """Number n, a minute after the one before: three messages, routed for low confidence if n is odd."""
    about = {"conversation": f"secret-{n}", "channel": "web" if n % 3 else "kiosk", "user": user or f"person-{n}"}
    at_ms = NOON_MS + n * 60_000
    yield {"kind": "message", "t": at_ms, "from": "user", "text": says, "sentiment": "negative", **about, **more}
    yield {"kind": "message", "t": at_ms + 1000, "from": "bot", "text": "Let me look.", **about}
    yield {"kind": "topic", "t": at_ms + 1000, "label": "parcels", **about}
    yield {"kind": "csat", "t": at_ms + 2000, "score": 1 + n % 5, **about}
    if n % 2:
        yield {"kind": "tag", "t": at_ms + 2000, "label": "vip", **about}
        yield {"kind": "handoff", "t": at_ms + 3000, "reason": "low_confidence", **about}
    else:
        yield {"kind": "close", "t": at_ms + 3000, "by": "user", **about}


def play(daemon, numbers, **more):
    with daemon.client() as client:
        equal(client.play([e for n in numbers for e in conversation(n, **more)]), [], "refused events")


def ask(daemon, **question):
    with daemon.client() as client:
        client.raw(json.dumps({"ask": "records", **question}).encode() + b"\n")
        return client.answer()


def records(daemon, **question):
    """All pages."""
    found, answer = [], ask(daemon, **question)
    while True:
        check("error" not in answer, f"refused: {answer}")
        found += answer.get("records", [])
        if "next" not in answer:
            equal(len(found), answer["matched"], "records on all pages")
            return found
        answer = ask(daemon, **question, cursor=answer["next"])


def reload(daemon):
    done = daemon.text().count("configuration reloaded")
    daemon.program.send(signal.SIGHUP)
    until(lambda: daemon.text().count("configuration reloaded") > done, "configuration reloaded")


def test_filters_on_the_device(world):
    """Every filter finds what it should, and nothing else; newest first, page by page."""
    broker = Broker(world)
    daemon = Daemon(world, broker, records__policy="redacted")
    play(daemon, range(40))
    everything = records(daemon)
    equal([r["serial"] for r in everything], list(range(40, 0, -1)), "serials")
    check("next" in ask(daemon), "40 records take more than a page")
    number = lambda r: r["serial"] - 1
    wanted = [
        ({"status": "routed"}, lambda n: n % 2 == 1), ({"status": "resolved"}, lambda n: n % 2 == 0),
        ({"status": "open"}, lambda n: False), ({"reason": "low_confidence"}, lambda n: n % 2 == 1),
        ({"reason": "other"}, lambda n: False), ({"outcome": "successful"}, lambda n: n % 2 == 0),
        ({"channel": "kiosk"}, lambda n: n % 3 == 0), ({"topic": "parcels"}, lambda n: True),
        ({"topic": "parcel"}, lambda n: False), ({"tag": "vip"}, lambda n: n % 2 == 1), ({"procedure": "x"}, lambda n: False),
        ({"csat_min": 4}, lambda n: n % 5 >= 3), ({"csat_max": 2}, lambda n: n % 5 <= 1),
        ({"csat_min": 3, "csat_max": 3}, lambda n: n % 5 == 2),
        ({"sentiment": "negative"}, lambda n: True), ({"sentiment": "positive"}, lambda n: False),
        ({"from": NOON_MS // 1000 + 600}, lambda n: n >= 10), ({"to": NOON_MS // 1000 + 600}, lambda n: n < 10),
        ({"from": NOON_MS // 1000 + 60, "to": NOON_MS // 1000 + 120, "status": "routed"}, lambda n: n == 1),
        ({"text": "parcel schnurbel"}, lambda n: True), ({"text": CANARY}, lambda n: False),
        ({"text": "parcel", "tag": "vip", "channel": "kiosk"}, lambda n: n % 2 == 1 and n % 3 == 0),
        ({"status": None}, lambda n: True),
    ]
    for question, fits in wanted:
        equal(sorted(map(number, records(daemon, **question))), [n for n in range(40) if fits(n)], f"found by {question}")
    one = records(daemon, **{"from": NOON_MS // 1000 + 60, "to": NOON_MS // 1000 + 61})[0]
    equal({k: v for k, v in one.items() if k != "conversation"},
          {"serial": 2, "start": NOON_MS // 1000 + 60, "updated": NOON_MS // 1000 + 63, "slice": ["web", "", "", ""],
           "status": "routed", "reason": "low_confidence", "messages": [1, 1, 0], "csat": [1, 2],
           "sentiment": "negative", "topics": ["parcels"], "tags": ["vip"], "question": REDACTED}, "a record")
    equal(len(bytes.fromhex(one["conversation"])), 8, "a hash")


def test_wrong_questions_are_answered(world):
    """With the fault and what is allowed, and counted; none of what was asked is repeated."""
    daemon = Daemon(world)
    wrong = [({"status": "lost"}, "unknown", "status"), ({"csat_min": 6}, "range", "csat_min"),
             ({"from": "noon"}, "type", "from"), ({"text": "x" * 49}, "too_long", "text"), ({"text": ""}, "range", "text"),
             ({"statsu": "routed"}, "unknown", None), ({"cursor": 0}, "range", "cursor"), ({"v": 2}, "version", "v"),
             ({"tag": CANARY * 10}, "too_long", "tag"), ({"id": CANARY * 10}, "too_long", "id")]
    for question, error, field in wrong:
        answer = ask(daemon, **question)
        equal((answer["error"], answer.get("field")), (error, field), f"answer to {question}")
        check(answer["allowed"] and CANARY not in repr(answer), f"it says what is allowed: {answer}")
    equal(daemon.health("records.refused"), len(wrong), "records.refused")
    equal(ask(daemon)["matched"], 0, "and it still answers")


def test_policy_none_lets_no_text_out(world):
    """The default: a canary is in no answer, nowhere in storage, in no log line and on no topic."""
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker, device__save_s=1)
    asker = Asker(world, broker, daemon)
    play(daemon, range(6))
    daemon.wait_up()
    answer = ask(daemon)
    equal((answer["policy"], answer["withheld"], answer["matched"]), ("none", "text", 6), "policy none")
    check(all("question" not in r and "user" not in r and "name" not in r for r in answer["records"]), "bare records")
    equal({k: v for k, v in ask(daemon, text=CANARY).items() if k not in ("v", "id")},
          {"policy": "none", "withheld": "text"}, "asked by text: not even how many")
    equal(len(asker.ask({2: "records", 1: "a"})[5]), 6, "records over MQTT")
    asker.ask({2: "records", 1: "b", 15: "parcel"})
    equal(daemon.health("records.withheld"), 4, "records.withheld")
    equal(daemon.health("records.answered"), 4, "records.answered")
    until(lambda: daemon.health("checkpoints.made") >= 2, "a checkpoint beside that of the start")
    status = repr(daemon.status())
    equal(daemon.stop(), 0, "exit status")
    server.read()
    for word in (CANARY, "Schnürbel", "secret-", "person-"):
        for form in (word.encode(), word.lower().encode(), word.encode().hex().encode(), word.encode().hex().upper().encode()):
            for file in sorted(world.directory.rglob("*")):
                check(not file.is_file() or form not in file.read_bytes(), f"{word} is in {file}")
            check(not any(form in m[2] for m in server.messages) and form.decode() not in status, f"{word} is told")


def test_policies(world):
    """Redacted, full, and back to none: a stricter policy forgets, in storage too."""
    broker = Broker(world)
    daemon = Daemon(world, broker, records__policy="redacted", device__save_s=1)

    def switch(policy):
        daemon.set(records__policy=policy)
        reload(daemon)

    play(daemon, [1])
    answer = ask(daemon)
    equal((answer["policy"], "withheld" in answer), ("redacted", False), "policy redacted")
    equal(answer["records"][0]["question"], REDACTED, "redacted question")
    check("user" not in answer["records"][0] and "name" not in answer["records"][0], "no ids under redacted")
    switch("full")
    play(daemon, [2])
    newest, older = ask(daemon)["records"]
    equal((newest["question"], newest["name"], len(newest["user"])), (FULL, "secret-2", 16), "policy full")
    equal(older["question"], REDACTED, "what was redacted stays so")
    until(lambda: any(CANARY.encode() in f.read_bytes() for f in daemon.state.rglob("*") if f.is_file()), "it is stored")
    switch("redacted")
    check(all("question" not in r and "name" not in r for r in ask(daemon)["records"]), "texts of full are forgotten")
    play(daemon, [3])
    equal(ask(daemon)["records"][0]["question"], REDACTED, "redacted from now on")
    until(lambda: not any(CANARY.encode() in f.read_bytes() for f in daemon.state.rglob("*") if f.is_file()),
          "it is not stored any more")
    switch("none")
    check(all("question" not in r for r in ask(daemon)["records"]), "policy none")
    equal(daemon.stop(), 0, "exit status")
    check(not any("Schnürbel".encode() in f.read_bytes() for f in daemon.state.rglob("*") if f.is_file()), "nor that")
    daemon.set(records__policy="full")
    daemon.start()
    equal([("question" in r, r["status"]) for r in ask(daemon)["records"]],
          [(False, "routed"), (False, "resolved"), (False, "routed")], "records outlive a restart, forgotten words do not")


def test_too_few_people(world):
    """k counts people, not conversations, and hides how few."""
    daemon = Daemon(world, records__k=3, records__policy="full")
    play(daemon, range(6), user="one person")
    play(daemon, [7])
    few = {"policy": "full", "withheld": "few"}
    equal({k: v for k, v in ask(daemon).items() if k not in ("v", "id")}, few, "two people in seven conversations")
    equal({k: v for k, v in ask(daemon, tag="nobody").items() if k not in ("v", "id")}, few, "nobody looks the same")
    play(daemon, [8])
    equal(ask(daemon)["matched"], 8, "three people")
    equal({k: v for k, v in ask(daemon, channel="kiosk", tag="vip").items() if k not in ("v", "id")}, few, "a filter of few")
    equal((daemon.health("records.answered"), daemon.health("records.withheld")), (4, 3), "counted")


def test_over_mqtt(world):
    """Requests and replies of one id; faults answered; too many refused; retained ones not heard."""
    broker = Broker(world)
    daemon = Daemon(world, broker, records__policy="redacted")
    play(daemon, range(30))
    daemon.wait_up()
    asker = Asker(world, broker, daemon)
    found, request = [], {0: 1, 1: "page", 2: "records", 5: STATUSES.index("routed")}
    while True:
        reply = asker.ask(request)
        equal((reply[1], reply[3], reply[2]), ("page", 15, 1), "id, matched, policy")
        found += reply[5]
        if 6 not in reply:
            break
        request[16] = reply[6]
    equal([r[0] for r in found], list(range(30, 0, -2)), "routed ones, newest first")
    equal({r[16] for r in found}, {REDACTED}, "questions")
    equal(asker.ask({16: found[0][0], 1: "x", 2: "records", 9: "nothing"}), {0: 1, 1: "x", 2: 1, 3: 0}, "none")
    refused = daemon.health("records.refused")
    bad = [(b"", -1), (b"\xff\xff", -1), (b"\x80", -2), (cbor2.dumps({1: "q"}), -4), (cbor2.dumps({1: "q", 2: "weather"}), -5),
           (cbor2.dumps({1: "q", 2: "records", 5: 9}), -5), (cbor2.dumps({1: "q", 2: "records", 12: 9}), -3),
           (cbor2.dumps({1: "q", 2: "records", 15: "x" * 600}), -6), (cbor2.dumps({0: 2, 1: "q", 2: "records"}), -10),
           (cbor2.dumps({1: "q", 2: "records"}) + b"\x00", -1), (b"\xa3\x01\x61q\x02\x67records\x0f\x61\xff", -8),
           (b"\xa3\x01\x61q\x02\x67records\x02\x67records", -7)]
    for payload, error in bad:
        equal(asker.ask(payload)[7], error, f"error of the reply to {payload[:40]!r}")
    equal(daemon.health("records.refused"), refused + len(bad), "records.refused")
    equal(asker.ask(cbor2.dumps({1: "skip", 2: "records", 99: [1, {2: b"3"}], 9: "nothing"}))[3], 0, "unknown keys are skipped")
    answered = daemon.health("records.answered")
    asker.publish(cbor2.dumps({1: "old", 2: "records"}), "-r")
    until(lambda: daemon.health("records.answered") == answered + 1, "a retained request is answered when it is sent")
    broker.restart()
    until(lambda: daemon.health("uplink.connects") >= 2, "connected again")
    clock.sleep(0.5)
    equal(daemon.health("records.answered"), answered + 1, "and not again when the broker keeps it")


def test_a_flood_is_refused(world):
    """Requests beyond the few that wait are told so, or dropped, and counted; numbers still come through."""
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker)
    daemon.wait_up()
    asker = Asker(world, broker, daemon)
    one = cbor2.dumps({1: "f", 2: "records"})
    check(b"\n" not in one, "a request is a line here")
    subprocess.run([str(a) for a in ["mosquitto_pub", *asker.how, "-t", f"{asker.topic}/cmd", "-l"]],
                   input=(one + b"\n") * 400, check=True, timeout=120)
    play(daemon, range(4))
    handled = lambda: daemon.health("records.answered") + daemon.health("records.refused")
    until(lambda: handled() == 400, lambda: f"every request is accounted for, {handled()} of 400")
    told = lambda: sum(s.numbers.get(0, 0) for s in server.read().held.values() if s.resolution == "hour")
    until(lambda: told() == 4, lambda: f"the numbers come through all the same: {told()} conversations")
    world.note(f"{daemon.health('records.answered')} answered, {daemon.health('records.refused')} refused of 400 at once")
    equal(asker.ask({1: "after", 2: "records"})[3], 4, "and it answers again")


def test_a_broker_that_refuses_the_subscription(world):
    """The device cannot be asked then, and tells its numbers all the same."""
    plugin = next(iter(glob.glob("/usr/lib/*/mosquitto_dynamic_security.so")), None)
    if plugin is None:
        raise LeftOut("mosquitto's plugin for access lists is not here")
    access = world.path("access.json")
    access.write_text(json.dumps({"defaultACLAccess": {"publishClientSend": True, "publishClientReceive": True,
                                                       "subscribe": False, "unsubscribe": True},
                                  "clients": [], "groups": [], "roles": []}))
    broker = Broker(world, lines=[f"plugin {plugin}", f"plugin_opt_config_file {access}"])
    daemon = Daemon(world, broker)
    daemon.wait_up()
    daemon.wait_log("does not let requests through: Not authorized")
    play(daemon, [1])
    until(lambda: daemon.health("summaries.acked") > 0, "numbers are told")
    equal(daemon.health("uplink.losses"), 0, "sessions lost")


def test_earshot_records(world):
    """The program, on the device and from anywhere: the same conversations either way."""
    broker = Broker(world)
    daemon = Daemon(world, broker, records__policy="redacted")
    play(daemon, range(40))
    daemon.wait_up()
    tool, certs = world.tool("earshot"), world.certs
    here = ["--socket", daemon.socket]
    away = ["--device", f"t/s/{daemon.name}", "--host", "127.0.0.1", "--port", broker.port, "--cafile", certs.ca, "--cert",
            certs.crt("client"), "--key", certs.key("client")]
    for filters, count in ([], 40), (["--status", "routed", "--reason", "low_confidence"], 20), (["--csat", "1-2"], 16), \
            (["--from", "2026-01-01T12:10:00Z", "--to", "2026-01-01T12:20:00Z"], 10), (["--text", "PARCEL schnurbel"], 40), \
            (["--limit", "7"], 7), (["--tag", "vip", "--topic", "parcels", "--channel", "kiosk", "--sentiment", "negative"], 7):
        lines = [world.run(tool, "records", *way, "--json", *filters) for way in (here, away)]
        for done in lines:
            equal(done.returncode, 0, f"exit status of {filters}: {done.stderr}")
        found = [json.loads(line) for line in lines[0].stdout.splitlines()]
        equal(len(found), count, f"records found by {filters}")
        equal(lines[0].stdout, lines[1].stdout, f"the same by both ways: {filters}")
    shown = world.run(tool, "records", *here, "--limit", "2")
    check("routed" in shown.stdout and "Where is" not in shown.stdout.splitlines()[0][:20] and "[name]" in shown.stdout,
          f"lines for people: {shown.stdout}")
    for arguments, code, says in ((["--status", "lost"], 1, "unknown, status; open, resolved"),
                                  (["--csat", "9"], 2, "1 to 5"), (["--device", "a/b/c"], 2, "go together")):
        done = world.run(tool, "records", *here, *arguments)
        equal(done.returncode, code, f"exit status of {arguments}")
        check(says in done.stderr, f"{arguments} says {done.stderr}")
    gone = world.run(tool, "records", *away[2:], "--device", "t/s/nobody", "--timeout", "1s")
    check(gone.returncode == 1 and "no answer" in gone.stderr, f"a device that is not there: {gone.stderr}")
    daemon.set(records__policy="none", records__k=30)
    reload(daemon)
    few = world.run(tool, "records", *here, "--status", "routed")
    check(few.returncode == 1 and "too few people" in few.stderr, f"withheld: {few.stderr}")
    none = world.run(tool, "records", *here, "--text", "parcel")
    check(none.returncode == 1 and "policy is none" in none.stderr, f"withheld: {none.stderr}")
