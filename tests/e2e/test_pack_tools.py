# SPDX-License-Identifier: Apache-2.0
"""earshot pack eval, inspect, keygen, sign, verify and earshot judge: figures against an independent count, and faults."""
import itertools
import json
import re
import stat

import cbor2

from lib.world import check, equal

# phrase -> (label, weight): whole words, so that the reference below is a line.
PHRASES = {"refund": ("refund", 900), "cashback": ("refund", 700), "parcel": ("shipping", 800),
           "courier": ("shipping", 600), "open": ("hours", 500), "closed": ("hours", 500)}
ROWS = [("refund", "I want a refund"), ("refund", "Where is my cashback?"), ("refund", "the parcel is broken"),
        ("refund", "a refund for this parcel"), ("shipping", "where is my PARCEL"), ("shipping", "the courier is late"),
        ("shipping", "are you open"), ("hours", "when do you open"), ("hours", "closed again, refund me"),
        ("hours", "what time is it"), ("other", "how is the weather"), ("other", "I like this parcel shop"),
        ("other", "hello"), ("other", "Is the courier closed?"), ("other", "closed, open, closed")]
LABELS = ["refund", "shipping", "hours"]
KEY_LABELS, KEY_OFFSETS, KEY_THRESHOLDS, KEY_REJECT, KEY_LANGUAGES = 11, 12, 13, 14, 15
KEY_ABOUT, KEY_SOURCES, KEY_ACCURACY, KEY_BODY = 16, 17, 18, 24


def run(world, *arguments, **options):
    return world.run(world.tool("earshot"), *arguments, **options)


def done(world, *arguments, **options):
    """What it prints; it has to succeed."""
    result = run(world, *arguments, **options)
    check(result.returncode == 0, f"{' '.join(map(str, arguments))}: {result.returncode}, {result.stderr[-500:]}")
    return result.stdout


def refused(world, status, says, *arguments, **options):
    result = run(world, *arguments, **options)
    equal(result.returncode, status, f"exit status of {' '.join(map(str, arguments))} ({result.stderr[-300:]})")
    check(re.search(says, result.stderr), f"{says} is said: {result.stderr[-500:]}")


def keywords(world, name="topics", question="topic", phrases=None):
    """A pack of phrases; its path."""
    source = world.path(f"{name}.tsv")
    phrases = PHRASES if phrases is None else phrases
    source.write_text("".join(f"{label}\t{phrase}\t{weight}\n" for phrase, (label, weight) in phrases.items()))
    pack = world.path(f"{name}.pack")
    done(world, "pack", "phrases", source, "-o", pack, "--name", name, "--question", question)
    return pack


def changed(world, pack, name="changed.pack", **keys):
    """The same pack with other entries in its manifest: KEY_x=value by number."""
    manifest = cbor2.loads(pack.read_bytes())
    for key, value in keys.items():
        manifest[int(key[1:])] = value
    path = world.path(name)
    path.write_bytes(cbor2.dumps(dict(sorted(manifest.items()))))
    return path


def rows_file(world, rows, name="rows.tsv"):
    path = world.path(name)
    path.write_text("".join("\t".join(row) + "\n" for row in rows))
    return path


# --- the reference: what the pack has to say, and figures of it, the long way round ---


def found(text):
    """(label, weight) of the best phrase: the heaviest, then the first in the text; or None."""
    best = None
    for word in re.findall(r"[a-z]+", text.lower()):
        if word in PHRASES and (best is None or PHRASES[word][1] > best[1]):
            best = PHRASES[word]
    return best


def figures(pairs):
    """Of (true, said) pairs: accuracy, macro F1 over the labels that occur, {label: (precision, recall)}."""
    each, scores = {}, []
    for label in sorted({true for true, _ in pairs} | {said for _, said in pairs}):
        hit = sum(true == said == label for true, said in pairs)
        support, said = sum(true == label for true, _ in pairs), sum(s == label for _, s in pairs)
        each[label] = (hit / said if said else None, hit / support if support else None)
        if support:
            scores.append(2 * hit / (support + said))
    return sum(true == said for true, said in pairs) / len(pairs), sum(scores) / len(scores), each


