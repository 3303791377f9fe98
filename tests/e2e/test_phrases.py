# SPDX-License-Identifier: Apache-2.0
"""docs/phrases.md as it is printed: its files, its commands, every row of its tables. And what the compilers refuse."""
import json
import os
import re

import cbor2

from lib.world import ROOT, check, equal

PAGE = ROOT / "docs/phrases.md"


def marked(kind):
    """[(what the mark says, the block or table after it)] for each <!-- kind: ... --> of the page."""
    found = re.findall(rf"^<!-- {kind}(?:: ([^>]*?))? -->\n(.*?)(?=\n\n|\Z)", PAGE.read_text(), re.M | re.S)
    check(found, f"the page has {kind}")
    return found


def block(text):
    check(text.startswith("```") and text.endswith("```"), f"a block: {text[:40]}")
    return text.split("\n", 1)[1].rsplit("```", 1)[0]


def code(cell):
    """What stands between the backticks of a cell."""
    return cell.strip()[1:-1].replace("\\|", "|").replace("<TAB>", "\t") if cell.strip() else ""


def rows(table):
    return [re.split(r"(?<!\\)\|", line)[1:-1] for line in table.split("\n")[2:]]


def files(world):
    for name, text in marked("file"):
        world.path(name).write_text(block(text))


def shell(world, script):
    path = f"{world.tool('earshot').parent}:{os.environ['PATH']}"
    done = world.run("bash", "-euc", f"cd '{world.path('words.tsv').parent}'\n{script}", env=os.environ | {"PATH": path})
    check(done.returncode == 0, f"{script}: {done.stderr[-400:]}")
    return done.stdout


def run_page(world):
    """Its commands in their order; {name: what is printed}."""
    files(world)
    return {name: shell(world, block(text)) for name, text in marked("run")}


def judge(world, packs, messages):
    """The tags of each message."""
    options = [argument for pack in packs for argument in ("--pack", pack)]
    source = world.path("messages")
    source.write_text("".join(f"{message}\n" for message in messages))
    done = world.run(world.tool("earshot"), "judge", *options, source)
    check(done.returncode == 0, done.stderr[-300:])
    return [[tag["label"] for tag in json.loads(line)["tags"]] for line in done.stdout.splitlines()]


def make(world, command, text, *options):
    source = world.path(f"made.{command}")
    source.write_bytes(text.encode() if isinstance(text, str) else text)
    pack = world.path("made.pack")
    pack.unlink(missing_ok=True)
    return world.run(world.tool("earshot"), "pack", command, source, "-o", pack, *options), pack


def made(world, command, text, *options):
    done, pack = make(world, command, text, *options)
    check(done.returncode == 0, f"{text[:60]}: {done.stderr[-300:]}")
    return pack


def refused(world, command, text, *says, status=1, options=()):
    done, pack = make(world, command, text, *options)
    equal(done.returncode, status, f"exit status of {text[:60]!r}: {done.stderr[-300:]}")
    check(not pack.exists(), "no pack is written")
    for one in says:
        check(one in done.stderr, f"{one!r} is said of {text[:60]!r}: {done.stderr[-400:]}")


def test_the_page_works_as_printed(world):
    said = run_page(world)
    equal([tag["label"] for tag in json.loads(said["first"])["tags"]], ["refund"], "tags of the first message")
    check('"tags":[{"label":"refund","score":1000,"plugin":"tags"}]' in said["first"], "as the page shows it")
    human = json.loads(said["human"])["verdicts"]["human_requested"]
    equal(human, {"label": "yes", "score": 1000, "plugin": "human"}, "human_requested")
    count = 0
    for packs, table in marked("tags"):
        cells = rows(table)
        tags = judge(world, [world.path(pack) for pack in packs.split()], [code(row[0]) for row in cells])
        for row, found in zip(cells, tags, strict=True):
            wanted = [one or other for one, other in re.findall(r'"([^"]+)"|(\S+)', code(row[1]))]
            equal(sorted(found), sorted(wanted), f"tags of {row[0]}")
            count += 1
    world.note(f"{count} messages")


def test_every_phrase_of_the_page_stands_where_it_says(world):
    (_, table), = marked("phrases")
    cells = [[code(cell) for cell in row] for row in rows(table)]
    for phrase, stands, stands_not in cells:
        pack = made(world, "phrases", f"x\t{phrase}\n")
        equal(judge(world, [pack], [stands, stands_not]), [["x"], []], f"{phrase} in {stands!r}, {stands_not!r}")
    world.note(f"{len(cells)} phrases")


