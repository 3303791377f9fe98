# SPDX-License-Identifier: Apache-2.0
"""earshot pack train: good on rows that it has not seen, the same bytes again, never larger than asked, faults told."""
import itertools
import json
import re

import cbor2

from lib.world import check, equal

# A shop's customers, made up: each topic's sentences are all its openings with all its matters.
OPENINGS = ["hello,", "hi there", "please tell me", "I wonder", "quick question:", "good morning,", "sorry,", "can you say"]
MATTERS = {
    "hours": ["when you open", "are you open on sunday", "until what time is the shop open", "do you close for lunch",
              "opening times at christmas", "is it closed today", "how early do you open", "at what hour do you close"],
    "parcel": ["where my parcel is", "has my package left", "the parcel did not come", "who brings the package",
               "my delivery is late", "can the delivery come later", "is the package on its way", "a parcel was left outside"],
    "refund": ["how I get my money back", "is the refund done", "I was charged twice, refund me", "what a refund costs",
               "I want my money back", "the money has not come back", "can you refund half", "the refund is too small"],
    "other": ["what the weather is like", "who won the match", "sing me a song", "is it raining in Rome", "tell a joke",
              "how old is the moon", "what is the capital of Peru", "play some music"],
}
SIZES_KB = [4, 16, 64]
ENVELOPE_BYTES = 100
KEY_LABELS, KEY_ACCURACY, KEY_THRESHOLDS, KEY_REJECT, KEY_COUNTER = 11, 18, 13, 14, 4


def rows():
    """Train and held-out rows: every fifth combination is held out."""
    all_rows = [(label, f"{opening} {matter}") for label, matters in MATTERS.items()
                for opening, matter in itertools.product(OPENINGS, matters)]
    held_out = [row for i, row in enumerate(all_rows) if i % 5 == 1]
    return [row for i, row in enumerate(all_rows) if i % 5 != 1], held_out


def write(world, name, content):
    path = world.path(name)
    path.write_text("".join(f"{label}\t{text}\n" for label, text in content), encoding="utf-8")
    return path


def train(world, *arguments, status=0):
    result = world.run(world.tool("earshot"), "pack", "train", *arguments)
    equal(result.returncode, status, f"exit status of {' '.join(map(str, arguments))} ({result.stderr[-300:]})")
    return result


def refused(world, status, says, *arguments):
    pack = world.path("never.pack")
    result = train(world, *arguments, "-o", pack, status=status)
    check(re.search(says, result.stderr), f"{says} is said: {result.stderr[-400:]}")
    check(not pack.exists(), "no pack is left behind")


def evaluated(world, pack, path, *options):
    result = world.run(world.tool("earshot"), "pack", "eval", pack, path, "--json", *options)
    equal(result.returncode, 0, f"eval: {result.stderr[-300:]}")
    return json.loads(result.stdout)


def test_train_is_right_on_rows_it_has_not_seen(world):
    """Each kind of model; what train says of the dev set is what eval says of the pack, and the manifest too."""
    seen, held_out = rows()
    path, dev = write(world, "shop.tsv", seen), write(world, "dev.tsv", held_out)
    pack = world.path("shop.pack")
    said = json.loads(train(world, path, "-o", pack, "--dev", dev, "--reject", "other", "--json").stdout)["results"][0]
    figures = evaluated(world, pack, dev)
    check(figures["accuracy"] >= 0.97, f"accuracy {figures['accuracy']}")
    check(figures["auroc"] >= 0.95, f"AUROC {figures['auroc']}")
    check(abs(said["accuracy"] - figures["accuracy"]) < 1e-4, f"train says {said['accuracy']}, eval {figures['accuracy']}")
    manifest = cbor2.loads(pack.read_bytes())
    equal(manifest[KEY_LABELS].split("\0")[:-1], sorted(MATTERS), "labels")
    equal(manifest[KEY_REJECT], sorted(MATTERS).index("other"), "the reject label")
    equal(manifest[KEY_ACCURACY], [["dev.tsv", len(held_out), round(said["accuracy"] * 1000), round(said["macro_f1"] * 1000)]],
          "accuracy in the manifest")


