# SPDX-License-Identifier: Apache-2.0
"""Bad bytes on the socket get a clear answer or a clear end, are counted by cause, and harm nobody else."""
import json
import os
import random
import resource
import socket
import time

import cbor2

from lib.client import Client, to_cbor, to_json
from lib.daemon import Daemon
from lib.events import NOON_MS, message
from lib.neighbour import Neighbour, refusals
from lib.world import check, equal, until

GOOD = to_json(message(0, conversation="good"))

# line -> the error's name (core/base/ear_err.c)
LINES = [
    (b'{"kind":"message"', "syntax"),
    (b'{"kind":"message","conversation":"c","from":"user","text":"cut', "syntax"),
    (b"not JSON at all", "syntax"),
    (b"[]", "type"),
    (b'"text"', "type"),
    (b"42", "type"),
    (b"{}", "missing"),
    (b'{"kind":"message","from":"user","text":"x"}', "missing"),
    (b'{"kind":"message","conversation":"c","text":"x"}', "missing"),
    (b'{"kind":"csat","conversation":"c"}', "missing"),
    (b'{"kind":"dance","conversation":"c"}', "unknown"),
    (b'{"kind":"message","conversation":"c","from":"ghost","text":"x"}', "unknown"),
    (b'{"kind":7,"conversation":"c"}', "type"),
    (b'{"kind":"message","conversation":5,"from":"user","text":"x"}', "type"),
    (b'{"kind":"message","conversation":"c","from":"user","text":["x"]}', "type"),
    (b'{"kind":"message","conversation":"c","from":"user","text":"x","fallback":"yes"}', "type"),
    (b'{"kind":"csat","score":6}', "range"),
    (b'{"kind":"csat","score":0}', "range"),
    (b'{"kind":"csat","score":-1}', "range"),
    (b'{"kind":"csat","score":4.5}', None),
    (b'{"kind":"csat","score":1e99}', None),
    (b'{"kind":"csat","score":99999999999999999999999999}', None),
    (b'{"kind":"message","conversation":"c","from":"bot","text":"x","confidence":1.5}', "range"),
    (b'{"kind":"message","conversation":"c","from":"bot","text":"x","confidence":"high"}', "type"),
    (b'{"kind":"message","conversation":"c","from":"user","text":"x","t":-5}', "range"),
    (b'{"kind":"message","conversation":"c","from":"user","text":"x","t":17}', "range"),
    (b'{"kind":"message","conversation":"","from":"user","text":"x"}', None),
    (b'{"kind":"message","conversation":"' + b"c" * 65 + b'","from":"user","text":"x"}', "too_long"),
    (b'{"kind":"message","conversation":"c","from":"user","text":"x","channel":"' + b"w" * 25 + b'"}', "too_long"),
    (b'{"kind":"message","conversation":"c","from":"user","text":"x","language":"english"}', None),
    (b'{"kind":"message","conversation":"c\\u0001","from":"user","text":"x"}', None),
    (b'{"kind":"message","conversation":"c","conversation":"d","from":"user","text":"x"}', "duplicate"),
    (b'{"kind":"message","conversation":"c","from":"user","text":"\xff\xfe"}', "utf8"),
    (b'{"kind":"message","conversation":"c","from":"user","text":"\xc0\xaf"}', "utf8"),
    (b'{"kind":"message","conversation":"c","from":"user","text":"\xed\xa0\x80"}', "utf8"),
    (b'{"kind":"message","conversation":"c","from":"user","text":"\\ud800"}', None),
    (b'{"v":2,"kind":"message","conversation":"c","from":"user","text":"x"}', "version"),
    (b'{"kind":"message","conversation":"c","from":"user","text":"' + b"x" * 9000 + b'"}', "too_long"),
    (b'{"x":' + b"[" * 4000 + b"]" * 4000 + b"}", None),
    (b'{"x":' * 1300 + b"1" + b"}" * 1300, None),
    (b'{"kind":"message","conversation":"c","from":"user","text":"a\0b"}', "syntax"),
    (b"\0", "syntax"),
    (b'{"ask":"nonsense"}', "unknown"),
    (b'{"ask":5}', None),
]