def test_every_condition_of_the_page_compiles(world):
    (_, table), = marked("conditions")
    for row in rows(table):
        made(world, "rules", f"x: {code(row[0])}\n")
    text = PAGE.read_text()
    for more in re.findall(r"`(no: [^`]+)`", text):
        made(world, "rules", more + "\n", "--question", "human_requested")


def test_every_fault_of_the_page_is_said(world):
    (_, table), = marked("faults")
    for line, says in [[code(cell) for cell in row] for row in rows(table)]:
        refused(world, "phrases", f"# a list\n{line}\n", "made.phrases:2: ", says)


def test_all_faults_are_said_at_once_with_their_lines(world):
    refused(world, "phrases", b"a\tb\nno tab\n\xff\tb\na\t(\nb\tx*y\n", ":2: ", ":3: byte 1 is not UTF-8", ":4: ", ":5: ",
            "4 faults", "nothing is written")
    refused(world, "phrases", "a\tmoney back\n\n#\na\tMoney, back!\n", ":4: this phrase is there already, in line 1")
    refused(world, "phrases", "# nothing\n", "no phrases")
    refused(world, "phrases", "maybe\tx\n", ":1: there is no label `maybe`; human_requested has yes and no",
            options=("--question", "human_requested"))
    refused(world, "phrases", "german\tx\n", "two small letters", options=("--question", "language"))
    refused(world, "phrases", "a" * 64 + "\tx\n", "1 to 63 bytes, this one has 64")
    refused(world, "rules", "a: words<3\nb words\nc: mood=bad\n", ":2: a rule is LABEL: CONDITION",
            ":3: there is no `mood`; there are human_requested", "2 faults")
    refused(world, "rules", "", "no rules")
    for option, value in (("--question", "redaction"), ("--name", "Not A Name"), ("--counter", "-1"), ("--threshold", "1001"),
                          ("--from", "me"), ("--version", "with blank"), ("--language", "english")):
        refused(world, "phrases", "a\tb\n", option, status=2, options=(option, value))


def test_a_manifest_says_what_was_asked_for(world):
    pack = made(world, "phrases", "yes\thuman\n", "--question", "human_requested", "--name", "person", "--version", "2.1",
                "--counter", "7", "--from", "user,agent", "--threshold", "300", "--language", "en,de", "--about", "Asks for a person.",
                "--budget-us", "900")
    manifest = cbor2.loads(pack.read_bytes())
    equal({key: manifest[key] for key in (2, 3, 4, 5, 8, 9, 10, 15, 16)},
          {2: "person", 3: "2.1", 4: 7, 5: 2, 8: 0, 9: 0b101, 10: 900, 15: ["en", "de"], 16: "Asks for a person."}, "manifest")
    equal(manifest[11], "no\0yes\0", "labels")
    equal(manifest[13], (1001).to_bytes(2, "little") + (300).to_bytes(2, "little"), "no is never said")


def test_the_same_text_gives_the_same_bytes(world):
    text = "".join(f"l{n % 7}\tword{n} ... (a|b{n}) cd*\t{n % 1000}\n" for n in range(2000))
    first = made(world, "phrases", text).read_bytes()
    equal(made(world, "phrases", "\ufeff" + text.replace("\n", "\r\n")).read_bytes(), first, "another time, with other line ends")
    world.note(f"4,000 phrases, {len(first)} bytes")


def test_rules_come_last_and_replace_what_was_said(world):
    words = world.path("words.tsv")
    words.write_text("vip\tgold card\n")
    rules = {"care": ("tag", "care: tag=vip and human_requested\n"), "short": ("human_requested", "no 400: human_requested and words<2\n")}
    packs = []
    for name, (question, text) in rules.items():
        pack = made(world, "rules", text, "--name", name, "--question", question)
        packs.append(pack.rename(world.path(f"{name}.pack")))
    packs.append(made(world, "phrases", words.read_text(), "--name", "tags"))
    source = world.path("messages")
    source.write_text("Human!\nI have a gold card, give me a human agent\nGold card\n")
    options = [argument for pack in packs for argument in ("--pack", pack)]
    done = world.run(world.tool("earshot"), "judge", *options, source)
    check(done.returncode == 0, done.stderr[-300:])
    said = [json.loads(line) for line in done.stdout.splitlines()]
    equal(said[0]["verdicts"]["human_requested"], {"label": "no", "score": 400, "plugin": "short"}, "one word")
    many = said[1]["verdicts"]["human_requested"]
    check(many["label"] == "yes" and many["plugin"] != "short", f"many words: {many}")
    equal([[tag["label"] for tag in one["tags"]] for one in said], [[], ["vip", "care"], ["vip"]], "tags")
