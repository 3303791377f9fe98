# SPDX-License-Identifier: Apache-2.0
"""What people say stays within earshot: no word of it in logs, on storage, on the line."""
import itertools

from lib.broker import Broker
from lib.daemon import Daemon
from lib.events import NOON_MS, message
from lib.summaries import Server
from lib.world import check, equal, until

WORDS = ["Quixolument", "brandelfisch", "Zyxantheum", "wuppergleich"]
SENTENCE = "My name is {0} {1}, my mail is {2}@example.org and my card is {3}".format(*WORDS)
IDS = ["user-Ogglevine-771", "conversation-Trundlehack-42", "id-Plonkfeather"]


def places(world, daemon, server, broker):
    """Everything that could have kept a word: (name, bytes)."""
    for file in sorted(world.directory.rglob("*")):
        if file.is_file() and not file.name.endswith(".conf"):
            yield str(file.relative_to(world.directory)), file.read_bytes()
    yield "status page", repr(daemon.status()).encode()
    for topic, _, payload in server.read().messages:
        yield f"message on {topic}", topic.encode() + payload


def forms(word):
    """As it is, in lower case, in wide characters, in hex."""
    return [word.encode(), word.lower().encode(), word.encode("utf-16-le"), word.encode().hex().encode(),
            word.encode().hex().upper().encode()]


def check_nowhere(world, daemon, server, broker):
    count = 0
    for name, data in places(world, daemon, server, broker):
        count += 1
        for word, form in itertools.chain.from_iterable(((w, f) for f in forms(w)) for w in WORDS + IDS):
            check(form not in data, f"{word} is in {name}")
    return count


def test_no_word_of_it_anywhere(world):
    """At the most talkative log level, in good events and in refused ones, through a stop, a kill and an outbox."""
    broker = Broker(world)
    server = Server(world, broker)
    daemon = Daemon(world, broker, log__level="debug", device__save_s=1)
    user, conversation, identity = IDS
    says = {"user": user, "text": SENTENCE}
    with daemon.client() as client, daemon.client(binary=True) as packed:
        for n, who in enumerate(["user", "bot", "agent", "user"]):
            event = message(n, conversation, id=f"{identity}{n}", **says)
            event["from"] = who
            equal([a["ok"] for a in (packed if n % 2 else client).ask(event)], [True], "answer")
        equal(client.ask({"kind": "handoff", "t": NOON_MS, "conversation": conversation})[0]["ok"], True, "answer")
        wrong = ['{"kind":"message","conversation":"c","from":"user","text":"%s"' % SENTENCE,
                 '{"kind":"dance","text":"%s"}' % SENTENCE,
                 '{"kind":"message","conversation":"c","from":"%s","text":"x"}' % WORDS[0],
                 '{"kind":"message","conversation":"c","from":"user","language":"%s","text":"x"}' % WORDS[1],
                 '%s' % SENTENCE,
                 '{"ask":"%s"}' % WORDS[2],
                 '{"kind":"message","conversation":"c","from":"user","text":"%s","text":"%s"}' % (SENTENCE, SENTENCE),
                 '{"kind":"message","conversation":"c","from":"user","text":"' + SENTENCE * 200 + '"}']
        for line in wrong:
            client.raw(line.encode() + b"\n")
            answer = client.answer()
            equal(answer["ok"], False, "answer")
            check(not [w for w in WORDS if w in repr(answer)], f"an answer repeats what was said: {answer}")
    server.wait_total("messages_per_minute", 4, daemon.name)
    until(lambda: daemon.health("checkpoints.made") >= 1, "a snapshot")
    check_nowhere(world, daemon, server, broker)
    daemon.kill()
    daemon.start()
    broker.stop()
    with daemon.client() as client:
        late = message(9, conversation, NOON_MS + 90 * 3_600_000, id=f"{identity}9", **says)
        equal([a["ok"] for a in client.ask(late)], [True], "answer")
    equal(daemon.stop(), 0, "exit status")
    daemon.start()
    count = check_nowhere(world, daemon, server, broker)
    world.note(f"{count} files, pages and messages searched")


def test_replay_logs_no_words(world):
    """Refused events of a file are logged by place and cause, not by what they hold."""
    broker = Broker(world)
    server = Server(world, broker)
    file = world.path("in.conf")  # the only file that may hold the words
    file.write_text("\n".join(['{"kind":"dance","text":"%s"}' % SENTENCE, SENTENCE,
                               '{"kind":"message","conversation":"%s","from":"ghost","text":"%s"}' % (IDS[1], SENTENCE)]))
    daemon = Daemon(world, broker, start=False)
    daemon.launch("--replay", file)
    daemon.program.wait()
    daemon.wait_log("event 2: ")
    replayed = daemon.text()
    daemon.start()
    check_nowhere(world, daemon, server, broker)
    check(not [w for w in WORDS + IDS if w in replayed], "the replay's log holds none of it")