def auroc(rejects, others):
    return sum(1.0 if o > r else 0.5 if o == r else 0.0 for o, r in itertools.product(others, rejects)) / (
        len(rejects) * len(others))


def close(left, right, what):
    check(left is right is None or (None not in (left, right) and abs(left - right) < 1e-5),
          f"{what}: {left} instead of {right}")


def compare(said, pairs):
    accuracy, macro, each = figures(pairs)
    equal(said["n"], len(pairs), "n")
    close(said["accuracy"], accuracy, "accuracy")
    close(said["macro_f1"], macro, "macro F1")
    equal(set(said["labels"]), set(each), "labels")
    for label, (precision, recall) in each.items():
        close(said["labels"][label]["precision"], precision, f"precision of {label}")
        close(said["labels"][label]["recall"], recall, f"recall of {label}")
    wrong = {}
    for true, guess in pairs:
        if true != guess:
            wrong[true, guess] = wrong.get((true, guess), 0) + 1
    equal({(c["label"], c["said"]): c["count"] for c in said["confusions"]}, wrong, "confusions")
    counts = [c["count"] for c in said["confusions"]]
    equal(counts, sorted(counts, reverse=True), "order of confusions")


# --- eval ---


def test_eval_figures_are_exact(world):
    pack, rows = keywords(world), rows_file(world, ROWS)
    said = json.loads(done(world, "pack", "eval", pack, rows, "--reject", "other", "--json"))
    best = [found(text) for _, text in ROWS]
    compare(said, [(label, guess[0] if guess else "other") for (label, _), guess in zip(ROWS, best)])
    equal(said["answered"], sum(guess is not None for guess in best), "answered")
    score = [guess[1] if guess else 0 for guess in best]
    close(said["auroc"], auroc([s for (label, _), s in zip(ROWS, score) if label == "other"],
                               [s for (label, _), s in zip(ROWS, score) if label != "other"]), "AUROC")
    equal((said["question"], said["none"], said["reject"]), ("topic", "other", "other"), "question, none, reject")
    equal([(p["name"], p["bytes"]) for p in said["packs"]], [("topics", pack.stat().st_size)], "packs")
    check(min(said["ns_tokens"], said["ns_per_message"]) > 0, f"times: {said['ns_tokens']}, {said['ns_per_message']}")


def test_eval_without_a_reject_label(world):
    """No verdict is "none", which is wrong for every label of the file; there is no AUROC."""
    pack, rows = keywords(world), rows_file(world, ROWS)
    said = json.loads(done(world, "pack", "eval", pack, rows, "--json"))
    best = [found(text) for _, text in ROWS]
    compare(said, [(label, guess[0] if guess else "none") for (label, _), guess in zip(ROWS, best)])
    equal((said["none"], said["reject"], said["auroc"]), ("none", None, None), "none, reject, AUROC")
    equal((said["labels"]["other"]["known"], said["labels"]["refund"]["known"]), (False, True), "known")


def test_eval_thresholds(world):
    """The manifest's thresholds decide; --by-threshold puts others in their place, and AUROC does not see them."""
    plain = keywords(world)
    low = plain.read_bytes()
    labels = cbor2.loads(low)[KEY_LABELS].split("\0")[:-1]
    limits = {"refund": 800, "shipping": 0, "hours": 501}
    pack = changed(world, plain, _13=b"".join(limits[label].to_bytes(2, "little") for label in labels))
    rows = rows_file(world, ROWS)
    said = json.loads(done(world, "pack", "eval", pack, rows, "--reject", "other", "--by-threshold", "--json"))

    def answer(text, limit):
        allowed = [PHRASES[w] for w in re.findall(r"[a-z]+", text.lower()) if w in PHRASES]
        allowed = [one for one in allowed if one[1] >= (limits[one[0]] if limit is None else limit)]
        return max(allowed, key=lambda one: one[1])[0] if allowed else "other"

    compare(said, [(label, answer(text, None)) for label, text in ROWS])
    equal([step["threshold"] for step in said["by_threshold"]], list(range(0, 1001, 50)), "thresholds")
    for step in said["by_threshold"]:
        pairs = [(label, answer(text, step["threshold"])) for label, text in ROWS]
        verdicts = [(label, guess) for label, guess in pairs if guess != "other"]
        right = sum(label == guess for label, guess in verdicts)
        equal(step["answered"], len(verdicts), f"answered at {step['threshold']}")
        close(step["precision"], right / len(verdicts) if verdicts else None, f"precision at {step['threshold']}")
        close(step["recall"], right / sum(label != "other" for label, _ in ROWS), f"recall at {step['threshold']}")
        close(step["accuracy"], figures(pairs)[0], f"accuracy at {step['threshold']}")
    twice = json.loads(done(world, "pack", "eval", pack, rows, rows, "--reject", "other", "--by-threshold", "--json"))
    equal([one["right"] for one in twice["results"]], [said["right"]] * 2, "the pack's own thresholds come back")
    without = json.loads(done(world, "pack", "eval", plain, rows, "--reject", "other", "--json"))
    close(said["auroc"], without["auroc"], "AUROC with and without thresholds")