def test_every_wrong_line_is_told_what_is_wrong(world):
    """One connection, good events between the bad ones; each answered in its place, counted by cause."""
    daemon = Daemon(world)
    neighbour = Neighbour(daemon)
    seen = {}
    with daemon.client() as client:
        for n, (line, error) in enumerate(LINES):
            client.raw(line + b"\n" + to_json(message(n, conversation="good")))
            answer, good = client.answers(2)
            check(answer and answer.get("ok") is False, f"{line[:80]!r} is refused: {answer}")
            equal(answer["n"], 2 * n + 1, f"number of {line[:80]!r}")
            check(error in (None, answer["error"]), f"{line[:80]!r}: {answer}, {error} was expected")
            check(answer.get("allowed"), f"{line[:80]!r}: the answer says what would be right: {answer}")
            equal(good, {"n": 2 * n + 2, "ok": True}, f"the good event after {line[:80]!r}")
            seen[answer["error"]] = seen.get(answer["error"], 0) + 1
    neighbours = neighbour.done(world)
    counted = refusals(daemon)
    equal({c: n for c, n in counted.items() if n}, {c: n for c, n in seen.items() if n}, "refused, by cause")
    equal(daemon.health("events.accepted"), len(LINES) + neighbours, "accepted")
    world.note("refused: " + ", ".join(f"{n} {c}" for c, n in sorted(seen.items())))


def test_answers_name_the_field(world):
    daemon = Daemon(world)
    with daemon.client() as client:
        client.raw(b'{"kind":"csat","score":9}\n{"kind":"message","conversation":"c","from":"user","text":"x","t":"noon"}\n')
        score, t = client.answers(2)
    equal((score["error"], score["field"]), ("range", "score"), "error and field")
    check("1" in score["allowed"] and "5" in score["allowed"], f"what is allowed: {score}")
    equal((t["error"], t["field"], t["at"]), ("type", "t", 62), "error, field and place")


def test_megabyte_without_newline(world):
    """Answered once, skipped to its end; the connection goes on."""
    daemon = Daemon(world)
    neighbour = Neighbour(daemon)
    rss = daemon.rss_kib()
    with daemon.client() as client:
        for _ in range(3):
            client.raw(b'{"kind":"message","text":"' + b"y" * 1_000_000)
            equal(client.answer()["error"], "too_long", "answer to a megabyte")
            client.raw(b"y" * 500_000 + b'"}\n' + GOOD.replace(b"m0", os.urandom(8).hex().encode()))
            equal(client.answer()["ok"], True, "the event behind it")
    neighbour.done(world)
    equal(daemon.health("events.refused.too_long"), 3, "too long")
    check(daemon.rss_kib() - rss <= 256, f"memory: {rss} to {daemon.rss_kib()} KiB")


def test_longest_line_and_one_more(world):
    """The limit is what Kconfig says: 8192 bytes."""
    daemon = Daemon(world)
    with daemon.client() as client:
        for length, ok in ((8192, True), (8193, False)):
            line = to_json({"kind": "message", "conversation": "c", "from": "user", "text": ""})[:-1]
            line = line.replace(b'"text":""', b'"text":"' + b"z" * (length - len(line)) + b'"')
            equal(len(line), length, "length")
            client.raw(line + b"\n")
            answer = client.answer()
            equal(answer["ok"], ok, f"a line of {length} bytes: {answer}")


def test_in_pieces(world):
    """Bytes one by one, across several events; blank lines; CR LF; the last line without its end."""
    daemon = Daemon(world)
    lines = b"".join(to_json(message(n)) for n in range(5)).replace(b"\n", b"\r\n\r\n\n")
    with daemon.client() as client:
        for at in range(len(lines)):
            client.raw(lines[at:at + 1])
        equal([a["ok"] for a in client.answers(5)], [True] * 5, "answers")
        client.raw(to_json(message(9))[:-1])
        client.socket.shutdown(socket.SHUT_WR)
        equal(client.answer()["ok"], True, "a last line without newline")
        equal(client.answer(), None, "then the connection ends")
    equal(daemon.health("events.accepted"), 6, "accepted")