def test_train_yes_or_no(world):
    """Direct and embedded models of two labels; --never-no leaves no to others; --precision raises the threshold."""
    seen, held_out = rows()
    path, dev = write(world, "shop.tsv", seen), write(world, "dev.tsv", held_out)
    for kind in ("--direct", "--embed"):
        pack = world.path(f"refund{kind}.pack")
        train(world, path, "-o", pack, "--name", "refund", "--question", "human_requested", "--yes", "refund", kind,
              "--never-no", "--precision", "0.95")
        answers = write(world, "answers.tsv", [("yes" if label == "refund" else "no", text) for label, text in held_out])
        figures = evaluated(world, pack, answers)
        check(figures["accuracy"] >= 0.95, f"{kind}: accuracy {figures['accuracy']}")
        equal(figures["labels"]["no"]["said"], len(held_out) - figures["answered"], "no is never said, only left")
        thresholds = cbor2.loads(pack.read_bytes())[KEY_THRESHOLDS]
        equal(int.from_bytes(thresholds[:2], "little"), 1001, "threshold of no")
    check(dev.exists(), "the dev rows are left")


def test_train_sentiment_with_a_lexicon(world):
    """Words that no row has are known from the lexicon, and so is their negation."""
    good, bad = ["lovely", "great", "fine"], ["awful", "bad", "poor"]
    things = ["the shop", "this kiosk", "my coffee", "the waiter", "your app", "the queue", "that cake", "the music"]
    content = [(label, f"{thing} is {word}") for label, words in (("positive", good), ("negative", bad)) for thing in things
               for word in words] + [("neutral", f"where is {thing}") for thing in things] * 3
    lexicon = world.path("lexicon.tsv")
    lexicon.write_text("".join(f"{w}\t2\n" for w in [*good, "splendid"]) + "".join(f"{w}\t-2\n" for w in [*bad, "ghastly"]))
    pack = world.path("mood.pack")
    train(world, write(world, "mood.tsv", content), "-o", pack, "--question", "sentiment", "--direct", "--features",
          "negated,pair,mark", "--lexicon", f"{lexicon}:1", "--c", "1")
    unseen = write(world, "unseen.tsv", [("positive", "a splendid day"), ("negative", "what a ghastly day"),
                                         ("negative", "it is not splendid")])
    equal(evaluated(world, pack, unseen)["right"], 3, "unseen words that the lexicon has")


def test_train_again_gives_the_same_bytes(world):
    """Embedded and direct; another seed gives another pack."""
    path = write(world, "shop.tsv", rows()[0])
    for kind, options in (("embed", ["--embed"]), ("direct", ["--direct", "--question", "human_requested", "--yes", "parcel"])):
        packs = [world.path(f"{kind}{i}.pack") for i in range(3)]
        for i, pack in enumerate(packs):
            train(world, path, "-o", pack, "--name", "shop", *options, "--seed", 1 if i < 2 else 2)
        check(packs[0].read_bytes() == packs[1].read_bytes(), f"{kind}: two runs differ")
        check(kind == "direct" or packs[0].read_bytes() != packs[2].read_bytes(), f"{kind}: the seed changes nothing")