def test_eval_takes_the_packs_own_reject_label(world):
    phrases = {**PHRASES, "weather": ("other", 650), "hello": ("other", 400)}
    plain = keywords(world, phrases=phrases)
    labels = cbor2.loads(plain.read_bytes())[KEY_LABELS].split("\0")[:-1]
    pack, rows = changed(world, plain, _14=labels.index("other")), rows_file(world, ROWS)
    said = json.loads(done(world, "pack", "eval", pack, rows, "--json"))
    equal((said["none"], said["reject"]), ("other", "other"), "none, reject")

    def sure(text):
        words = [phrases[w] for w in re.findall(r"[a-z]+", text.lower()) if w in phrases]
        label, weight = max(words, key=lambda one: one[1]) if words else (None, 0)
        return -weight if label == "other" else weight

    close(said["auroc"], auroc([sure(t) for label, t in ROWS if label == "other"],
                               [sure(t) for label, t in ROWS if label != "other"]), "AUROC")


def test_eval_yes_or_no(world):
    """No verdict is no; the file's labels are the pack's own, or mapped."""
    pack = keywords(world, "person", "human_requested", {"human": ("yes", 900), "agent": ("yes", 300)})
    manifest = cbor2.loads(pack.read_bytes())
    no, yes = manifest[KEY_LABELS].split("\0")[:-1]
    rows = [(yes, "a human please"), (yes, "somebody"), (no, "hello"), (no, "my travel agent"), (yes, "agent")]
    said = json.loads(done(world, "pack", "eval", pack, rows_file(world, rows), "--json"))
    compare(said, [(label, yes if re.search("human|agent", text) else no) for label, text in rows])
    equal(said["none"], no, "none")
    others = rows_file(world, [("greeting", "hello"), ("handoff", "a human please"), ("travel", "agent")], "others.tsv")
    refused(world, 1, r"others\.tsv:1: label greeting: neither .*--map", "pack", "eval", pack, others)
    said = json.loads(done(world, "pack", "eval", pack, others, "--map", f"handoff={yes}", "--map", f"*={no}", "--json"))
    compare(said, [(no, no), (yes, yes), (no, yes)])
    refused(world, 2, "yes-or-no", "pack", "eval", pack, others, "--reject", no)


def test_eval_tags(world):
    """Of several tags the one with the highest score is the answer, of equals the first."""
    pack = keywords(world, "tags", "tag", {"refund": ("money", 700), "parcel": ("post", 900), "cash": ("coins", 700)})
    rows = [("money", "refund or cash"), ("post", "refund the parcel"), ("coins", "cash refund"), ("none", "hello")]
    said = json.loads(done(world, "pack", "eval", pack, rows_file(world, rows), "--json"))
    compare(said, list(zip([label for label, _ in rows], ["money", "post", "coins", "none"])))


def test_eval_two_messages_of_a_conversation(world):
    """Of two texts the second is judged in the light of the first, here by a plugin that is linked in."""
    rows = rows_file(world, [("repeat", "where is my order", "where is my order"),
                             ("new", "where is my order", "thank you, and goodbye"),
                             ("repeat", "where is my order", "can I pay by card here"),
                             ("new", "can I pay by card here")])  # each row is a conversation of its own
    said = json.loads(done(world, "pack", "eval", "--linked", "--question", "repetition_loop", rows, "--map",
                           "repeat=yes", "--map", "new=no", "--json"))
    compare(said, [("yes", "yes"), ("no", "no"), ("yes", "no"), ("no", "no")])
    equal((said["packs"], said["linked"]), ([], True), "who judged")