def test_hangs_up_in_the_middle(world):
    """Half an event and gone: nothing is counted, nothing leaks."""
    daemon = Daemon(world, socket__max_clients=400)
    neighbour = Neighbour(daemon)
    for n in range(300):
        client = daemon.client()
        client.raw((to_cbor if n % 2 else to_json)(message(n))[:40])
        client.close()
    neighbours = neighbour.done(world)
    until(lambda: daemon.status()["clients"]["connected"] == 1, "all are gone")
    equal(daemon.health("events.accepted"), neighbours, "accepted")


CBOR_KEPT = [  # the item's end is known: refused, and the sequence goes on
    ({}, "missing"),
    ({1: 2}, "missing"),
    ({1: 99, 4: "c"}, "unknown"),
    ({1: "message", 4: "c"}, "type"),
    ({1: 2, 4: 7, 6: 0, 7: "x"}, "type"),
    ({1: 2, 4: "c", 6: 9, 7: "x"}, "unknown"),
    ({1: 7, 21: 6}, "range"),
    ({1: 7, 21: -3}, None),
    ({1: 7, 21: 4.5}, None),
    ({1: 2, 4: "c", 6: 0, 7: b"bytes"}, "type"),
    ({1: 2, 4: "c" * 65, 6: 0, 7: "x"}, "too_long"),
    ({0: 2, 1: 2, 4: "c", 6: 0, 7: "x"}, "version"),
    ({1: 2, 4: "c", 6: 1, 7: "x", 13: 1001}, "range"),
    ({1: 2, 4: "c", 6: 0, 7: "x", 3: 17}, "range"),
]
CBOR_RAW = [
    (b"\xa2\x01\x02\x01\x02", "duplicate"),
    (b"\xa4\x01\x02\x04\x61c\x06\x00\x07\x62\xff\xfe", "utf8"),
    (b"\xa4\x01\x02\x04\x61c\x06\x00\x07\x7f\x61x\xff", None),  # text in chunks
]
CBOR_DEADLY = [  # what comes next cannot be found: refused, and the connection ends
    b"\xa1\xff",
    b"\xa1\x01\xff",
    b"\xbf\x01",
    b"\xa1\x1c\x00",
    b"\xa1\x01\x5f\x61x\xff",
    b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02",
    b"\xa4\x01\x02\x04\x7b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\xa4\x01\x02\x04\x61c\x06\x00\x07\x7a\x00\x10\x00\x00" + b"x" * 20000,
    b"\xa1\x18\x63" + b"\x81" * 9000,
    cbor2.dumps({1: 2, 4: "c", 6: 0, 7: "x", 99: [[[[[[1]]]]]]}),
    b"\xa0\x00garbage after an event",
    b"\x80",
    b"\xd9\xd9\xf7\xa1\x01\x02",
    b"\xff\xff\xff\xff",
    b"\x89PNG\r\n\x1a\n",
]


def test_wrong_cbor_whose_end_is_known(world):
    daemon = Daemon(world)
    neighbour = Neighbour(daemon)
    cases = [(cbor2.dumps(item), error) for item, error in CBOR_KEPT] + CBOR_RAW
    with daemon.client(binary=True) as client:
        for n, (item, error) in enumerate(cases):
            client.raw(item + to_cbor(message(n, conversation="good")))
            answer, good = client.answers(2)
            check(answer and answer["ok"] is False, f"{item[:40].hex()} is refused: {answer}")
            name = error_name(answer["error"])
            check(error in (None, name), f"{item[:40].hex()}: {name}, {error} was expected")
            check(good and good["ok"], f"the event after {item[:40].hex()}: {good}")
    neighbours = neighbour.done(world)
    equal(daemon.health("events.accepted"), len(cases) + neighbours, "accepted")
    equal(sum(refusals(daemon).values()), len(cases), "refused")