def test_train_keeps_to_the_size(world):
    """The signed file is never larger than asked, and uses what it is given where there is something to put in."""
    words = [f"{a}{b}{c}" for a in "bdfgklmnprst" for b in "aeiou" for c in "bdfgklmnprst"]
    content = [(f"topic{i % 7}", " ".join(words[(i * 7 + j * 31) % len(words)] for j in range(9))) for i in range(1500)]
    path = write(world, "words.tsv", content)
    key = world.path("key")
    equal(world.run(world.tool("earshot"), "pack", "keygen", "-o", key).returncode, 0, "keygen")
    for size in SIZES_KB:
        pack, signed = world.path(f"{size}.pack"), world.path(f"{size}.signed")
        train(world, path, "-o", pack, "--size", size, "--embed", "--features", "word,pair", "--about", "a sentence for people")
        result = world.run(world.tool("earshot"), "pack", "sign", "--key", f"{key}.key.pem", pack, "-o", signed)
        equal(result.returncode, 0, f"sign: {result.stderr}")
        length = signed.stat().st_size
        check(length <= size * 1024, f"{length} bytes where {size} KB were asked")
        check(size == 64 or length > size * 1024 - 400, f"only {length} bytes where {size} KB were asked")


def test_train_chooses_rows(world):
    """--map, --drop, --labels, --weight; a dev file is held to the same."""
    path = write(world, "shop.tsv", rows()[0])
    pack = world.path("shop.pack")
    told = json.loads(train(world, path, "-o", pack, "--map", "hours=times", "--drop", "other", "--labels", "times,parcel",
                            "--weight", f"{path}=2", "--embed", "--features", "word", "--json", "--counter", 7).stdout)
    equal(told["rows"], sum(label in ("hours", "parcel") for label, _ in rows()[0]), "rows")
    manifest = cbor2.loads(pack.read_bytes())
    equal(manifest[KEY_LABELS], "parcel\0times\0", "labels")
    equal(manifest[KEY_COUNTER], 7, "counter")


def test_train_tells_faults(world):
    """File, line, what is wrong and what is allowed; no pack is written."""
    good = write(world, "good.tsv", rows()[0])
    cases = [("no tab", b"a\tb\nplain\n", r"bad\.tsv:2: there is no tab; a line is label TAB text", []),
             ("no label", b"\ttext\n", r"bad\.tsv:1: there is no label", []),
             ("two texts", b"a\tb\tc\n", r"bad\.tsv:1: a second tab", []),
             ("no UTF-8", b"a\tb\nc\t\xff\n", r"bad\.tsv:2: byte 3 of the line is not UTF-8", []),
             ("empty", b"", r"bad\.tsv: no rows", []),
             ("one label", b"a\tb\na\tc\n", r"at least two labels", []),
             ("long label", b"x" * 64 + b"\tb\n", r"bad\.tsv:1: a label of 64 bytes; 1 to 63", []),
             ("sentiment", b"happy\tb\n", r"bad\.tsv:1: label \"happy\".*neutral, positive, negative", ["--question", "sentiment"]),
             ("language", b"english\tb\n", r"bad\.tsv:1: label \"english\".*ISO 639-1", ["--question", "language"]),
             ("yes or no", b"maybe\tb\n", r"bad\.tsv:1: label \"maybe\".*--yes", ["--question", "human_requested"]),
             ("nobody says yes", b"a\tb\nc\td\n", r"no row is \"yes\"",
              ["--question", "human_requested", "--yes", "human"])]
    for _, content, says, options in cases:
        bad = world.path("bad.tsv")
        bad.write_bytes(content)
        refused(world, 1, says, bad, *options)
    refused(world, 1, r"--reject nobody", good, "--reject", "nobody")
    refused(world, 1, r"dev\.tsv:1: label \"new\" is not among", good, "--embed", "--features", "word", "--dev",
            write(world, "dev.tsv", [("new", "text")]))
    for says, options in ((r"--features words", ["--features", "words"]), (r"--size 1: .* need", ["--size", 1, "--about", "x" * 900]),
                          (r"--weight", ["--weight", "other.tsv=2"]), (r"--name", ["--name", "Not This"]),
                          (r"multiple of 8", ["--dims", 33, "--embed"]), (r"--direct is for", ["--direct"]),
                          (r"--map", ["--map", "a"]), (r"--precision", ["--precision", "2"])):
        refused(world, 2, says, good, *options)