def test_eval_several_packs_and_files(world):
    """Each on its own, or together: the first verdict wins."""
    one = keywords(world, "one", phrases={"parcel": ("shipping", 500)})
    two = keywords(world, "two", phrases={"parcel": ("gifts", 900), "refund": ("refund", 900)})
    first = rows_file(world, [("shipping", "my parcel"), ("refund", "my refund")])
    second = rows_file(world, [("gifts", "a parcel")], "second.tsv")
    results = json.loads(done(world, "pack", "eval", one, two, first, second, "--json"))["results"]
    equal([(r["packs"][0]["name"], r["file"], r["right"]) for r in results],
          [("one", str(first), 1), ("one", str(second), 0), ("two", str(first), 1), ("two", str(second), 1)], "results")
    for packs, right in (((one, two), 2), ((two, one), 1)):
        said = json.loads(done(world, "pack", "eval", *packs, first, "--together", "--json"))
        equal(said["right"], right, f"right together, {packs[0].name} first")
    text = done(world, "pack", "eval", one, two, first)
    check(re.search(r"^one +rows\.tsv +2 +50\.0", text, re.M), f"the table: {text[-400:]}")
    person = keywords(world, "person", "human_requested", {"human": ("yes", 900)})
    refused(world, 2, "--question says which", "pack", "eval", one, person, first, "--together")
    refused(world, 1, "another one is also named one", "pack", "eval", one, one, first, "--together")


def test_eval_faults(world):
    pack = keywords(world)
    for lines, says in (("refund\tfine\nno tab\n", r":2: there is no tab"), ("\ttext\n", ":1: there is no label"),
                        ("a\tb\tc\td\n", ":1: more than two tabs"), ("\n\n", "no rows")):
        bad = world.path("bad.tsv")
        bad.write_text(lines)
        refused(world, 1, f"bad.tsv.*{says}|bad.tsv{says}", "pack", "eval", pack, bad)
    bad.write_bytes(b"a\tb\nrefund\t\xff\xfe\n")
    refused(world, 1, r"bad\.tsv:2: byte 8 of the line is not UTF-8", "pack", "eval", pack, bad)
    rows = rows_file(world, ROWS)
    refused(world, 2, "FROM=TO", "pack", "eval", pack, rows, "--map", "x")
    refused(world, 2, "none of that name", "pack", "eval", pack, rows, "--question", "colour")
    refused(world, 2, "answers topic", "pack", "eval", pack, rows, "--question", "language")
    refused(world, 2, "user, bot or agent", "pack", "eval", pack, rows, "--from", "me")
    refused(world, 2, "are needed", "pack", "eval", pack)
    refused(world, 2, "are needed", "pack", "eval", rows)
    refused(world, 1, "No such file", "pack", "eval", world.path("nowhere.pack"), rows)


def test_eval_for_people(world):
    text = done(world, "pack", "eval", keywords(world), rows_file(world, ROWS), "--reject", "other")
    for says in (r"topics 1\.\S+ \(topics\.pack, \d+ bytes\)", "15 rows, question topic", r"accuracy \d+\.\d %",
                 "AUROC of rejecting other", r"ns a message: \d+ to split", r"refund +\d+\.\d +\d+\.\d",
                 "taken for"):
        check(re.search(says, text), f"{says}: {text}")


# --- keygen, sign, verify ---


def keys(world, name="shop"):
    """A new pair: the paths of the private and the public key."""
    done(world, "pack", "keygen", "-o", world.path(name))
    return world.path(f"{name}.key.pem"), world.path(f"{name}.pub.pem")