def error_name(code):
    """The codes of core/base/ear_err.h, as docs/events.md lists them."""
    return {-1: "syntax", -2: "type", -3: "range", -4: "missing", -5: "unknown", -6: "too_long", -7: "duplicate",
            -8: "utf8", -9: "depth", -10: "version"}.get(code, str(code))


def test_cbor_broken_beyond_mending(world):
    """One answer that says so, then the connection ends; the next connection is fine."""
    daemon = Daemon(world)
    neighbour = Neighbour(daemon)
    for item in CBOR_DEADLY:
        with daemon.client(binary=True) as client:
            client.raw(item)
            client.socket.shutdown(socket.SHUT_WR)
            answers = []
            while (answer := client.answer()) is not None:
                answers.append(answer)
            check(answers and answers[-1]["ok"] is False, f"{item[:30].hex()}: a refusal, then the end: {answers}")
    neighbours = neighbour.done(world)
    check(sum(refusals(daemon).values()) >= len(CBOR_DEADLY), f"each was counted: {refusals(daemon)}")
    equal(daemon.health("events.accepted"), neighbours, "accepted")


def test_noise(world):
    """Random bytes and good events with random damage, from a fixed seed; afterwards all is as before."""
    daemon = Daemon(world, log__level="info")
    neighbour = Neighbour(daemon)
    noise = random.Random(20260101)
    good = [to_json(message(n)) for n in range(50)] + [to_cbor(message(n)) for n in range(50)]
    for n in range(400):
        data = bytearray(noise.randbytes(noise.randrange(1, 3000)) if n % 4 == 0 else noise.choice(good) * 3)
        for _ in range(noise.randrange(1, 6)):
            data[noise.randrange(len(data))] = noise.randrange(256)
        with daemon.client() as client:
            try:
                client.raw(bytes(data))
                client.socket.shutdown(socket.SHUT_WR)
                while client.socket.recv(65536):
                    pass
            except OSError:
                pass
    neighbour.done(world)
    check(daemon.program.running(), "the daemon runs")
    equal(daemon.status()["clients"]["connected"], 1, "connections besides the neighbour's, when it has gone")


def test_client_that_never_reads(world):
    """Its answers pile up: it is paused, not buffered without end; the others are served."""
    daemon = Daemon(world)
    neighbour = Neighbour(daemon)
    rss = daemon.rss_kib()
    with daemon.client(seconds=2) as client:
        block = b"".join(to_json(message(n, conversation="deaf", at_ms=NOON_MS)) for n in range(1000))
        sent = 0
        try:
            for _ in range(60):
                client.socket.sendall(block)
                sent += 1
        except TimeoutError:
            pass
        check(sent < 60, "bytes are not taken without end")
        check(daemon.rss_kib() - rss <= 512, f"memory: {rss} to {daemon.rss_kib()} KiB")
        equal(daemon.status()["clients"]["paused"], 1, "clients paused")
        count = neighbour.count
        until(lambda: neighbour.count > count + 20, "the neighbour goes on")
        client.socket.settimeout(0.5)  # and now it reads: it is answered again
        got = 0
        try:
            while data := client.socket.recv(65536):
                got += data.count(b"\n")
        except TimeoutError:
            pass
        check(got >= 1000, f"answers that had waited: {got}")
    neighbour.done(world)
    until(lambda: daemon.status()["clients"]["connected"] == 1, "it is gone")


def test_client_that_never_finishes_a_line(world):
    daemon = Daemon(world)
    neighbour = Neighbour(daemon)
    slow = [daemon.client() for _ in range(20)]
    for n, client in enumerate(slow):
        client.raw(to_json(message(n))[:30])
    count = neighbour.count
    until(lambda: neighbour.count > count + 50, "the neighbour goes on")
    for n, client in enumerate(slow):
        client.raw(to_json(message(n))[30:])
        equal(client.answer()["ok"], True, "answer once the line is whole")
        client.close()
    neighbour.done(world)