def test_keygen(world):
    private, public = keys(world)
    equal(stat.S_IMODE(private.stat().st_mode), 0o600, "mode of the private key")
    check("BEGIN PRIVATE KEY" in private.read_text() and "BEGIN PUBLIC KEY" in public.read_text(), "PEM of both")
    before = private.read_bytes(), public.read_bytes()
    refused(world, 1, "not overwritten", "pack", "keygen", "-o", world.path("shop"))
    private.unlink()
    refused(world, 1, "shop.pub.pem: exists", "pack", "keygen", "-o", world.path("shop"))
    check(not private.exists() and public.read_bytes() == before[1], "what was there is as it was")
    refused(world, 1, "No such file", "pack", "keygen", "-o", world.path("nowhere") / "key")
    refused(world, 2, "-o NAME", "pack", "keygen")
    other, _ = keys(world, "other")
    check(other.read_bytes() != before[0], "two keys differ")


def test_sign_and_verify(world):
    pack = keywords(world)
    private, public = keys(world)
    signed, again = world.path("signed.pack"), world.path("again.pack")
    sign = ["pack", "sign", "--key", private, pack, "--counter", "7", "--version", "1.3.0"]
    done(world, *sign, "-o", signed)
    done(world, *sign, "-o", again)
    equal(signed.read_bytes(), again.read_bytes(), "the same pack and key give the same bytes")
    check("right: topics 1.3.0, counter 7" in done(world, "pack", "verify", "--key", public, signed), "verify")
    tag = cbor2.loads(signed.read_bytes())
    equal(tag.tag, 18, "tag of COSE_Sign1")
    manifest, before = cbor2.loads(tag.value[2]), cbor2.loads(pack.read_bytes())
    equal({key for key in before if before[key] != manifest[key]}, {3, 4}, "keys that signing changed")
    done(world, "pack", "sign", "--key", private, signed, "-o", signed, "--counter", "8")
    equal(json.loads(done(world, "pack", "inspect", signed, "--json"))["counter"], 8, "counter when signed anew")
    both = world.path("both.pem")
    both.write_text(keys(world, "second")[1].read_text() + public.read_text())
    done(world, "pack", "verify", "--key", both, signed)


def test_verify_is_right_by_another_implementation(world):
    """openssl, over the Sig_structure of RFC 9052 as cbor2 writes it."""
    private, public = keys(world)
    signed = world.path("signed.pack")
    done(world, "pack", "sign", "--key", private, keywords(world), "-o", signed)
    protected, _, payload, signature = cbor2.loads(signed.read_bytes()).value
    world.path("tbs").write_bytes(cbor2.dumps(["Signature1", protected, b"", payload]))
    number = [int.from_bytes(half, "big") for half in (signature[:32], signature[32:])]
    parts = b"".join(b"\x02" + bytes([len(n)]) + n for n in (v.to_bytes(v.bit_length() // 8 + 1, "big") for v in number))
    world.path("der").write_bytes(b"\x30" + bytes([len(parts)]) + parts)
    result = world.run("openssl", "dgst", "-sha256", "-verify", public, "-signature", world.path("der"),
                       world.path("tbs"))
    check("Verified OK" in result.stdout, f"openssl: {result.stdout} {result.stderr}")


def test_verify_says_which_check_fails(world):
    pack = keywords(world)
    private, public = keys(world)
    other, other_public = keys(world, "other")
    signed = world.path("signed.pack")
    done(world, "pack", "sign", "--key", private, pack, "-o", signed)
    verify = ["pack", "verify", "--key", public]
    refused(world, 1, "key: .*another key", "pack", "verify", "--key", other_public, signed)
    refused(world, 1, "envelope: it is not signed", *verify, pack)
    refused(world, 1, "a private key; only public keys", "pack", "verify", "--key", private, signed)
    refused(world, 1, "holds a public key; a private one", "pack", "sign", "--key", public, pack, "-o", signed)
    whole, bad = signed.read_bytes(), world.path("bad.pack")
    start = whole.index(pack.read_bytes()[:16])
    for at in range(start, len(whole), 7):
        bad.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        result = run(world, *verify, bad)
        check(result.returncode == 1 and re.search("bad.pack: (signature|envelope): ", result.stderr),
              f"byte {at} changed: {result.returncode}, {result.stderr}")
    bad.write_bytes(whole[:-1])
    refused(world, 1, "envelope: ", *verify, bad)
    bad.write_bytes(b"label\ttext\n")
    refused(world, 1, "not a pack", *verify, bad)
    # what no key helps against: rightly signed, and no device could run it
    for keys_changed, says in (({"_5": 77}, "engine: "), ({"_6": 999}, "engine_version: "),
                               ({"_7": 999}, "text_version: "), ({"_1": 2}, "format: "),
                               ({"_24": b"nonsense"}, "body: byte 0|body: byte [0-9]+")):
        broken = changed(world, pack, "broken.pack", **keys_changed)
        result = run(world, "pack", "sign", "--key", other, broken, "-o", bad)
        check(result.returncode == 0 or re.search(says, result.stderr), f"{keys_changed}: {result.stderr}")
        if result.returncode == 0:
            refused(world, 1, says, "pack", "verify", "--key", other_public, bad)


def test_sign_faults(world):
    pack = keywords(world)
    private, _ = keys(world)
    out = world.path("out.pack")
    sign = ["pack", "sign", "--key", private, pack, "-o", out]
    refused(world, 2, "from 0 to 4294967295", *sign, "--counter", "4294967296")
    refused(world, 2, "from 0 to 4294967295", *sign, "--counter", "-1")
    refused(world, 2, "1 to 15 printable", *sign, "--version", "1.2.3.4.5.6.7.8.9")
    refused(world, 2, "1 to 15 printable", *sign, "--version", "")
    refused(world, 2, "are needed", *sign[:-2])
    refused(world, 1, "No such file", *sign[:-1], world.path("nowhere") / "out.pack")
    check(not out.exists(), "nothing was written")


# --- inspect ---


def test_inspect(world):
    label = "a_label_of_more_than_twenty_four_bytes"
    plain = keywords(world, phrases={**PHRASES, "weather": (label, 100)})
    labels = cbor2.loads(plain.read_bytes())[KEY_LABELS].split("\0")[:-1]
    limits = [1001 if one == "hours" else 10 * i for i, one in enumerate(labels)]
    card = {"_13": b"".join(limit.to_bytes(2, "little") for limit in limits), "_15": ["en", "de"], "_16": "What for.",
            "_17": [["own words", "Apache-2.0"], ["more", "CC-BY-4.0"]], "_18": [["mine.dev", 1234, 905, 880]]}
    pack = changed(world, plain, **card)
    private, public = keys(world)
    signed = world.path("signed.pack")
    done(world, "pack", "sign", "--key", private, pack, "-o", signed, "--counter", "5")
    said = json.loads(done(world, "pack", "inspect", signed, "--json"))
    for key, value in (("name", "topics"), ("counter", 5), ("question", "topic"), ("engine", "phrases"),
                       ("hears", ["user"]), ("languages", ["en", "de"]), ("about", "What for."), ("runs_here", True),
                       ("sources", [{"name": "own words", "licence": "Apache-2.0"},
                                    {"name": "more", "licence": "CC-BY-4.0"}]),
                       ("accuracy", [{"set": "mine.dev", "messages": 1234, "accuracy": 0.905, "macro_f1": 0.88}])):
        equal(said[key], value, key)
    equal([(one["label"], one["threshold"]) for one in said["labels"]],
          [(one, None if limit == 1001 else limit) for one, limit in zip(labels, limits)], "labels")
    equal([one["label"] for one in said["labels"] if one["cut_on_device"]], [label], "labels that a device cuts")
    sizes = said["bytes"]
    equal(sizes["file"], signed.stat().st_size, "bytes")
    equal(sizes["file"], sum(size for part, size in sizes.items() if part != "file"), "sum of the parts")
    equal(sizes["body"], len(cbor2.loads(plain.read_bytes())[KEY_BODY]), "bytes of the body")
    equal(said["signature"], {"algorithm": "ES256", "key_id": cbor2.loads(signed.read_bytes()).value[1][4].hex()},
          "signature")
    result = run(world, "pack", "inspect", signed)
    for says in ("topics", "security counter 5", "own words, Apache-2.0", "90.5 %", "never  hours", "ES256 by key"):
        check(says in result.stdout, f"{says}: {result.stdout}")
    check("1 label is longer than the 24 bytes" in result.stderr, f"the warning: {result.stderr}")
    equal(json.loads(done(world, "pack", "inspect", plain, "--json"))["signature"], None, "signature of an unsigned one")


def test_inspect_shows_what_cannot_run(world):
    pack = changed(world, keywords(world), _24=b"nonsense")
    said = json.loads(done(world, "pack", "inspect", pack, "--json"))
    check(not said["runs_here"] and said["fault"].startswith("body: byte "), f"{said['fault']}")
    bad = changed(world, pack, _10="soon")
    refused(world, 1, r"manifest: byte \d+: budget_us: .*allowed: a whole number from 1", "pack", "inspect", bad)
    bad.write_bytes(pack.read_bytes()[:40])
    refused(world, 1, r"manifest: byte \d+", "pack", "inspect", bad)
    refused(world, 2, "one pack is needed", "pack", "inspect")


# --- judge ---


def judged(world, lines, *options, status=0):
    """Objects that `earshot judge` prints for these lines."""
    path = world.path("lines")
    path.write_text("".join(line + "\n" for line in lines))
    with open(path) as stdin:
        result = run(world, "judge", *options, stdin=stdin)
    equal(result.returncode, status, f"exit status of judge ({result.stderr[-300:]})")
    return [json.loads(line) for line in result.stdout.split("\n") if line], result.stderr


def test_judge_plain_text(world):
    said, _ = judged(world, ["I want to talk to a human", "", "write to joe@example.com, it is 5 \u20ac"], "--tokens")
    equal([one["text"] for one in said], ["I want to talk to a human", "write to joe@example.com, it is 5 \u20ac"], "texts")
    equal(said[0]["verdicts"]["human_requested"]["label"], "yes", "asks for a person")
    equal(said[1]["verdicts"]["human_requested"]["label"], "no", "does not")
    span = said[1]["redaction"][0]
    equal(said[1]["text"].encode()[span["start"]:span["start"] + span["length"]].decode(), "joe@example.com", "span")
    equal((span["kind"], span["plugin"]), ("email", "redaction"), "kind and plugin")
    check("[email]" in said[1]["redacted"], f"redacted: {said[1]['redacted']}")
    equal([token["text"] for token in said[0]["tokens"]], said[0]["text"].split(), "tokens")


def test_judge_keeps_conversations_apart(world):
    """Three that are interleaved, one whole, and messages that stand alone: as each by itself."""
    ask = "where is my refund?"
    lines = [{"text": ask, "conversation": "a"}, {"text": ask}, {"text": "hello", "conversation": "b"},
             {"text": ask, "conversation": "a", "id": "m-4"}, {"text": ask}, {"text": ask, "conversation": "b"},
             {"kind": "csat", "conversation": "a", "score": 3},
             {"id": "a", "turns": [{"speaker": "user", "text": ask}, {"speaker": "bot", "text": "Please wait."},
                                   {"speaker": "customer", "text": ask}]}]
    said, _ = judged(world, map(json.dumps, lines), "--json")
    loops = [one["verdicts"].get("repetition_loop", {}).get("label") for one in said if one["from"] == "user"]
    equal(loops, ["no", "no", "no", "yes", "no", "no", "no", "yes"], "loops")
    equal([(one.get("conversation"), one["turn"]) for one in said],
          [("a", 0), (None, 0), ("b", 0), ("a", 1), (None, 0), ("b", 1), ("a", 0), ("a", 1), ("a", 2)], "places")
    equal(said[3]["id"], "m-4", "id")
    many = [{"text": ask, "conversation": f"c-{i}"} for _ in range(2) for i in range(3000)]
    said, _ = judged(world, map(json.dumps, many), "--json")
    equal([one["verdicts"]["repetition_loop"]["label"] for one in said], ["no"] * 3000 + ["yes"] * 3000, "3000 at once")


def test_judge_what_is_known_of_a_message(world):
    bot = {"from": "bot", "text": "It opens at nine."}
    lines = [bot, {**bot, "confidence": 0.39}, {**bot, "confidence": 0.41}, {**bot, "fallback": True}]
    low = [one["verdicts"].get("low_confidence", {}).get("label", "no")
           for one in judged(world, map(json.dumps, lines), "--json")[0]]
    equal(low, ["no", "yes", "no", "yes"], "low confidence at 0.4")
    low = [one["verdicts"].get("low_confidence", {}).get("label", "no")
           for one in judged(world, map(json.dumps, lines), "--json", "--low-confidence", "0.5")[0]]
    equal(low, ["no", "yes", "yes", "yes"], "low confidence at 0.5")


def test_judge_with_packs(world):
    """Packs come before what is linked in; a signed one is taken as well."""
    tags = keywords(world, "tags", "tag")
    topics = keywords(world)
    private, _ = keys(world)
    done(world, "pack", "sign", "--key", private, topics, "-o", topics)
    said, _ = judged(world, ["my parcel, my refund", "nothing"], "--pack", tags, "--pack", topics)
    equal({(tag["label"], tag["score"], tag["plugin"]) for tag in said[0]["tags"]},
          {("shipping", 800, "tags"), ("refund", 900, "tags")}, "tags")
    equal(said[0]["verdicts"]["topic"], {"label": "refund", "score": 900, "plugin": "topics"}, "topic")
    check("human_requested" in said[0]["verdicts"], "the others go on")
    check(said[1]["verdicts"].get("topic", {}).get("plugin") != "topics", "where it says nothing the build's own may")
    person = keywords(world, "person", "human_requested", {"parcel": ("yes", 950)})
    said, _ = judged(world, ["my parcel"], "--pack", person)
    equal(said[0]["verdicts"]["human_requested"], {"label": "yes", "score": 950, "plugin": "person"}, "a pack wins")
    said, _ = judged(world, ["my parcel"], "--only-given", "--pack", person)
    equal(list(said[0]["verdicts"]), ["human_requested"], "--only-given")


def test_judge_with_a_native_plugin(world):
    plugins = world.build / "tests/hostile/plugins"
    check((plugins / "neighbour.so").is_file(), f"{plugins}/neighbour.so is built")
    said, _ = judged(world, ["hello"], "--native", plugins / "neighbour.so")
    equal([tag["plugin"] for tag in said[0]["tags"]], ["neighbour"], "tags")
    said, says = judged(world, ["hello"] * 3, "--native", plugins / "call_crashes.so", status=1)
    check(len(said) == 3 and "SIGSEGV" in says, f"the others go on, and it is said: {says}")
    refused(world, 1, "refused: abi_major", "judge", "--native", plugins / "says_old_abi.so")


def test_judge_faults(world):
    """A faulty line is said with file and line; the others are judged, and the exit status tells."""
    lines = ['{"text": "hello"}', "hello", "[]", "{}", '{"text": 5}', '{"text": "a", "from": "nobody"}',
             '{"text": "a", "confidence": 2}', '{"turns": 1}', '{"turns": [{"speaker": "user", "text": "x"}, 3]}',
             '{"text": "last"}']
    said, says = judged(world, lines, "--json", status=1)
    equal([one["text"] for one in said], ["hello", "x", "last"], "those judged")
    for number in range(2, 10):
        check(f"standard input:{number}: " in says, f"line {number}: {says}")
    check("allowed: user, bot, agent" in says and "from 0 to 1" in says, f"what is allowed: {says}")
    refused(world, 1, "No such file", "judge", world.path("nowhere"))
    refused(world, 2, "--only-given", "judge", "--only-given")
    refused(world, 1, "not a pack", "judge", "--pack", rows_file(world, ROWS))


def test_judge_a_long_text_is_cut_as_on_a_device(world):
    said, _ = judged(world, ["\u00e4" * 3000, "short"])
    equal((said[0]["judged_bytes"], said[0]["text"]), (1024, "\u00e4" * 3000), "bytes judged")
    check("judged_bytes" not in said[1], "a short one is whole")


def test_every_command_has_its_help(world):
    help_of_all = done(world, "pack", "--help")
    commands = re.findall(r"^  ([a-z]+) ", help_of_all, re.M)
    check({"eval", "inspect", "keygen", "sign", "verify", "phrases", "rules", "install", "list"} <= set(commands),
          f"commands: {commands}")
    for command in [["pack", one] for one in commands] + [["judge"]]:
        text = done(world, *command, "--help")
        check(text.startswith(f"usage: earshot {command[0]}") and len(text.splitlines()) > 5, f"{command}: {text}")
    refused(world, 2, "no command `earshot pack bogus`", "pack", "bogus")
    refused(world, 2, "usage: earshot pack", "pack")