def test_a_thousand_clients_served(world):
    """max_clients allows them: all connected at once, all answered."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),
                                                resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    daemon = Daemon(world, socket__max_clients=1100, log__level="info")
    neighbour = Neighbour(daemon)
    rss = daemon.rss_kib()
    clients = [daemon.client(binary=n % 2 == 1) for n in range(1000)]
    for n, client in enumerate(clients):
        client.send(message(n, at_ms=NOON_MS))
    for client in clients:
        equal(client.answer(), {"n": 1, "ok": True}, "answer")
    equal(daemon.status()["clients"]["connected"], 1002, "connected")  # the neighbour and the one who asks
    world.note(f"memory with 1,000 clients: {daemon.rss_kib() - rss} KiB more")
    for client in clients:
        client.close()
    neighbours = neighbour.done(world)
    until(lambda: daemon.status()["clients"]["connected"] == 1, "all are gone")
    equal(daemon.health("events.accepted"), 1000 + neighbours, "accepted")


def test_a_thousand_clients_turned_away(world):
    """More than max_clients: told that it is busy, hung up, counted; those inside do not notice."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),
                                                resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    daemon = Daemon(world, socket__max_clients=32, log__level="info")
    neighbour = Neighbour(daemon)
    inside = [daemon.client() for _ in range(31)]
    for n, client in enumerate(inside):
        equal(client.ask(message(n, at_ms=NOON_MS)), [{"n": 1, "ok": True}], "answer inside")
    outside = [Client(daemon.socket) for _ in range(1000)]
    for client in outside:
        answer = client.answer()
        equal((answer["ok"], answer["error"]), (False, "busy"), "what is told outside")
        equal(client.answer(), None, "then the end")
        client.close()
    for n, client in enumerate(inside):
        equal(client.ask(message(100 + n, at_ms=NOON_MS)), [{"n": 2, "ok": True}], "answer inside")
        client.close()
    neighbour.done(world)
    until(lambda: daemon.status()["clients"]["connected"] == 1, "room again")
    equal(daemon.health("clients.refused"), 1000, "turned away, as counted")


def test_no_descriptors_left(world):
    """The limit of open files is reached before max_clients is: those who come are told, nobody inside suffers, and
    the daemon does not spin."""
    daemon = Daemon(world, start=False, socket__max_clients=1000, log__level="info")
    daemon.start()
    resource.prlimit(daemon.program.pid, resource.RLIMIT_NOFILE, (40, 40))
    neighbour = Neighbour(daemon)
    clients = [daemon.client() for _ in range(60)]
    told = []
    for client in clients:
        client.socket.settimeout(0.3)
        try:
            told.append(client.socket.recv(500))
        except TimeoutError:
            pass
    check(told and all(b'"busy"' in text for text in told), f"those without a place are told: {told[:2]}")
    before = time.clock_gettime((~daemon.program.pid << 3) | 2)
    count = neighbour.count
    until(lambda: neighbour.count > count + 100, "the neighbour goes on")
    spent = time.clock_gettime((~daemon.program.pid << 3) | 2) - before
    check(spent < 0.2, f"{spent:.2f} s CPU in the meantime")
    for client in clients:
        client.close()
    neighbour.done(world)
    until(lambda: daemon.answers() and daemon.status()["clients"]["connected"] == 1, "room again")


def test_json_text_of_every_kind_is_one_line(world):
    """Escapes, surrogate pairs, long words, right-to-left and emoji are fine."""
    daemon = Daemon(world)
    texts = ["", "a\tb\\n\"q\"", "\U0001f600" * 200, "ß" * 2000, "مرحبا بالعالم", "x" * 8000, "\u2028\u2029", "ก็" * 500]
    with daemon.client() as client:
        for n, text in enumerate(texts):
            for ascii_only in (True, False):
                event = message(2 * n + ascii_only)
                event["text"] = text
                line = json.dumps(event, ensure_ascii=ascii_only).encode() + b"\n"
                client.raw(line)
                answer = client.answer()
                equal(answer["ok"], len(line) <= 8193, f"text {text[:10]!r} in {len(line)} bytes: {answer}")
